using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using GitLabPortal.Security;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Tests.Security;

/// <summary>
/// The outbound guard with its two seams in the test's hands: names resolve as the test says, and what is dialled is recorded.
/// Real connections are made to loopback only, whatever the guard lets through.
/// </summary>
internal sealed class TestOutbound : IDisposable
{
    private readonly Dictionary<string, Func<IPAddress[]>> names = new(StringComparer.OrdinalIgnoreCase);

    public TestOutbound(params string[] allowedNetworks)
        : this(new OutboundOptions { AllowedNetworks = allowedNetworks })
    {
    }

    public TestOutbound(OutboundOptions options, TimeProvider? time = null, X509Certificate2? authority = null)
    {
        Connector = new OutboundConnector(new AddressRules(options), ResolveAsync, DialAsync, Options.Create(options), time ?? TimeProvider.System);
        Http = new GuardedHttp(Connector, Options.Create(options), authority is null ? null : [authority]);
    }

    /// <summary>Loopback allowed, and patience for a machine that is busy with other tests.</summary>
    public static TestOutbound ToLoopback(X509Certificate2? authority = null) =>
        new(new OutboundOptions { AllowedNetworks = ["127.0.0.0/8"] }, authority: authority);

    /// <summary>Loopback allowed. Soon tired of connecting and of TLS and of nothing else, so that it is always that phase that runs out of time.</summary>
    public static TestOutbound ImpatientToConnect(double seconds = 0.2) => new(new OutboundOptions { AllowedNetworks = ["127.0.0.0/8"], ConnectTimeout = TimeSpan.FromSeconds(seconds) }) { Dial = DialToTheEndAsync };

    /// <summary>Loopback allowed. Soon tired of waiting for answers, and of nothing before that.</summary>
    public static TestOutbound ImpatientForAnswers(double seconds = 0.2) => new(new OutboundOptions { AllowedNetworks = ["127.0.0.0/8"], RequestTimeout = TimeSpan.FromSeconds(seconds) }) { Dial = DialToTheEndAsync };

    /// <summary>Connects, however long a busy machine takes for it.</summary>
    public static Task<Stream> DialToTheEndAsync(IPEndPoint endPoint, CancellationToken cancellation) => OutboundGuard.DialAsync(endPoint, CancellationToken.None);

    public OutboundConnector Connector { get; }

    public GuardedHttp Http { get; }

    public ConcurrentQueue<string> Asked { get; } = [];

    public ConcurrentQueue<IPEndPoint> Dialled { get; } = [];

    /// <summary>Set to answer dials without any network.</summary>
    public Func<IPEndPoint, CancellationToken, Task<Stream>>? Dial { get; set; }

    public TestOutbound Name(string host, params string[] addresses) => Name(host, () => [.. addresses.Select(IPAddress.Parse)]);

    public TestOutbound Name(string host, Func<IPAddress[]> answer)
    {
        names[host] = answer;
        return this;
    }

    public void Dispose() => Http.Dispose();

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        Asked.Enqueue(host);
        if (names.TryGetValue(host, out var answer)) return answer();
        await Task.Yield();
        throw new SocketException((int)SocketError.HostNotFound);
    }

    private async Task<Stream> DialAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        Dialled.Enqueue(endPoint);
        if (Dial is not null) return await Dial(endPoint, cancellation);
        if (!IPAddress.IsLoopback(endPoint.Address)) throw new SocketException((int)SocketError.NetworkUnreachable);
        return await OutboundGuard.DialAsync(endPoint, cancellation);
    }
}
