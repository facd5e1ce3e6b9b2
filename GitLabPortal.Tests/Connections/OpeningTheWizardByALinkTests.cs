using GitLabPortal.Connections;
using GitLabPortal.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

public sealed class OpeningTheWizardByALinkTests
{
    private const string Url = "http://10.9.8.7";

    [Fact]
    public async Task Somebody_elses_link_fills_in_the_address_and_agrees_to_nothing()
    {
        await using var portal = await PortalApp.StartSetUpAsync();
        using var browser = await portal.OpenSignedInAsync();
        var seal = portal.Services.GetRequiredService<WizardSeal>().Of(Guid.NewGuid(), Url, allowsPlainHttp: true);

        foreach (var made in new[] { "", $"&seal={seal}", "&seal=nonsense" })
        {
            var answer = await browser.OpenAsync($"/team/rocket/settings/connections/new?url={Url}&plain-http=true{made}");

            answer.Input("GitLab server URL").Value.ShouldBe(Url);
            answer.Text.ShouldNotContain("Connect without encryption");
        }
    }

    [Fact]
    public async Task The_wizards_own_address_keeps_what_was_agreed_to()
    {
        await using var portal = await PortalApp.StartSetUpAsync();
        using var browser = await portal.OpenSignedInAsync();
        var seal = portal.Services.GetRequiredService<WizardSeal>();
        var me = (await portal.AccessAsync()).AccountId;

        var answer = await browser.OpenAsync($"/team/rocket/settings/connections/new?url={Url}&plain-http=true&seal={seal.Of(me, Url, allowsPlainHttp: true)}");

        answer.Text.ShouldContain("Connect without encryption");
        seal.Fits(seal.Of(me, Url, allowsPlainHttp: true, "https://a.example", "ca"), me, Url, allowsPlainHttp: true, "https://b.example", "ca").ShouldBeFalse();
        seal.Fits(seal.Of(me, Url, allowsPlainHttp: true, "https://a.example", "ca"), me, Url, allowsPlainHttp: true, "https://a.example", "cb").ShouldBeFalse();
        seal.Fits(seal.Of(me, Url, allowsPlainHttp: true, "https://a.example"), me, $"{Url}https://a.example", allowsPlainHttp: true).ShouldBeFalse();
        seal.Fits(seal.Of(me, Url, allowsPlainHttp: false), me, Url, allowsPlainHttp: true).ShouldBeFalse();
        seal.Fits(seal.Of(me, Url, allowsPlainHttp: true), me, "http://10.9.8.8", allowsPlainHttp: true).ShouldBeFalse();
    }
}
