using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>
/// Tells receivers of system hooks what happens in the world, one after the other (FACTS 7.2): ten seconds for an answer, and what fails
/// is not sent again. A test may hold deliveries back, turn their order round, double or lose them.
/// </summary>
public sealed class HookSender : IAsyncDisposable
{
    private readonly SandboxWorld _world;
    private readonly ServerIdentity _server;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };
    private readonly Channel<Parcel> _parcels = Channel.CreateUnbounded<Parcel>();
    private readonly Lock _lock = new();
    private readonly List<SandboxDelivery> _all = [];
    private readonly List<Parcel> _held = [];
    private readonly Task _sending;
    private bool _isHolding;
    private int _open;

    internal HookSender(SandboxWorld world, ServerIdentity server)
    {
        (_world, _server) = (world, server);
        _world.Happened += Post;
        _sending = Task.Run(SendAllAsync);
    }

    private sealed record Parcel(SandboxHook Hook, HookEvent Event, string Id, string EventId);

    /// <summary>What was sent so far.</summary>
    public IReadOnlyList<SandboxDelivery> All
    {
        get
        {
            lock (_lock)
                return [.. _all];
        }
    }

    /// <summary>Each event arrives twice, as after a time-out that was none.</summary>
    public bool SendTwice { get; set; }

    /// <summary>Nothing arrives: silent mode, or a network that is down.</summary>
    public bool Lose { get; set; }

    /// <summary>Keeps what happens from now on until <see cref="Release"/>.</summary>
    public void Hold()
    {
        lock (_lock)
            _isHolding = true;
    }

    /// <param name="reversed">The last one first: GitLab promises no order.</param>
    public void Release(bool reversed = false)
    {
        lock (_lock)
        {
            _isHolding = false;
            if (reversed)
                _held.Reverse();
            foreach (var parcel in _held)
                _parcels.Writer.TryWrite(parcel);
            _held.Clear();
        }
    }

    /// <summary>Ends when nothing is on its way any more.</summary>
    public async Task IdleAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Volatile.Read(ref _open) > 0)
            await Task.Delay(5, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _world.Happened -= Post;
        _parcels.Writer.TryComplete();
        _http.CancelPendingRequests();
        await _sending;
        _http.Dispose();
    }

    /// <summary>At once, whatever is held back or lost: how GitLab tests a hook.</summary>
    internal Task SendAsync(SandboxHook hook, HookEvent what, CancellationToken cancellationToken) => SendAsync(Wrap(hook, what), cancellationToken);

    private static Parcel Wrap(SandboxHook hook, HookEvent what) => new(hook, what, Guid.NewGuid().ToString(), Guid.NewGuid().ToString());

    private void Post(SandboxHook hook, HookEvent what)
    {
        if (Lose)
            return;
        var parcel = Wrap(hook, what);
        lock (_lock)
        {
            for (var copies = SendTwice ? 2 : 1; copies > 0; copies--)
            {
                Interlocked.Increment(ref _open);
                if (_isHolding)
                    _held.Add(parcel);
                else
                    _parcels.Writer.TryWrite(parcel);
            }
        }
    }

    private async Task SendAllAsync()
    {
        await foreach (var parcel in _parcels.Reader.ReadAllAsync())
        {
            await SendAsync(parcel, CancellationToken.None);
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task SendAsync(Parcel parcel, CancellationToken cancellationToken)
    {
        // Looked at again right before sending: the setting may have changed since the hook was made.
        if (!_world.MayCall(parcel.Hook.Url))
            return;

        var started = Stopwatch.GetTimestamp();
        int? status = null;
        try
        {
            using var request = Request(parcel);
            using var response = await _http.SendAsync(request, cancellationToken);
            status = (int)response.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            // Logged without a status; GitLab does not try again.
        }

        lock (_lock)
            _all.Add(new SandboxDelivery(parcel.Hook.Id, parcel.Event.Name, parcel.Hook.Url, status, parcel.Id, Stopwatch.GetElapsedTime(started)));
    }

    private HttpRequestMessage Request(Parcel parcel)
    {
        var (hook, release) = (parcel.Hook, _server.Release);
        var request = new HttpRequestMessage(HttpMethod.Post, hook.Url) { Version = HttpVersion.Version11, Content = new ByteArrayContent(parcel.Event.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        void Add(string name, string value) => request.Headers.TryAddWithoutValidation(name, value);
        Add("User-Agent", $"GitLab/{release.Text}");
        Add("X-Gitlab-Event", "System Hook");
        if (hook.Token is { Length: > 0 } token)
            Add("X-Gitlab-Token", token);
        if (release.Has(Capability.SystemHookEditing))
        {
            Add("X-Gitlab-Instance", _server.ExternalUrl);
            Add("X-Gitlab-Event-UUID", parcel.EventId);
            Add("X-Gitlab-Webhook-UUID", Guid.NewGuid().ToString());
        }

        if (release.Has(Capability.HookIdempotencyKey))
            Add("Idempotency-Key", parcel.Id);
        if (release.Has(Capability.SignedHooks))
        {
            var at = _world.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            Add("webhook-id", parcel.Id);
            Add("webhook-timestamp", at);
            if (hook.SigningToken is { } signing)
                Add("webhook-signature", Sign(signing, parcel.Id, at, parcel.Event.Body));
        }

        return request;
    }

    internal static string Sign(string signingToken, string id, string timestamp, byte[] body)
    {
        var key = Convert.FromBase64String(signingToken["whsec_".Length..]);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{id}.{timestamp}."), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed));
    }
}
