using System.Net;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn;

/// <summary>Who guesses is slowed down by the address it comes from; after that even the right answer does not count.</summary>
public sealed class GuessingCodesTests
{
    private const string Limit = "--SignIn:FailuresPerMinute=4";

    [Fact]
    public async Task The_code_of_the_first_set_up()
    {
        await using var portal = await PortalApp.StartAsync(Limit);

        await ShouldBeStoppedAsync(portal, i => $"/setup?code=wrong-{i}", $"/setup?code={PortalApp.SetUpCode}", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_code_of_an_invitation()
    {
        await using var portal = await PortalApp.StartSetUpAsync(Limit);

        await ShouldBeStoppedAsync(portal, i => $"/invite/wrong-{i}", await portal.InviteAsync(), HttpStatusCode.Gone);
    }

    [Fact]
    public async Task The_code_of_a_set_up_link()
    {
        await using var portal = await PortalApp.StartSetUpAsync(Limit);
        var ada = await portal.AccessAsync();
        var code = (await portal.Services.GetRequiredService<CreateSetUpLink>().RunAsync(ada.AccountId, default)).Value!;
        using var guest = portal.OpenBrowser();
        (await guest.OpenAsync($"/servers/set-up?code={code}")).Text.ShouldContain("GitLab server URL");

        await ShouldBeStoppedAsync(portal, i => $"/servers/set-up?code=wrong-{i}", $"/servers/set-up?code={code}", HttpStatusCode.OK);

        (await guest.OpenAsync($"/servers/set-up?code={code}")).Text.ShouldContain("Too many tries");
    }

    [Fact]
    public async Task The_password_of_whomever()
    {
        await using var portal = await PortalApp.StartSetUpAsync(Limit);
        using var browser = portal.OpenBrowser();
        for (var i = 0; i < 4; i++) (await browser.SignInAsync($"somebody-{i}@example.com", "guess")).Status.ShouldBe(HttpStatusCode.OK);

        var right = await browser.SignInAsync();

        right.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        browser.SessionCookie.ShouldBeNull();
    }

    private static async Task ShouldBeStoppedAsync(PortalApp portal, Func<int, string> wrong, string right, HttpStatusCode whenWrong)
    {
        using var browser = portal.OpenBrowser();
        for (var i = 0; i < 4; i++) (await browser.OpenAsync(wrong(i))).Status.ShouldBe(whenWrong);

        (await browser.OpenAsync(wrong(5))).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        var answer = await browser.OpenAsync(right);
        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Text.ShouldContain("Too many tries");
    }
}
