using System.Net;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Security;

/// <summary>
/// Makes every <see cref="HttpClient"/> that leaves the portal. Redirects are not followed (a custom token header would go along), no
/// proxy of the environment is used, cookies are not kept, answers are limited in size after decompression.
/// Failures to connect come as <see cref="OutboundRefusedException"/> and <see cref="OutboundConnectException"/>.
/// </summary>
/// <param name="connector">Vets and dials.</param>
/// <param name="options">Time and size limits.</param>
/// <param name="extraRoots">Authorities trusted besides the machine's; names and dates are checked all the same.</param>
public sealed class GuardedHttp(OutboundConnector connector, IOptions<OutboundOptions> options, X509Certificate2Collection? extraRoots = null) : IDisposable
{
    private readonly Lazy<HttpMessageHandler> encrypted = new(() => Handler(connector, PlainHttp.Never, extraRoots));
    private readonly Lazy<HttpMessageHandler> withPlainHttp = new(() => Handler(connector, PlainHttp.ToPrivateAddresses, extraRoots));

    /// <summary>A client over the shared pool of connections; cheap, dispose it or not.</summary>
    public HttpClient Shared(bool allowsPlainHttp = false) => Client((allowsPlainHttp ? withPlainHttp : encrypted).Value, ownsHandler: false);

    /// <summary>A client with connections of its own, closed when it is disposed: for checks, which must see how a connection comes about.</summary>
    public HttpClient Own(PlainHttp plainHttp = PlainHttp.Never) => Client(Handler(connector, plainHttp, extraRoots), ownsHandler: true);

    public void Dispose()
    {
        if (encrypted.IsValueCreated) encrypted.Value.Dispose();
        if (withPlainHttp.IsValueCreated) withPlainHttp.Value.Dispose();
    }

    private HttpClient Client(HttpMessageHandler handler, bool ownsHandler) => new(handler, ownsHandler)
    {
        Timeout = options.Value.RequestTimeout,
        MaxResponseContentBufferSize = options.Value.MaxResponseBytes,
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    private static PlainSpokenHandler Handler(OutboundConnector connector, PlainHttp plainHttp, X509Certificate2Collection? extraRoots) => new()
    {
        InnerHandler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            Credentials = null,
            AutomaticDecompression = DecompressionMethods.All,
            MaxResponseHeadersLength = 64,
            // Names are looked up (and vetted) again now and then.
            PooledConnectionLifetime = TimeSpan.FromMinutes(3),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
            // The connector limits each phase itself and says which one took too long.
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            ActivityHeadersPropagator = null,
            // The connector does TLS as well: only so every failure is known by its phase.
            ConnectCallback = async (context, cancellation) =>
            {
                var request = context.InitialRequestMessage;
                request.Options.TryGetValue(ConnectTrace.Key, out var trace);
                return await connector.ConnectAsync(request.RequestUri!, plainHttp, extraRoots ?? [], trace, cancellation);
            },
        },
    };

    /// <summary>The framework wraps what the connector throws; this brings it out again.</summary>
    private sealed class PlainSpokenHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e) when (e.InnerException is OutboundRefusedException or OutboundConnectException)
            {
                ExceptionDispatchInfo.Throw(e.InnerException);
                throw;
            }
        }
    }
}
