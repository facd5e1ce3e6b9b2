using System.Net;
using System.Security.Authentication;

namespace GitLabPortal.Security;

/// <summary>The portal's own rules forbid the call; nothing was dialled.</summary>
public sealed class OutboundRefusedException(string rule, string host, IPAddress? address)
    : HttpRequestException($"The portal's rules refuse {host}{(address is null ? "" : $" ({address})")}: {rule}.")
{
    /// <summary>E.g. <c>loopback</c>, <c>cloud-metadata</c>, <c>plain-http</c>.</summary>
    public string Rule { get; } = rule;

    public string Host { get; } = host;

    /// <summary>The refused address; null when the rule is not about one.</summary>
    public IPAddress? Address { get; } = address;

    /// <summary>Where the portal's operator can allow it.</summary>
    public string Setting { get; } = OutboundOptions.AllowedNetworksKey;
}

/// <summary>Rules that are not about a kind of address.</summary>
public static class OutboundRules
{
    public const string PlainHttpToPublic = "plain-http-to-public";
    public const string PlainHttpWithoutConsent = "plain-http-without-consent";
}

public enum ConnectFailure
{
    NameNotFound,
    NameServerTrouble,
    ResolveTimedOut,
    Refused,
    Unreachable,
    ConnectTimedOut,
    ConnectBroken,

    /// <summary>The operator's proxy could not be reached.</summary>
    ProxyUnreachable,

    /// <summary>The proxy does not let this server be called.</summary>
    ProxyRefused,

    /// <summary>The proxy asks for a name and password, or for others.</summary>
    ProxyWantsPassword,

    /// <summary>The proxy could not reach the server itself.</summary>
    ProxyFailed,

    /// <summary>What is configured as the proxy does not answer as one.</summary>
    ProxyNotSpoken,
    TlsTimedOut,

    /// <summary>Whatever answers on the port does not speak TLS.</summary>
    TlsNotSpoken,

    /// <summary>The server speaks only TLS 1.1 or older.</summary>
    TlsTooOld,

    /// <summary>The server wants a client certificate.</summary>
    ClientCertificateWanted,

    /// <summary>The server ended the handshake and did not say why: no common cipher, an unknown name, or it wants a client certificate.</summary>
    TlsRejected,

    /// <summary>The handshake's certificate is not acceptable; see <see cref="OutboundConnectException.Certificate"/>.</summary>
    Certificate,
}

/// <summary>No usable connection came about. Says in which phase, and for TLS what the server presented.</summary>
public sealed class OutboundConnectException(ConnectFailure failure, string host, Exception? inner = null)
    : HttpRequestException(ErrorOf(failure), $"No connection to {host}: {failure}.", inner)
{
    public ConnectFailure Failure { get; } = failure;

    public string Host { get; } = host;

    /// <summary>The address that was dialled last.</summary>
    public IPEndPoint? EndPoint { get; init; }

    public PeerCertificate? Certificate { get; init; }

    /// <summary>Host and port of the proxy that was to be used; null without one.</summary>
    public string? Proxy { get; init; }

    internal static bool IsTlsTrouble(Exception e) => e is AuthenticationException or IOException;

    private static HttpRequestError ErrorOf(ConnectFailure failure) => failure switch
    {
        ConnectFailure.NameNotFound or ConnectFailure.NameServerTrouble or ConnectFailure.ResolveTimedOut => HttpRequestError.NameResolutionError,
        >= ConnectFailure.Refused and <= ConnectFailure.ProxyNotSpoken => HttpRequestError.ConnectionError,
        _ => HttpRequestError.SecureConnectionError,
    };
}

public enum CertificateTrouble { None, Expired, NotYetValid, WrongName, SelfSigned, IncompleteChain, UnknownAuthority, NotForServers, Other }

/// <summary>What a server presented in the TLS handshake.</summary>
/// <param name="Troubles">Most telling first; empty for an acceptable certificate.</param>
/// <param name="Names">The names and addresses it is good for.</param>
/// <param name="Chain">The server's certificate first, then what it sent (or this machine has) above it.</param>
/// <param name="IsTrustedByExtra">An authority of the connection's own vouches for it, none of the machine's.</param>
public sealed record PeerCertificate(
    IReadOnlyList<CertificateTrouble> Troubles, IReadOnlyList<string> Names, IReadOnlyList<ShownCertificate> Chain, bool IsTrustedByExtra)
{
    public ShownCertificate Leaf => Chain[0];

    /// <summary>What a person could decide to trust: the top of the chain, if nothing is missing above it.</summary>
    public ShownCertificate? Root => Chain[^1] is { IsSelfIssued: true } root ? root : null;
}
