namespace GitLabPortal.Tests.Sandbox;

/// <summary>A system hook of the sandbox server. Its secrets are never given out again.</summary>
public sealed class SandboxHook
{
    internal SandboxHook(long id, string url, DateTimeOffset createdAt) => (Id, Url, CreatedAt) = (id, url, createdAt);

    public long Id { get; }
    public string Url { get; internal set; }
    public DateTimeOffset CreatedAt { get; }
    public string? Name { get; internal set; }
    public string? Description { get; internal set; }
    public string? Token { get; internal set; }

    /// <summary>whsec_ and 32 bytes in base64, from 19.0 on.</summary>
    public string? SigningToken { get; internal set; }
    public bool PushEvents { get; internal set; } = true;
    public bool TagPushEvents { get; internal set; }
    public bool MergeRequestsEvents { get; internal set; }
    public bool RepositoryUpdateEvents { get; internal set; } = true;
    public bool SslVerification { get; internal set; } = true;

    /// <summary>executable, temporarily_disabled or disabled.</summary>
    public string AlertStatus { get; set; } = "executable";
    public DateTimeOffset? DisabledUntil { get; set; }

    internal bool Wants(string eventName) => eventName switch
    {
        "push" => PushEvents,
        "tag_push" => TagPushEvents,
        "repository_update" => RepositoryUpdateEvents,
        _ => true,
    };
}

/// <summary>What happened, as it is sent.</summary>
/// <param name="Name">Such as project_rename.</param>
/// <param name="Body">The JSON, as the world was at that moment.</param>
internal sealed record HookEvent(string Name, byte[] Body);

/// <summary>One attempt to tell a receiver.</summary>
/// <param name="Status">What it answered; null when it did not in time or could not be reached.</param>
/// <param name="After">How long it took.</param>
public sealed record SandboxDelivery(long HookId, string EventName, string Url, int? Status, string? Id, TimeSpan After);
