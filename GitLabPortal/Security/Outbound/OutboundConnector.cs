using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Security;

/// <summary>The one seam of name resolution. Throws <see cref="SocketException"/> as <see cref="Dns"/> does.</summary>
public delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellation);

/// <summary>The one seam of dialling: opens a TCP connection to exactly this address.</summary>
public delegate Task<Stream> AddressDialler(IPEndPoint endPoint, CancellationToken cancellation);

/// <summary>Resolves, vets all addresses, dials a vetted one or the operator's proxy, and does TLS with the name checked. Nothing is dialled that was not vetted.</summary>
public sealed class OutboundConnector(AddressRules rules, HostResolver resolve, AddressDialler dial, IOptions<OutboundOptions> options, TimeProvider time)
{
    private readonly TimeSpan timeout = options.Value.ConnectTimeout;

    public AddressRules Rules => rules;

    public ProxyRules Proxies { get; } = new(options.Value);

    /// <summary>A connected stream; with TLS done for https.</summary>
    /// <param name="uri">Scheme, host and port count.</param>
    /// <param name="plainHttp">Whether http may be spoken to private addresses; to public ones it never is.</param>
    /// <param name="extraRoots">Authorities trusted besides the machine's.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    internal async Task<Stream> ConnectAsync(Uri uri, PlainHttp plainHttp, X509Certificate2Collection extraRoots, CancellationToken cancellation)
    {
        var addresses = await LookUpAsync(uri.IdnHost, cancellation);
        Vet(uri, addresses, plainHttp);
        OutboundConnectException? first = null;
        foreach (var way in Ways(uri, addresses))
        {
            var dialled = await DialAsync(uri, way, cancellation);
            if (dialled.Stream is not null) return (await SecureAsync(uri, dialled, extraRoots, cancellation)).Stream;
            first ??= dialled.Failure;
        }

        throw first!;
    }

    /// <summary>Refuses by rule, or returns. One bad address refuses the name: which of several is dialled must not be luck.</summary>
    internal void Vet(Uri uri, IPAddress[] addresses, PlainHttp plainHttp)
    {
        var host = uri.IdnHost;
        foreach (var address in addresses)
        {
            if (rules.Judge(address) is { IsRefused: true, Rule: { } rule }) throw new OutboundRefusedException(rule, host, address);
        }

        if (uri.Scheme == Uri.UriSchemeHttps || plainHttp is PlainHttp.Anywhere) return;
        if (Array.Find(addresses, a => rules.Judge(a).Kind is not AddressKind.Private) is { } open)
            throw new OutboundRefusedException(OutboundRules.PlainHttpToPublic, host, open);
        if (plainHttp is PlainHttp.Never) throw new OutboundRefusedException(OutboundRules.PlainHttpWithoutConsent, host, addresses[0]);
    }

    internal bool IsPrivate(IReadOnlyCollection<IPAddress> addresses) => addresses.Count > 0 && addresses.All(a => rules.Judge(a).Kind is AddressKind.Private);

    /// <summary>The ways to try: each address, or the proxy alone.</summary>
    internal IReadOnlyList<OutboundWay> Ways(Uri uri, IPAddress[] addresses) =>
        Proxies.For(uri.IdnHost, addresses).Proxy is { } proxy ? [new(null, proxy)] : [.. addresses.Select(a => new OutboundWay(a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a, null))];

