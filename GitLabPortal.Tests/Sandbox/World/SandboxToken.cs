namespace GitLabPortal.Tests.Sandbox;

public enum SandboxTokenKind
{
    Personal,
    Project,
    Group,
    Impersonation,
    ServiceAccount,
    OAuth,
}

/// <summary>A token of the sandbox server. <see cref="Secret"/> is what a client sends; nothing of the sandbox ever logs it.</summary>
public sealed class SandboxToken
{
    private long _lastUsedTicks;

    public required long Id { get; init; }
    public required string Secret { get; init; }
    public required string Name { get; init; }
    public required SandboxUser User { get; init; }
    public required SandboxTokenKind Kind { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public string? Description { get; init; }

    /// <summary>The token is dead from 00:00 UTC of this date on; null means never.</summary>
    public DateOnly? ExpiresAt { get; init; }

    /// <summary>Only OAuth tokens die at an instant.</summary>
    public DateTimeOffset? ExpiresAtInstant { get; init; }

    public bool IsRevoked { get; internal set; }

    /// <summary>Kept as ticks, since readers share the world's lock and a torn time would surprise them.</summary>
    public DateTimeOffset? LastUsedAt
    {
        get => Interlocked.Read(ref _lastUsedTicks) is var ticks and not 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        internal set => Interlocked.Exchange(ref _lastUsedTicks, value?.UtcTicks ?? 0);
    }

    /// <summary>The project or group that a resource token belongs to.</summary>
    public long? ResourceId { get; init; }
    public int? AccessLevel { get; init; }

    /// <summary>Of OAuth tokens that came out of the authorization code flow.</summary>
    public string? RefreshSecret { get; init; }
    public SandboxApplication? Application { get; init; }
    public bool IsRefreshRevoked { get; internal set; }

    /// <summary>The pair that this one replaced; it dies when this one is first used.</summary>
    internal SandboxToken? Predecessor { get; set; }

    /// <summary>All tokens that came out of one another by rotation, oldest first.</summary>
    internal List<SandboxToken> Family { get; init; } = [];

    public bool IsExpiredAt(DateTimeOffset now) =>
        ExpiresAtInstant is { } instant ? now >= instant : ExpiresAt is { } date && DateOnly.FromDateTime(now.UtcDateTime) >= date;

    public bool IsActiveAt(DateTimeOffset now) => !IsRevoked && !IsExpiredAt(now);

    public override string ToString() => $"token {Id} ({Kind}, {string.Join(',', Scopes)})";
}
