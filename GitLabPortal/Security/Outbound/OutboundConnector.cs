using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Security;

/// <summary>The one seam of name resolution. Throws <see cref="SocketException"/> as <see cref="Dns"/> does.</summary>
public delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellation);

/// <summary>The one seam of dialling: opens a TCP connection to exactly this address.</summary>
public delegate Task<Stream> AddressDialler(IPEndPoint endPoint, CancellationToken cancellation);

/// <summary>Resolves, vets all addresses, dials a vetted one, and does TLS with the name checked. Nothing is dialled that was not vetted.</summary>
public sealed class OutboundConnector(AddressRules rules, HostResolver resolve, AddressDialler dial, IOptions<OutboundOptions> options, TimeProvider time)
{
    private readonly TimeSpan timeout = options.Value.ConnectTimeout;

    /// <summary>The addresses of a host, vetted. Throws <see cref="OutboundRefusedException"/> if any of them is refused.</summary>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation) => Vet(host, await AddressesAsync(host, cancellation));

    /// <summary>Whether every address of the host is private. Throws like <see cref="ResolveAsync"/>.</summary>
    public async Task<bool> IsPrivateAsync(string host, CancellationToken cancellation) =>
        IsPrivate(await ResolveAsync(host, cancellation));

    internal bool IsPrivate(IEnumerable<IPAddress> addresses) => addresses.All(a => rules.Judge(a).Kind is AddressKind.Private);

    internal AddressRules Rules => rules;

