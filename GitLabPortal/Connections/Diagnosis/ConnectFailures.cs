using System.Globalization;
using System.Net;
using System.Net.Sockets;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>What it means that no connection came about: name, network or certificate.</summary>
internal static class ConnectFailures
{
    /// <param name="e">What happened.</param>
    /// <param name="addresses">All addresses of the name, when known.</param>
    /// <param name="isPrivate">They are all private.</param>
    public static Finding ToFinding(OutboundConnectException e, IReadOnlyCollection<IPAddress>? addresses = null, bool isPrivate = false) => e.Failure switch
    {
        ConnectFailure.NameNotFound => NetworkCodes.NameNotFound.Saw($"The name {e.Host} does not exist, as seen from this portal."),
        ConnectFailure.NameServerTrouble => NetworkCodes.DnsFailure.Saw($"The DNS server could not look up {e.Host}."),
        ConnectFailure.ResolveTimedOut => NetworkCodes.DnsFailure.Saw($"Time ran out while looking up the name {e.Host}."),
        ConnectFailure.Refused => NetworkCodes.Refused.Saw($"{At(e)} refused the connection."),
        ConnectFailure.Unreachable when addresses is { Count: > 0 } && addresses.All(a => a.AddressFamily is AddressFamily.InterNetworkV6) =>
            NetworkCodes.Ipv6Only.Saw($"{e.Host} has only IPv6 addresses ({string.Join(", ", addresses.Take(2))}), and the portal's machine has no way there."),
        ConnectFailure.Unreachable => NetworkCodes.Unreachable.Saw($"The network has no way to {At(e)}."),
        ConnectFailure.ConnectTimedOut when isPrivate => NetworkCodes.PrivateTimedOut.Saw($"Time ran out while connecting to {At(e)}, a private address."),
        ConnectFailure.ConnectTimedOut => NetworkCodes.ConnectTimedOut.Saw($"Time ran out while connecting to {At(e)}."),
        ConnectFailure.ConnectBroken => NetworkCodes.Dropped.Saw($"The connection to {At(e)} broke."),
        ConnectFailure.ProxyUnreachable => NetworkCodes.ProxyUnreachable.Saw($"The proxy {e.Proxy}, through which {e.Host} is called, cannot be reached."),
        ConnectFailure.ProxyRefused => NetworkCodes.ProxyRefused.Saw($"The proxy {e.Proxy} refuses to connect to {e.Host}."),
        ConnectFailure.ProxyWantsPassword => NetworkCodes.ProxyPassword.Saw($"The proxy {e.Proxy} answered 407: it wants a user name and password, or others."),
        ConnectFailure.ProxyFailed => NetworkCodes.ProxyFailed.Saw($"The proxy {e.Proxy} could not connect to {e.Host}."),
        ConnectFailure.ProxyNotSpoken => NetworkCodes.ProxyNotSpoken.Saw($"What listens at {e.Proxy} does not answer as a proxy."),
        ConnectFailure.TlsTimedOut => TlsCodes.TimedOut.Saw($"Time ran out during the TLS handshake with {At(e)}."),
        ConnectFailure.TlsNotSpoken => TlsCodes.NotSpoken.Saw($"What listens at {At(e)} does not speak TLS."),
        ConnectFailure.TlsTooOld => TlsCodes.TooOld.Saw($"{At(e)} and the portal's machine have no version of TLS in common."),
        ConnectFailure.ClientCertificateWanted => TlsCodes.ClientCertificate.Saw($"{At(e)} wants a client certificate."),
        ConnectFailure.TlsRejected => TlsCodes.Rejected.Saw($"{At(e)} ended the TLS handshake."),
        _ => Certificate(e),
    };

    public static Finding ToFinding(OutboundRefusedException e) => e.Rule switch
    {
        OutboundRules.PlainHttpToPublic => NetworkCodes.PlainHttpRefused.Saw($"{e.Host} is on a public network ({e.Address}) and the address begins with http://."),
        OutboundRules.PlainHttpWithoutConsent => NetworkCodes.PlainHttpConsent.Saw($"The address begins with http://. {e.Host} is on a private network ({e.Address})."),
        _ => NetworkCodes.AddressRefused.Saw(
            $"{e.Host} has the address {e.Address}. The portal's rule \"{e.Rule}\" does not allow it.",
            $"If this address is meant to be reached, list its network in the portal's setting {e.Setting}."),
    };

    private static Finding Certificate(OutboundConnectException e)
    {
        if (e.Certificate is not { Troubles: [var main, ..] } certificate) return TlsCodes.Invalid.Saw("The server presented no usable certificate.");
        var others = certificate.Troubles.Skip(1).ToArray();
        var also = others.Length == 0 ? "" : $" It is also {string.Join(" and ", others.Select(Adjective))}.";
        var leaf = certificate.Leaf;
        var issuer = CertificateFacts.Short(leaf.Issuer);
        var finding = main switch
        {
            CertificateTrouble.Expired => TlsCodes.Expired.Saw($"The certificate expired on {Day(leaf.NotAfter)}.{also}"),
            CertificateTrouble.NotYetValid => TlsCodes.NotYetValid.Saw($"The certificate is valid from {Day(leaf.NotBefore)} on.{also}"),
            CertificateTrouble.WrongName => TlsCodes.WrongName.Saw($"The certificate is for {Names(certificate)}, not for {e.Host}.{also}"),
            CertificateTrouble.SelfSigned => TlsCodes.SelfSigned.Saw($"The server signed its certificate itself. SHA-256 fingerprint: {leaf.Sha256}.{also}"),
            CertificateTrouble.UnknownAuthority => TlsCodes.UnknownAuthority.Saw($"The certificate was issued by {issuer}, which this portal's machine does not trust.{also}"),
            CertificateTrouble.IncompleteChain => TlsCodes.IncompleteChain.Saw($"The certificate was issued by {issuer}, whose certificate neither the server sent nor this portal's machine has.{also}"),
            _ => TlsCodes.Invalid.Saw($"The certificate, issued by {issuer}, is not acceptable for a web server.{also}"),
        };
        return finding with { Facts = CertificateFacts.Of(certificate) };
    }

    private static string Adjective(CertificateTrouble trouble) => trouble switch
    {
        CertificateTrouble.Expired => "expired",
        CertificateTrouble.NotYetValid => "not valid yet",
        CertificateTrouble.WrongName => "for another name",
        CertificateTrouble.SelfSigned => "self-signed",
        CertificateTrouble.UnknownAuthority => "from an authority that is not trusted here",
        CertificateTrouble.IncompleteChain => "sent without its chain",
        _ => "not meant for web servers",
    };

    private static string Names(PeerCertificate certificate)
    {
        var names = certificate.Names.Take(6).Select(CertificateFacts.Short).ToArray();
        var more = certificate.Names.Count - names.Length;
        return names.Length == 0 ? "no name at all" : string.Join(", ", names) + (more > 0 ? $" and {more} more" : "");
    }

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string At(OutboundConnectException e) => e.EndPoint is { } endPoint ? $"{e.Host} ({endPoint})" : e.Host;
}
