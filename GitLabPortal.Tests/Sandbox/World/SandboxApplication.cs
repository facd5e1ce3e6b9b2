namespace GitLabPortal.Tests.Sandbox;

/// <summary>An OAuth application of the instance.</summary>
public sealed class SandboxApplication
{
    public required long Id { get; init; }
    public required string ClientId { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> RedirectUris { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public bool IsConfidential { get; init; } = true;

    /// <summary>Trusted applications show no consent page; the API cannot make one.</summary>
    public bool IsTrusted { get; init; }
    public required string Secret { get; set; }
}

internal sealed record SandboxGrant(
    SandboxApplication Application, SandboxUser User, string RedirectUri, IReadOnlyList<string> Scopes, string? Challenge, string? ChallengeMethod, string? Nonce, DateTimeOffset ExpiresAt);
