namespace GitLabPortal.Tests.Sandbox;

public enum SandboxVisibility
{
    Private,
    Internal,
    Public,
}

/// <summary>A group or a person's namespace: both share one id space in GitLab.</summary>
public abstract class SandboxNamespace
{
    private protected SandboxNamespace(long id, string path, string name, SandboxNamespace? parent, DateTimeOffset createdAt)
    {
        Id = id;
        Path = path;
        Name = name;
        Parent = parent;
        CreatedAt = createdAt;
    }

    public long Id { get; }
    public string Path { get; internal set; }
    public string Name { get; internal set; }
    public SandboxNamespace? Parent { get; internal set; }
    public DateTimeOffset CreatedAt { get; }

    /// <summary>Computed, so that renaming a group of thousands costs nothing.</summary>
    public string FullPath => Parent is null ? Path : $"{Parent.FullPath}/{Path}";
    public string FullName => Parent is null ? Name : $"{Parent.FullName} / {Name}";
    public string? AvatarPath { get; internal set; }

    internal abstract string Kind { get; }
    internal Dictionary<string, SandboxProject> Projects { get; } = new(StringComparer.OrdinalIgnoreCase);
    internal Dictionary<string, SandboxGroup> Subgroups { get; } = new(StringComparer.OrdinalIgnoreCase);
}

public sealed class SandboxGroup : SandboxNamespace
{
    internal SandboxGroup(long id, string path, string name, SandboxGroup? parent, DateTimeOffset createdAt)
        : base(id, path, name, parent, createdAt)
    {
    }

    public SandboxVisibility Visibility { get; internal set; }
    public string Description { get; internal set; } = "";
    public bool IsArchived { get; internal set; }

    /// <summary>Groups that were invited to it, each with the most that its members get.</summary>
    internal List<(SandboxGroup Group, int Level)> Shares { get; } = [];
    public DateOnly? MarkedForDeletionOn { get; internal set; }
    internal override string Kind => "group";
}

public sealed class SandboxPersonalNamespace : SandboxNamespace
{
    internal SandboxPersonalNamespace(long id, SandboxUser owner)
        : base(id, owner.Username, owner.Name, parent: null, owner.CreatedAt) => Owner = owner;

    public SandboxUser Owner { get; }
    internal override string Kind => "user";
}
