using System.Net.Sockets;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;

namespace GitLabPortal.Tests.Connections.Diagnosis.Causes;

/// <summary>Addresses, names, rules, proxies and TCP.</summary>
internal static class NetworkCauses
{
    public static readonly IReadOnlyDictionary<string, Cause> All = new Dictionary<string, Cause>(StringComparer.Ordinal)
    {
        ["address-understood"] = s => s.ProbeAsync("git.example/users/sign_in"),
        ["address-empty"] = s => s.ProbeAsync("  "),
        ["address-too-long"] = s => s.ProbeAsync("https://git.example/" + new string('a', 3000)),
        ["address-scheme"] = s => s.ProbeAsync("ftp://git.example"),
        ["address-invalid"] = s => s.ProbeAsync("our server"),
        ["address-is-token"] = s => s.ProbeAsync("glpat-abcdefghijklmnopqrst"),
        ["address-had-password"] = s => s.ProbeAsync("https://ada:secret@missing.example"),
        ["address-was-ssh"] = s => s.ProbeAsync("git@missing.example:group/project.git"),
        ["gitlab-com"] = s => s.ProbeAsync("https://gitlab.com/group"),

        ["name-resolved"] = s => s.ProbeAsync("https://git.example", s.Network("93.184.216.34", Fails(SocketError.ConnectionRefused))),
        ["name-private"] = s => s.ProbeAsync("https://git.example", s.Network("10.0.0.8", Fails(SocketError.ConnectionRefused))),
        ["name-not-found"] = s => s.ProbeAsync("https://missing.example"),
        ["dns-failure"] = s => s.ProbeAsync("https://trouble.example", s.Loopback().Name("trouble.example", () => throw new SocketException((int)SocketError.TryAgain))),
        ["rules-allow"] = s => s.ProbeAsync("https://git.example", s.Network("10.0.0.8", Fails(SocketError.ConnectionRefused))),
        ["address-refused"] = s => s.ProbeAsync("https://git.example", s.Outbound(new OutboundOptions())),
        ["plain-http-needs-consent"] = s => s.ProbeAsync("http://git.example", allowPlainHttp: false),
        ["plain-http-refused"] = s => s.ProbeAsync("http://git.example", s.Network("93.184.216.34", Fails(SocketError.ConnectionRefused))),

        ["proxy-unreachable"] = s => s.ProbeAsync("https://git.example", Behind(s, TestListener.ClosedPort())),
        ["proxy-refused"] = s => s.ProbeAsync("https://git.example", Behind(s, ProxyAnswering(s, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))),
        ["proxy-wants-password"] = s => s.ProbeAsync("https://git.example", Behind(s, ProxyAnswering(s, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"p\"\r\n\r\n"))),
        ["proxy-failed"] = s => s.ProbeAsync("https://git.example", Behind(s, ProxyAnswering(s, "HTTP/1.1 503 Service Unavailable\r\n\r\n"))),
        ["proxy-not-spoken"] = s => s.ProbeAsync("https://git.example", Behind(s, ProxyAnswering(s, "220 mail.example ESMTP\r\n"))),

        ["connected"] = s => s.ProbeAsync(_ => { }),
        ["connection-refused"] = s => s.ProbeAsync($"https://git.example:{TestListener.ClosedPort()}"),
        ["unreachable"] = s => s.ProbeAsync("https://git.example", s.Network("10.0.0.8", Fails(SocketError.NetworkUnreachable))),
        ["ipv6-only"] = s => s.ProbeAsync("https://git.example", s.Network("2606:2800:220:1::1", Fails(SocketError.NetworkUnreachable))),
        ["connect-timed-out"] = s => s.ProbeAsync("https://git.example", s.Network("93.184.216.34", Fails(SocketError.TimedOut))),
        ["private-address-silent"] = s => HangingAsync(s, "10.9.8.7"),
        ["some-addresses-fail"] = async s =>
        {
            var gitlab = await s.GitLabAsync();
            return await s.ProbeAsync($"http://two.example:{gitlab.Url.Port}", s.Loopback().Name("two.example", "127.0.0.1", "127.0.0.2"));
        },
        ["connection-dropped"] = s => s.ProbeAsync($"http://git.example:{s.Open(TestListener.Resetting()).Port}"),
    };

    private static Func<System.Net.IPEndPoint, CancellationToken, Task<Stream>> Fails(SocketError error) => (_, _) => throw new SocketException((int)error);

    private static TestOutbound Behind(CauseStage stage, int proxyPort) =>
        stage.Outbound(new OutboundOptions { AllowedNetworks = ["127.0.0.0/8"], ProxyUrl = $"http://127.0.0.1:{proxyPort}" });

    private static int ProxyAnswering(CauseStage stage, string answer) => stage.Open(TestListener.Answering(answer)).Port;

    private static Task<IReadOnlyList<Finding>> HangingAsync(CauseStage stage, string address)
    {
        var outbound = stage.ImpatientToConnect().Name("dark.example", address);
        outbound.Dial = async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            return Stream.Null;
        };
        return stage.ProbeAsync("https://dark.example", outbound);
    }
}
