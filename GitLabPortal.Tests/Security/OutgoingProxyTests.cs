using System.Collections.Concurrent;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Security;

/// <summary>The operator's proxy, a real one on loopback that opens tunnels.</summary>
public sealed class OutgoingProxyTests : IDisposable
{
    private readonly ConcurrentQueue<string> tunnels = [];
    private readonly TestCertificates certificates = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => certificates.Dispose();

    private TestListener Proxy() => TestProxy.Start(tunnels);

    private TestOutbound Behind(TestListener proxy, params string[] exceptions) => new TestOutbound(
        new OutboundOptions
        {
            AllowedNetworks = ["127.0.0.0/8"],
            ProxyUrl = $"http://proxy.example:{proxy.Port}",
            ProxyUserName = "portal",
            ProxyPassword = "geheim",
            ProxyExceptions = exceptions,
        },
        authority: certificates.Authority).Name("git.example", "127.0.0.1").Name("proxy.example", "127.0.0.1");

    [Fact]
    public async Task Serves_checks_api_and_git_alike()
    {
        await using var proxy = Proxy();
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTls(certificates.Good("git.example")).StartAsync();
        var group = gitlab.World.AddGroup("tools");
        gitlab.World.AddProject(group, "p0");
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMember(bot, group);
        using var outbound = Behind(proxy);

        var server = await new ServerProbe(outbound.Http, TimeProvider.System).RunAsync($"https://git.example:{gitlab.Url.Port}", NetworkPath.Encrypted, null, None);
        var request = new TokenCheckRequest(server.Address!, new Secret(gitlab.World.AddToken(bot, ["api"], expiresInDays: 200).Secret), ReadOnly: false, NetworkPath.Encrypted, ConnectionCoverage.Everything);
        var token = await new TokenInspector(new GitLabClients(outbound.Http, TimeProvider.System), TimeProvider.System).RunAsync(request, null, None);

        server.CanContinue.ShouldBeTrue(string.Join("; ", server.Findings.Select(f => f.Seen)));
        server.Findings.Single(f => f.Code == "rules-allow").Seen.ShouldContain($"through the proxy proxy.example:{proxy.Port} (Outbound:ProxyUrl)");
        token.Findings.Select(f => f.Code).ShouldContain("git-works");
        outbound.Dialled.ShouldAllBe(d => d.Port == proxy.Port);
        tunnels.ShouldAllBe(t => t.StartsWith($"CONNECT git.example:{gitlab.Url.Port} HTTP/1.1\r\n", StringComparison.Ordinal));
        var credentials = Convert.ToBase64String("portal:geheim"u8);
        tunnels.ShouldAllBe(t => t.Contains($"Proxy-Authorization: Basic {credentials}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("git.example")]
    [InlineData(".example")]
    [InlineData("*.example")]
    [InlineData("EXAMPLE")]
    [InlineData("127.0.0.0/8")]
    [InlineData("127.0.0.1")]
    public async Task Is_not_used_for_its_exceptions(string exception)
    {
        await using var proxy = Proxy();
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTls(certificates.Good("git.example")).StartAsync();
        using var outbound = Behind(proxy, "other.net", exception);

        var server = await new ServerProbe(outbound.Http, TimeProvider.System).RunAsync($"https://git.example:{gitlab.Url.Port}", NetworkPath.Encrypted, null, None);

        server.CanContinue.ShouldBeTrue();
        server.Findings.Single(f => f.Code == "rules-allow").Seen.ShouldContain($"the exception {exception} (Outbound:ProxyExceptions:1)");
        tunnels.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ample")]
    [InlineData("git.example.com")]
    [InlineData("10.0.0.0/8")]
    public async Task Is_used_for_what_only_resembles_an_exception(string exception)
    {
        await using var proxy = Proxy();
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTls(certificates.Good("git.example")).StartAsync();
        using var outbound = Behind(proxy, exception);

        (await new ServerProbe(outbound.Http, TimeProvider.System).RunAsync($"https://git.example:{gitlab.Url.Port}", NetworkPath.Encrypted, null, None)).CanContinue.ShouldBeTrue();

        tunnels.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("https://proxy.example:3128", "Outbound:ProxyUrl")]
    [InlineData("proxy.example:3128", "Outbound:ProxyUrl")]
    [InlineData("http://user:pw@proxy.example", "Outbound:ProxyUrl")]
    public void Wrong_settings_are_named_without_quoting_secrets(string url, string key)
    {
        var problem = OutboundOptionsValidator.Problems(new OutboundOptions { ProxyUrl = url }).ShouldHaveSingleItem();

        problem.ShouldStartWith(key);
        problem.ShouldNotContain("pw");
    }

    [Fact]
    public void Wrong_exceptions_are_named() =>
        OutboundOptionsValidator.Problems(new OutboundOptions { ProxyExceptions = ["git.example", "http://x", "10.0.0.0/99"] })
            .Select(p => p.Split(": ")[0]).ShouldBe(["Outbound:ProxyExceptions:1", "Outbound:ProxyExceptions:2"]);
}