    /// <summary>A stream to the server or why there is none. Throws only for the caller's cancellation.</summary>
    internal async Task<DialResult> DialAsync(Uri uri, OutboundWay way, CancellationToken cancellation)
    {
        var host = uri.IdnHost;
        var endPoint = way.Address is { } address ? new IPEndPoint(address, uri.Port) : null;
        using var phase = Phase(cancellation);
        try
        {
            if (endPoint is not null) return new(await dial(endPoint, phase.Token), endPoint, null);
            return await ThroughAsync(way.Proxy!, uri, phase.Token);
        }
        catch (SocketException e)
        {
            return Failed(way.Proxy is null ? FailureOf(e) : ConnectFailure.ProxyUnreachable, e);
        }
        catch (IOException e)
        {
            return Failed(way.Proxy is null ? ConnectFailure.ConnectBroken : ConnectFailure.ProxyNotSpoken, e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            return Failed(way.Proxy is null ? ConnectFailure.ConnectTimedOut : ConnectFailure.ProxyUnreachable, e);
        }

        DialResult Failed(ConnectFailure failure, Exception e) =>
            new(null, endPoint, new OutboundConnectException(failure, host, e) { EndPoint = endPoint, Proxy = way.Proxy?.Authority });
    }

    /// <summary>TLS for https; for http the stream as it is.</summary>
    internal async Task<(Stream Stream, PeerCertificate? Certificate)> SecureAsync(
        Uri uri, DialResult dialled, X509Certificate2Collection extraRoots, CancellationToken cancellation)
    {
        if (uri.Scheme != Uri.UriSchemeHttps) return (dialled.Stream!, null);
        using var phase = Phase(cancellation);
        return await TlsHandshake.SecureAsync(dialled.Stream!, uri.IdnHost, dialled.EndPoint!, extraRoots, time, phase.Token, cancellation);
    }

    /// <summary>Whether the operator's proxy takes connections.</summary>
    internal async Task<bool> ReachesProxyAsync(Uri proxy, CancellationToken cancellation)
    {
        using var phase = Phase(cancellation);
        try
        {
            var (stream, _) = await DialProxyAsync(proxy, phase.Token);
            await stream.DisposeAsync();
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>All addresses of a host, not vetted yet; a literal is its own.</summary>
    internal async Task<IPAddress[]> LookUpAsync(string host, CancellationToken cancellation)
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

    /// <summary>The proxy is the operator's word and needs no vetting; the server behind it was vetted.</summary>
    private async Task<DialResult> ThroughAsync(Uri proxy, Uri uri, CancellationToken cancellation)
    {
        var (stream, endPoint) = await DialProxyAsync(proxy, cancellation);
        ConnectFailure? failure = ConnectFailure.ProxyNotSpoken;
        try
        {
            failure = await ProxyTunnel.OpenAsync(stream, uri.IdnHost, uri.Port, Proxies.Credentials, cancellation);
            return failure is { } known
                ? new(null, endPoint, new OutboundConnectException(known, uri.IdnHost) { EndPoint = endPoint, Proxy = proxy.Authority })
                : new(stream, endPoint, null);
        }
        finally
        {
            if (failure is not null) await stream.DisposeAsync();
        }
    }

    private async Task<(Stream Stream, IPEndPoint EndPoint)> DialProxyAsync(Uri proxy, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(proxy.IdnHost.Trim('[', ']'), out var literal) ? [literal] : await resolve(proxy.IdnHost, cancellation).WaitAsync(cancellation);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        var endPoint = new IPEndPoint(addresses[0], proxy.Port);
        return (await dial(endPoint, cancellation), endPoint);
    }

    private static ConnectFailure FailureOf(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => ConnectFailure.Refused,
        SocketError.TimedOut => ConnectFailure.ConnectTimedOut,
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.HostDown
            or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported => ConnectFailure.Unreachable,
        _ => ConnectFailure.ConnectBroken,
    };

    private CancellationTokenSource Phase(CancellationToken cancellation)
    {
        var phase = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        phase.CancelAfter(timeout);
        return phase;
    }
}

/// <summary>One way to a server: straight to an address, or through a proxy.</summary>
internal sealed record OutboundWay(IPAddress? Address, Uri? Proxy);

/// <param name="Stream">Null with a failure.</param>
/// <param name="EndPoint">What was dialled; the proxy's when there is one.</param>
internal sealed record DialResult(Stream? Stream, IPEndPoint? EndPoint, OutboundConnectException? Failure);

/// <summary>Where http without encryption may be spoken.</summary>
public enum PlainHttp
{
    Never,

    /// <summary>To private addresses, after a person agreed.</summary>
    ToPrivateAddresses,

    /// <summary>Anywhere: only for requests that carry no secret, e.g. to see whether http answers at all.</summary>
    Anywhere,
}
