using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <param name="Address">As found by <see cref="ServerProbe"/>.</param>
/// <param name="Token">As pasted; what is to be stored is <see cref="PastedToken.Read"/>'s value.</param>
/// <param name="ReadOnly">The person wants a connection that only reads.</param>
/// <param name="Path">What the person accepted for the calls of this connection.</param>
/// <param name="Coverage">Which repositories are wanted.</param>
public sealed record TokenCheckRequest(InstanceUrl Address, Secret Token, bool ReadOnly, NetworkPath Path, ConnectionCoverage Coverage);

/// <param name="Passport">What the token is and can do; null when it is not alive.</param>
/// <param name="Findings">In the order of the checks.</param>
public sealed record TokenReport(TokenPassport? Passport, IReadOnlyList<Finding> Findings)
{
    /// <summary>The token can do the least that a connection needs: list repositories.</summary>
    public bool CanConnect => Passport is not null && Findings.All(f => f.Status is not FindingStatus.Failed);
}

public enum CapabilityState { Can, Cannot, Unknown }

/// <param name="Name">What the portal would do with the token.</param>
/// <param name="State">Unknown when it could not be tried.</param>
/// <param name="Detail">The missing scope or role, or why it is unknown; empty when nothing is missing.</param>
public sealed record Capability(string Name, CapabilityState State, string Detail);

/// <summary>What a token is, whose it is, and what it can do. Never the token.</summary>
public sealed record TokenPassport
{
    public required TokenKind Kind { get; init; }

    /// <summary>Null before GitLab 15.5, as are name, scopes and expiry.</summary>
    public long? TokenId { get; init; }

    public string? TokenName { get; init; }

    /// <summary>Empty when <see cref="ScopesKnown"/> is false.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    public bool ScopesKnown { get; init; }

    /// <summary>Dead from 00:00 UTC of this date.</summary>
    public DateOnly? ExpiresOn { get; init; }

    public long? UserId { get; init; }

    public string? Username { get; init; }

    public string? UserDisplayName { get; init; }

    public bool IsBot { get; init; }

    public bool IsAdmin { get; init; }

    /// <summary>For administrators: whether administrator calls are refused all the same. Null when it was not or could not be tried.</summary>
    public bool? AdminModeBlocks { get; init; }

    /// <summary>As GitLab says it; null when the token may not read it.</summary>
    public string? Version { get; init; }

    public bool? IsEnterprise { get; init; }

    /// <summary>All that the token sees.</summary>
    public int? VisibleRepositories { get; init; }

    /// <summary>GitLab does not count beyond 10,000: there are at least as many as <see cref="VisibleRepositories"/> says.</summary>
    public bool VisibleIsLowerBound { get; init; }

    public int? PrivateRepositories { get; init; }

    /// <summary>Those that the token's account is a member of.</summary>
    public int? MemberRepositories { get; init; }

    public IReadOnlyList<Capability> Capabilities { get; init; } = [];
}