    /// <summary>A connected stream; with TLS done for https.</summary>
    /// <param name="uri">Scheme, host and port count.</param>
    /// <param name="plainHttp">Whether http may be spoken to private addresses; to public ones it never is.</param>
    /// <param name="extraRoots">Authorities trusted besides the machine's.</param>
    /// <param name="trace">Learns what happened, also when it fails.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    internal async Task<Stream> ConnectAsync(
        Uri uri, PlainHttp plainHttp, X509Certificate2Collection extraRoots, ConnectTrace? trace, CancellationToken cancellation)
    {
        var host = uri.IdnHost;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, trace?.Cancellation ?? CancellationToken.None);
        var addresses = await AddressesAsync(host, both.Token);
        if (trace is not null) (trace.Addresses, trace.IsPrivate) = (addresses, IsPrivate(addresses));
        Vet(host, addresses);
        trace?.Report(ConnectPhase.Resolve);
        var isTls = uri.Scheme == Uri.UriSchemeHttps;
        if (!isTls) VetPlainHttp(host, addresses, plainHttp);
        var (stream, endPoint) = await DialAsync(host, addresses, uri.Port, both.Token);
        if (trace is not null) trace.Dialled = endPoint;
        trace?.Report(ConnectPhase.Connect);
        return isTls ? await SecureAsync(stream, host, endPoint, extraRoots, trace, both.Token) : stream;
    }

    private async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellation)
    {
        // "host." is the same host; brackets and zones come from IPv6 literals.
        var name = host.Trim('[', ']').TrimEnd('.');
        if (IPAddress.TryParse(name, out var literal)) return [literal];
        using var phase = Phase(cancellation);
        try
        {
            var addresses = await resolve(name, phase.Token).WaitAsync(phase.Token);
            return addresses.Length > 0 ? addresses : throw new OutboundConnectException(ConnectFailure.NameNotFound, host);
        }
        catch (SocketException e)
        {
            var isMissing = e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData;
            throw new OutboundConnectException(isMissing ? ConnectFailure.NameNotFound : ConnectFailure.NameServerTrouble, host, e);
        }
        catch (ArgumentException e)
        {
            // Longer than a name may be.
            throw new OutboundConnectException(ConnectFailure.NameNotFound, host, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new OutboundConnectException(ConnectFailure.ResolveTimedOut, host, e);
        }
    }

    /// <summary>One bad address refuses the name: which of several is dialled must not be luck.</summary>
    private IPAddress[] Vet(string host, IPAddress[] addresses)
    {
        foreach (var address in addresses)
        {
            if (rules.Judge(address) is { IsRefused: true, Rule: { } rule }) throw new OutboundRefusedException(rule, host, address);
        }

        return addresses;
    }

    private void VetPlainHttp(string host, IPAddress[] addresses, PlainHttp plainHttp)
    {
        if (plainHttp is PlainHttp.Anywhere) return;
        if (Array.Find(addresses, a => rules.Judge(a).Kind is not AddressKind.Private) is { } open)
            throw new OutboundRefusedException(OutboundRules.PlainHttpToPublic, host, open);
        if (plainHttp is PlainHttp.Never) throw new OutboundRefusedException(OutboundRules.PlainHttpWithoutConsent, host, addresses[0]);
    }

    private async Task<(Stream Stream, IPEndPoint EndPoint)> DialAsync(string host, IPAddress[] addresses, int port, CancellationToken cancellation)
    {
        OutboundConnectException? first = null;
        foreach (var address in addresses)
        {
            var endPoint = new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
            using var phase = Phase(cancellation);
            try
            {
                return (await dial(endPoint, phase.Token), endPoint);
            }
            catch (SocketException e)
            {
                first ??= new OutboundConnectException(FailureOf(e), host, e) { EndPoint = endPoint };
            }
            catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
            {
                first ??= new OutboundConnectException(ConnectFailure.ConnectTimedOut, host, e) { EndPoint = endPoint };
            }
        }

        throw first!;
    }

    private static ConnectFailure FailureOf(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => ConnectFailure.Refused,
        SocketError.TimedOut => ConnectFailure.ConnectTimedOut,
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.HostDown
            or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported => ConnectFailure.Unreachable,
        _ => ConnectFailure.ConnectBroken,
    };

    private async Task<Stream> SecureAsync(
        Stream stream, string host, IPEndPoint endPoint, X509Certificate2Collection extraRoots, ConnectTrace? trace, CancellationToken cancellation)
    {
        var inspection = new CertificateInspection(extraRoots, time);
        var tls = new SslStream(stream, leaveInnerStreamOpen: false);
        using var phase = Phase(cancellation);
        try
        {
            await tls.AuthenticateAsClientAsync(inspection.Options(host.Trim('[', ']').TrimEnd('.')), phase.Token);
            if (trace is not null) trace.Certificate = inspection.Seen;
            trace?.Report(ConnectPhase.Tls);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            if (trace is not null) trace.Certificate = inspection.Seen;
            cancellation.ThrowIfCancellationRequested();
            var failure = e switch
            {
                OperationCanceledException => ConnectFailure.TlsTimedOut,
                _ when inspection.Seen is { Troubles.Count: > 0 } => ConnectFailure.Certificate,
                _ when OutboundConnectException.IsTlsTrouble(e) => IsForeignProtocol(e) ? ConnectFailure.TlsNotSpoken : ConnectFailure.TlsRejected,
                _ => (ConnectFailure?)null,
            };
            if (failure is null) throw;
            throw new OutboundConnectException(failure.Value, host, e) { EndPoint = endPoint, Certificate = inspection.Seen };
        }
    }

    // A server that answers the handshake with anything but a TLS record: the framework says "Cannot determine the frame size",
    // and OpenSSL "wrong version number" or "packet length too long".
    private static bool IsForeignProtocol(Exception e)
    {
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner.Message.Contains("frame size", StringComparison.OrdinalIgnoreCase)
                || inner.Message.Contains("corrupted frame", StringComparison.OrdinalIgnoreCase)
                || inner.Message.Contains("wrong version number", StringComparison.OrdinalIgnoreCase)
                || inner.Message.Contains("packet length too long", StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private CancellationTokenSource Phase(CancellationToken cancellation)
    {
        var phase = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        phase.CancelAfter(timeout);
        return phase;
    }
}

/// <summary>Where http without encryption may be spoken.</summary>
public enum PlainHttp
{
    Never,

    /// <summary>To private addresses, after a person agreed.</summary>
    ToPrivateAddresses,

    /// <summary>Anywhere: only for requests that carry no secret, e.g. to see whether http answers at all.</summary>
    Anywhere,
}
