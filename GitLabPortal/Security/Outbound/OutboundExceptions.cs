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

/// <summary>How far a connection got.</summary>
public enum ConnectPhase { Resolve, Connect, Tls }

public enum ConnectFailure
{
    NameNotFound,
    NameServerTrouble,
    ResolveTimedOut,
    Refused,
    Unreachable,
    ConnectTimedOut,
    ConnectBroken,
    TlsTimedOut,

    /// <summary>Whatever answers on the port does not speak TLS.</summary>
    TlsNotSpoken,

    /// <summary>The server ended the handshake: no common protocol or cipher, or it wants a client certificate.</summary>
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

    public ConnectPhase Phase => Failure switch
    {
        ConnectFailure.NameNotFound or ConnectFailure.NameServerTrouble or ConnectFailure.ResolveTimedOut => ConnectPhase.Resolve,
        ConnectFailure.Refused or ConnectFailure.Unreachable or ConnectFailure.ConnectTimedOut or ConnectFailure.ConnectBroken => ConnectPhase.Connect,
        _ => ConnectPhase.Tls,
    };

    /// <summary>The address that was dialled last.</summary>
    public IPEndPoint? EndPoint { get; init; }

    public PeerCertificate? Certificate { get; init; }

    internal static bool IsTlsTrouble(Exception e) => e is AuthenticationException or IOException;

    private static HttpRequestError ErrorOf(ConnectFailure failure) => failure switch
    {
        ConnectFailure.NameNotFound or ConnectFailure.NameServerTrouble or ConnectFailure.ResolveTimedOut => HttpRequestError.NameResolutionError,
        ConnectFailure.Refused or ConnectFailure.Unreachable or ConnectFailure.ConnectTimedOut or ConnectFailure.ConnectBroken => HttpRequestError.ConnectionError,
        _ => HttpRequestError.SecureConnectionError,
    };
}

public enum CertificateTrouble { None, Expired, NotYetValid, WrongName, SelfSigned, IncompleteChain, UnknownAuthority, NotForServers, Other }

/// <summary>What a server presented in the TLS handshake.</summary>
/// <param name="Troubles">Most telling first; empty for an acceptable certificate.</param>
/// <param name="Names">The names and addresses it is good for.</param>
/// <param name="Sha256">Fingerprint of the leaf, upper-case hex.</param>
public sealed record PeerCertificate(
    IReadOnlyList<CertificateTrouble> Troubles,
    string Subject,
    string Issuer,
    DateTimeOffset NotBefore,
    DateTimeOffset NotAfter,
    IReadOnlyList<string> Names,
    string Sha256);
