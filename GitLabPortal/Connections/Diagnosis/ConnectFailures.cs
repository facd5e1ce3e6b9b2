using System.Globalization;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>What it means that no connection came about: name, network or certificate.</summary>
internal static class ConnectFailures
{
    public static Finding ToFinding(OutboundConnectException e) => e.Failure switch
    {
        ConnectFailure.NameNotFound => ServerCodes.NameNotFound.Saw($"The name {e.Host} does not exist, as seen from this portal."),
        ConnectFailure.NameServerTrouble => ServerCodes.DnsFailure.Saw($"The DNS server could not look up {e.Host}."),
        ConnectFailure.ResolveTimedOut => ServerCodes.DnsFailure.Saw($"Time ran out while looking up the name {e.Host}."),
        ConnectFailure.Refused => ServerCodes.Refused.Saw($"{At(e)} refused the connection."),
        ConnectFailure.Unreachable => ServerCodes.Unreachable.Saw($"The network has no way to {At(e)}."),
        ConnectFailure.ConnectTimedOut => ServerCodes.ConnectTimedOut.Saw($"Time ran out while connecting to {At(e)}."),
        ConnectFailure.ConnectBroken => ServerCodes.Dropped.Saw($"The connection to {At(e)} broke."),
        ConnectFailure.TlsTimedOut => ServerCodes.TlsTimedOut.Saw($"Time ran out during the TLS handshake with {At(e)}."),
        ConnectFailure.TlsNotSpoken => ServerCodes.TlsNotSpoken.Saw($"What listens at {At(e)} does not speak TLS."),
        ConnectFailure.TlsRejected => ServerCodes.TlsRejected.Saw($"{At(e)} ended the TLS handshake."),
        _ => Certificate(e),
    };

    private static Finding Certificate(OutboundConnectException e)
    {
        if (e.Certificate is not { Troubles: [var main, ..] } certificate) return ServerCodes.TlsInvalid.Saw("The server presented no usable certificate.");
        var others = certificate.Troubles.Skip(1).ToArray();
        var also = others.Length == 0 ? "" : $" It is also {string.Join(" and ", others.Select(Adjective))}.";
        var issuer = Short(certificate.Issuer);
        return main switch
        {
            CertificateTrouble.Expired => ServerCodes.TlsExpired.Saw($"The certificate expired on {Day(certificate.NotAfter)}.{also}"),
            CertificateTrouble.NotYetValid => ServerCodes.TlsNotYetValid.Saw($"The certificate is valid from {Day(certificate.NotBefore)} on.{also}"),
            CertificateTrouble.WrongName => ServerCodes.TlsWrongName.Saw($"The certificate is for {Names(certificate)}, not for {e.Host}.{also}"),
            CertificateTrouble.SelfSigned => ServerCodes.TlsSelfSigned.Saw($"The server signed its certificate itself. SHA-256 fingerprint: {certificate.Sha256}.{also}"),
            CertificateTrouble.UnknownAuthority => ServerCodes.TlsUnknownAuthority.Saw($"The certificate was issued by {issuer}, which this portal's machine does not trust.{also}"),
            CertificateTrouble.IncompleteChain => ServerCodes.TlsIncompleteChain.Saw($"The certificate was issued by {issuer}, whose certificate neither the server sent nor this portal's machine has.{also}"),
            _ => ServerCodes.TlsInvalid.Saw($"The certificate, issued by {issuer}, is not acceptable for a web server.{also}"),
        };
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
        var names = certificate.Names.Take(6).Select(Short).ToArray();
        var more = certificate.Names.Count - names.Length;
        return names.Length == 0 ? "no name at all" : string.Join(", ", names) + (more > 0 ? $" and {more} more" : "");
    }

    private static string Short(string text) => text.Length <= 120 ? text : string.Concat(text.AsSpan(0, 117), "…");

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string At(OutboundConnectException e) => e.EndPoint is { } endPoint ? $"{e.Host} ({endPoint})" : e.Host;
}
