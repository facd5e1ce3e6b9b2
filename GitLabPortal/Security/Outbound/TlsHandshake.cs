using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace GitLabPortal.Security;

/// <summary>TLS with the name checked, and an explanation when it fails.</summary>
internal static class TlsHandshake
{
    /// <summary>
    /// Takes the stream over. Throws <see cref="OutboundConnectException"/>; <paramref name="ownLimit"/> is the caller's cancellation with
    /// the phase's time limit, <paramref name="cancellation"/> the caller's alone.
    /// </summary>
    public static async Task<(SslStream Stream, PeerCertificate? Certificate)> SecureAsync(
        Stream stream, string host, IPEndPoint endPoint, X509Certificate2Collection extraRoots, TimeProvider time, CancellationToken ownLimit, CancellationToken cancellation)
    {
        var inspection = new CertificateInspection(extraRoots, time);
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(inspection.Options(host.Trim('[', ']').TrimEnd('.')), ownLimit);
            return (tls, inspection.Seen);
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            cancellation.ThrowIfCancellationRequested();
            var failure = e switch
            {
                OperationCanceledException => ConnectFailure.TlsTimedOut,
                _ when inspection.Seen is { Troubles.Count: > 0 } => ConnectFailure.Certificate,
                _ when OutboundConnectException.IsTlsTrouble(e) => TlsAlerts.Explain(e) ?? ConnectFailure.TlsRejected,
                _ => (ConnectFailure?)null,
            };
            if (failure is null) throw;
            throw new OutboundConnectException(failure.Value, host, e) { EndPoint = endPoint, Certificate = inspection.Seen };
        }
    }
}

/// <summary>Reads from the words of the TLS library what its exceptions do not say otherwise.</summary>
internal static class TlsAlerts
{
    private static readonly (string Words, ConnectFailure Failure)[] Meanings =
    [
        // OpenSSL for the alert 70 and for a hello in an old version; SChannel's codes for the same.
        ("alert protocol version", ConnectFailure.TlsTooOld),
        ("unsupported protocol", ConnectFailure.TlsTooOld),
        ("no protocols available", ConnectFailure.TlsTooOld),
        ("0x80090302", ConnectFailure.TlsTooOld),
        ("certificate required", ConnectFailure.ClientCertificateWanted),
        // The framework says "Cannot determine the frame size"; OpenSSL "wrong version number" or "packet length too long".
        ("frame size", ConnectFailure.TlsNotSpoken),
        ("corrupted frame", ConnectFailure.TlsNotSpoken),
        ("wrong version number", ConnectFailure.TlsNotSpoken),
        ("packet length too long", ConnectFailure.TlsNotSpoken),
    ];

    public static ConnectFailure? Explain(Exception exception)
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            foreach (var (words, failure) in Meanings)
            {
                if (inner.Message.Contains(words, StringComparison.OrdinalIgnoreCase)) return failure;
            }
        }

        return null;
    }
}
