using System.Diagnostics;
using GitLabPortal.Connections;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// A whole check of a healthy server and token, as the portal does it and with the same calls one after the other. Twice: with 60 ms in
/// every answer (round trips of requests alone), and with 60 ms in every round trip of the network (connections and TLS too).
/// </summary>
internal static class DiagnosisBenchmark
{
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(60);
    private const int Runs = 7;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var output = Console.Out;
        using var certificates = new TestCertificates();
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTls(certificates.Good("git.example")).WithProjects(500, 1).StartAsync();
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMemberOfEveryGroup(bot);
        var token = gitlab.World.AddToken(bot, ["api"], expiresInDays: 200).Secret;

        await output.WriteLineAsync($"a TLS connection alone, when the network's round trip takes 60 ms: {await HandshakeAsync(certificates, gitlab.Url.Port, cancellationToken):0} ms");
        await MeasureAsync("answers take 60 ms", isNetworkSlow: false);
        await MeasureAsync("the network's round trip takes 60 ms", isNetworkSlow: true);
        return 0;

        async Task MeasureAsync(string title, bool isNetworkSlow)
        {
            gitlab.Faults.Clear();
            if (!isNetworkSlow) gitlab.Faults.AnswerEverything(Fault.Delay(RoundTrip));
            await output.WriteLineAsync($"{title}:");
            foreach (var oneByOne in new[] { true, false })
            {
                List<double> times = [];
                var (requests, connections) = (0, 0);
                for (var run = 0; run <= Runs; run++)
                {
                    gitlab.Requests.Clear();
                    var network = new LatentNetwork(isNetworkSlow ? RoundTrip : TimeSpan.Zero);
                    using var outbound = TestOutbound.ToLoopback(certificates.Authority).Name("git.example", "127.0.0.1");
                    outbound.Dial = network.DialAsync;
                    var started = Stopwatch.GetTimestamp();
                    await CheckAsync(outbound, $"https://git.example:{gitlab.Url.Port}", token, oneByOne, cancellationToken);
                    // The first run compiles.
                    if (run > 0) times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    (requests, connections) = (gitlab.Requests.Count(), network.Connections);
                }

                times.Sort();
                var median = times[times.Count / 2];
                await output.WriteLineAsync(
                    $"  {(oneByOne ? "one after the other" : "as the portal does it"),-22} {median,6:0} ms (median of {Runs}), {requests} requests, {connections} connections, {median / RoundTrip.TotalMilliseconds:0.0} round trips of 60 ms");
            }
        }
    }

    /// <summary>Median of connecting and agreeing on encryption, without any request.</summary>
    private static async Task<double> HandshakeAsync(TestCertificates certificates, int port, CancellationToken cancellationToken)
    {
        List<double> times = [];
        for (var run = 0; run <= Runs; run++)
        {
            using var outbound = TestOutbound.ToLoopback(certificates.Authority).Name("git.example", "127.0.0.1");
            outbound.Dial = new LatentNetwork(RoundTrip).DialAsync;
            var started = Stopwatch.GetTimestamp();
            await using var stream = await outbound.Connector.ConnectAsync(new Uri($"https://git.example:{port}"), PlainHttp.Never, [certificates.Authority], cancellationToken);
            if (run > 0) times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static async Task CheckAsync(TestOutbound outbound, string address, string token, bool oneByOne, CancellationToken cancellationToken)
    {
        var check = new WholeCheck(
            new ServerProbe(outbound.Http, TimeProvider.System) { OneByOne = oneByOne },
            new TokenInspector(new GitLabClients(outbound.Http, TimeProvider.System), TimeProvider.System) { OneByOne = oneByOne });
        var seen = await check.RunAsync(
            address, NetworkPath.Encrypted, found => new(found, new Secret(token), ReadOnly: false, NetworkPath.Encrypted, ConnectionCoverage.Everything), null, cancellationToken);
        if (seen.Token is not { CanConnect: true }) throw new InvalidOperationException(string.Join("; ", seen.Findings.Select(f => $"{f.Code}: {f.Seen}")));
    }
}
