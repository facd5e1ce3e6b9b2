using System.Net;
using System.Net.WebSockets;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Shell;

public sealed class KeepingOthersOutTests
{
    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("null")]
    public async Task Another_sites_page_cannot_open_a_live_page_with_the_persons_cookie(string origin)
    {
        await using var portal = await PortalApp.StartSetUpAsync();
        using var browser = await portal.OpenSignedInAsync();

        (await ConnectAsync(portal, browser, ("Origin", origin))).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_portals_own_page_can_also_behind_a_proxy_that_calls_it_by_another_name()
    {
        await using var portal = await PortalApp.StartSetUpAsync("--Portal:PublicUrl=https://portal.example.com");
        using var browser = await portal.OpenSignedInAsync();

        (await ConnectAsync(portal, browser, ("Origin", portal.Address.GetLeftPart(UriPartial.Authority)))).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await ConnectAsync(portal, browser, ("Origin", "https://portal.example.com"))).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await ConnectAsync(portal, browser, ("Origin", "https://other.example"), ("Sec-Fetch-Site", "same-origin"))).ShouldBe(HttpStatusCode.SwitchingProtocols);
        (await ConnectAsync(portal, browser, ("Origin", "https://portal.example.com"), ("Sec-Fetch-Site", "same-site"))).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Every_cookie_stays_on_encrypted_connections_once_it_came_by_one()
    {
        await using var portal = await PortalApp.StartAsync("--Portal:TrustedProxies:0=127.0.0.1");
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");

        using var answer = await http.GetAsync(new Uri(portal.Address, $"/setup?code={PortalApp.SetUpCode}"), TestContext.Current.CancellationToken);

        answer.Headers.GetValues("Set-Cookie").ShouldAllBe(c => c.Contains("; secure", StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> ConnectAsync(PortalApp portal, PortalBrowser browser, params (string Name, string Value)[] headers)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.Cookies = browser.Cookies;
        foreach (var (name, value) in headers) socket.Options.SetRequestHeader(name, value);
        try
        {
            await socket.ConnectAsync(new UriBuilder(portal.Address) { Scheme = "ws", Path = "/_blazor" }.Uri, TestContext.Current.CancellationToken);
        }
        catch (WebSocketException)
        {
            // The status says why.
        }

        return socket.HttpStatusCode;
    }
}
