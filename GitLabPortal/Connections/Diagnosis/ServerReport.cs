using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>What the checks of a server found.</summary>
/// <param name="Address">The base address to connect to, once found; before that what was understood of the text; null if nothing was.</param>
/// <param name="Findings">In the order of the checks, which stop at the first failure.</param>
/// <param name="Issuer">The address GitLab claims to have; to be shown, never trusted.</param>
/// <param name="ResolvedAddresses">What the name resolves to, seen from the portal.</param>
/// <param name="IsPlainHttp">The address begins with http://.</param>
/// <param name="IsPrivate">All addresses are private.</param>
public sealed record ServerReport(
    InstanceUrl? Address,
    IReadOnlyList<Finding> Findings,
    string? Issuer,
    IReadOnlyList<string> ResolvedAddresses,
    bool IsPlainHttp,
    bool IsPrivate)
{
    /// <summary>What the server presented, trusted or not; null without TLS.</summary>
    public PeerCertificate? Certificate { get; init; }

    /// <summary>Nothing stands in the way of asking for a token.</summary>
    public bool CanContinue => Address is not null && Findings.All(f => f.Status is not FindingStatus.Failed);
}
