namespace GitLabPortal.Tests.Sandbox;

public enum SandboxUserState
{
    Active,
    Blocked,
    PendingApproval,
    Deactivated,
    Unconfirmed,
    PasswordExpired,
    Internal,
}

public enum SandboxUserKind
{
    Human,
    ProjectBot,
    GroupBot,
    ServiceAccount,
}

/// <summary>An account on the sandbox server. Change it through <see cref="SandboxWorld"/>.</summary>
public sealed class SandboxUser
{
    internal SandboxUser(long id, string username, string name, DateTimeOffset createdAt)
    {
        Id = id;
        Username = username;
        Name = name;
        CreatedAt = createdAt;
    }

    public long Id { get; }
    public string Username { get; internal set; }
    public string Name { get; internal set; }
    public string Email { get => field ?? $"{Username}@sandbox.example"; internal set; }

    /// <summary>Only administrators see it.</summary>
    public string? Note { get; internal set; }
    public DateTimeOffset CreatedAt { get; }
    public bool IsAdmin { get; internal set; }
    public bool IsExternal { get; internal set; }
    public bool HasAcceptedTerms { get; internal set; }
    public SandboxUserState State { get; internal set; }
    public SandboxUserKind Kind { get; internal init; }
    public bool IsBot => Kind is not SandboxUserKind.Human;

    /// <summary>The user's personal namespace; bots of projects and groups have none that anyone sees.</summary>
    public SandboxNamespace Namespace { get; internal set; } = null!;

    /// <summary>Access level by namespace or project id.</summary>
    internal Dictionary<long, int> GroupLevels { get; } = [];
    internal Dictionary<long, int> ProjectLevels { get; } = [];
    internal HashSet<long> StarredProjects { get; } = [];
}
