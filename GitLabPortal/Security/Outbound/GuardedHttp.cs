using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Security;

/// <summary>
/// Makes every <see cref="HttpClient"/> that leaves the portal. Redirects are not followed (a custom token header would go along), no
/// proxy of the environment is used, cookies are not kept, answers are limited in size after decompression.
/// Failures to connect come as <see cref="OutboundRefusedException"/> and <see cref="OutboundConnectException"/>, all others as <see cref="HttpRequestException"/>.
/// </summary>
/// <param name="connector">Vets and dials.</param>
/// <param name="options">Time and size limits.</param>
/// <param name="machineRoots">Authorities that count as the machine's; names and dates are checked all the same.</param>
public sealed class GuardedHttp(OutboundConnector connector, IOptions<OutboundOptions> options, X509Certificate2Collection? machineRoots = null) : IDisposable
{
    /// <summary>More authorities than a portal meets; each has connections of its own.</summary>
    private const int MaxPools = 200;

    private readonly ConcurrentDictionary<NetworkPath, Lazy<HttpMessageHandler>> pools = [];

    public OutboundConnector Connector => connector;

    public TimeSpan RequestTimeout => options.Value.RequestTimeout;

    /// <summary>A client over the shared connections of this path; cheap, dispose it or not.</summary>
    public HttpClient Shared(NetworkPath path)
    {
        // Left to the collector, not disposed: calls may be running on them.
        if (pools.Count >= MaxPools && !pools.ContainsKey(path)) pools.Clear();
        return Client(pools.GetOrAdd(path, p => new(() => Handler(p, new DedicatedConnections()))).Value, ownsHandler: false);
    }

    public HttpClient Shared(bool allowsPlainHttp = false) => Shared(NetworkPath.For(allowsPlainHttp));

    public HttpClient Own(PlainHttp plainHttp = PlainHttp.Never) => Own(new NetworkPath(plainHttp));

    /// <summary>A client with connections of its own, closed when it is disposed: for checks, which must see how a connection comes about.</summary>
    public HttpClient Own(NetworkPath path, DedicatedConnections? connections = null) => Client(Handler(path, connections ?? new()), ownsHandler: true);

    /// <summary>The authorities that a path trusts besides the machine's.</summary>
    internal X509Certificate2Collection RootsOf(NetworkPath path) => [.. machineRoots ?? [], .. path.Authorities?.Certificates ?? []];

    public void Dispose()
    {
        foreach (var pool in pools.Values.Where(p => p.IsValueCreated)) pool.Value.Dispose();
    }

    private HttpClient Client(HttpMessageHandler handler, bool ownsHandler) => new(handler, ownsHandler)
    {
        Timeout = options.Value.RequestTimeout,
        MaxResponseContentBufferSize = options.Value.MaxResponseBytes,
    };

    private PlainSpokenHandler Handler(NetworkPath path, DedicatedConnections connections) => new()
    {
        InnerHandler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            Credentials = null,
            AutomaticDecompression = DecompressionMethods.All,
            MaxResponseHeadersLength = 64,
            // A page of a list fits: with the default of 64 KB it would come in pieces, each a round trip later.
            InitialHttp2StreamWindowSize = 2 * 1024 * 1024,
            // Names are looked up (and vetted) again now and then.
            PooledConnectionLifetime = TimeSpan.FromMinutes(3),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            // The connector limits each phase itself and says which one took too long.
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            ActivityHeadersPropagator = null,
            // The connector does TLS as well: only so every failure is known by its phase.
            ConnectCallback = async (context, cancellation) =>
            {
                if (connections.TakeFirst() is { } open) return open;
                using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, connections.Cancellation);
                return await connector.ConnectAsync(context.InitialRequestMessage.RequestUri!, path.PlainHttp, RootsOf(path), both.Token);
            },
        },
    };

    /// <summary>The framework wraps what the connector throws; this brings it out again.</summary>
    private sealed class PlainSpokenHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // Requests at the same time share one connection where the server can do it; each new one would cost more than it saves.
            if (request.RequestUri?.Scheme == Uri.UriSchemeHttps) (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower);
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e) when (e.InnerException is OutboundRefusedException or OutboundConnectException)
            {
                ExceptionDispatchInfo.Throw(e.InnerException);
                throw;
            }
            catch (SocketException e)
            {
                // The framework asks a new connection for its far end and lets this through when the server has reset it by then.
                throw new HttpRequestException(HttpRequestError.ConnectionError, "The connection broke before it was used.", e);
            }
        }
    }
}

/// <summary>How a client of <see cref="GuardedHttp.Own"/> gets its connections.</summary>
public sealed class DedicatedConnections
{
    private Stream? first;

    /// <summary>
    /// Ends connection attempts at once. Without it the framework keeps an attempt alive for other requests after its own was cancelled.
    /// </summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>A connection to the server that is open already; the client takes it over.</summary>
    public Stream? First { init => first = value; }

    internal Stream? TakeFirst() => Interlocked.Exchange(ref first, null);
}
