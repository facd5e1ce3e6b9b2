namespace GitLabPortal.Tests.Sandbox;

public enum SandboxFeatureAccess
{
    Enabled,
    Private,
    Disabled,
}

/// <summary>A repository of the sandbox server. Kept small: a world may hold 100,000 of them. Change it through <see cref="SandboxWorld"/>.</summary>
public sealed class SandboxProject
{
    internal SandboxProject(long id, SandboxNamespace @namespace, string path, string name)
    {
        Id = id;
        Namespace = @namespace;
        Path = path;
        Name = name;
    }

    public long Id { get; }
    public SandboxNamespace Namespace { get; internal set; }
    public string Path { get; internal set; }
    public string Name { get; internal set; }
    public string FullPath => $"{Namespace.FullPath}/{Path}";
    public string NameWithNamespace => $"{Namespace.FullName} / {Name}";

    /// <summary>Null is what GitLab keeps for projects that never had one; "" what a cleared field leaves.</summary>
    public string? Description { get; internal set; }
    public SandboxVisibility Visibility { get; internal set; }
    public SandboxFeatureAccess RepositoryAccess { get; internal set; }
    public string DefaultBranch { get; internal set; } = "main";
    public IReadOnlyList<string> Topics { get; internal set; } = [];
    public bool IsArchived { get; internal set; }
    public bool IsEmpty { get; internal set; }
    public bool HasReadme { get; internal set; } = true;
    public bool HasAvatar { get; internal set; }
    public int Stars { get; internal set; }
    public int Forks { get; internal set; }
    /// <summary>Groups that were invited to it, each with the most that its members get.</summary>
    internal List<(SandboxGroup Group, int Level)> Shares { get; } = [];
    public SandboxProject? ForkedFrom { get; internal set; }
    public DateTimeOffset CreatedAt { get; internal set; }
    public DateTimeOffset UpdatedAt { get; internal set; }
    public DateTimeOffset LastActivityAt { get; internal set; }
    public DateOnly? MarkedForDeletionOn { get; internal set; }
    public long CreatorId { get; internal set; }

    /// <summary>The destruction is running: GitLab answers 404 although the row is still there.</summary>
    public bool IsBeingDestroyed { get; internal set; }

    internal bool IsArchivedBySelfOrAncestor
    {
        get
        {
            for (SandboxNamespace? space = Namespace; space is not null; space = space.Parent)
            {
                if (space is SandboxGroup { IsArchived: true })
                    return true;
            }

            return IsArchived;
        }
    }
}
