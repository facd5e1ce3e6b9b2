using System.Net;
using GitLabPortal.Accounts;
using GitLabPortal.Tests.Harness;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn;

public sealed class SigningInTests : IAsyncLifetime
{
    private PortalApp portal = null!;
    private PortalBrowser browser = null!;

    public async ValueTask InitializeAsync()
    {
        portal = await PortalApp.StartSetUpAsync("--SignIn:FailuresPerMinute=12");
        browser = portal.OpenBrowser();
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await portal.DisposeAsync();
    }

    [Fact]
    public async Task Leads_back_to_the_page_that_one_wanted()
    {
        var asked = await browser.OpenAsync("/profile?saved=name");
        asked.Location.ShouldBe("/sign-in?returnUrl=%2Fprofile%3Fsaved%3Dname");

        var answer = await browser.SignInAsync(path: asked.Location!);

        answer.Location.ShouldBe("/profile?saved=name");
        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    public async Task Never_leads_to_another_site(string returnUrl)
    {
        var answer = await browser.SignInAsync(path: $"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}");

        answer.Response.Headers.Location!.ToString().ShouldNotContain("evil");
        answer.Location.ShouldBe("/");
        (await browser.OpenAsync($"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}")).Location.ShouldBe("/");
    }

    [Fact]
    public async Task Says_the_same_for_an_unknown_address_and_a_wrong_password_and_keeps_the_address()
    {
        var wrong = await browser.SignInAsync(password: "wrong password");
        var unknown = await browser.SignInAsync(email: "nobody@example.com");

        wrong.Page.QuerySelector("[role=alert]")!.TextContent.Trim().ShouldBe("The e-mail address or the password is not right.");
        unknown.Page.QuerySelector(".callout")!.TextContent.Trim().ShouldBe(wrong.Page.QuerySelector(".callout")!.TextContent.Trim());
        wrong.Input("Email").Value.ShouldBe(PortalApp.AdminEmail);
        wrong.Input("Password").Value.ShouldBe("");
        wrong.Input("Password").HasAttribute("autofocus").ShouldBeTrue();
        browser.SessionCookie.ShouldBeNull();
    }

    [Fact]
    public async Task Says_what_is_missing()
    {
        var answer = await browser.SignInAsync(email: "", password: "");

        answer.ErrorAt("Email").ShouldBe("Enter your e-mail address.");
        answer.ErrorAt("Password").ShouldBe("Enter your password.");
    }

    [Fact]
    public async Task The_fifth_wrong_password_locks_the_account_and_says_for_how_long()
    {
        for (var i = 0; i < 4; i++) await browser.SignInAsync(password: "wrong password");

        (await browser.SignInAsync(password: "wrong password")).Text.ShouldContain("Try again in 15 minutes.");
        (await browser.SignInAsync()).Text.ShouldContain("Try again in");
        browser.SessionCookie.ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_guesses_on_and_on_has_to_wait()
    {
        for (var i = 0; i < 12; i++) await browser.SignInAsync(email: $"guess{i}@example.com");

        var answer = await browser.SignInAsync();

        answer.Status.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Text.ShouldContain("Wait a minute");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_cookie_is_out_of_reach_for_scripts_and_other_sites_and_kept_when_asked(bool keep)
    {
        var page = await browser.OpenAsync("/sign-in");
        List<(string, string)> fields = [("Email", PortalApp.AdminEmail), ("Password", PortalApp.Password)];
        if (keep) fields.Add(("Keep me signed in", "true"));

        var answer = await browser.SubmitAsync(page, "/sign-in", "Sign in", [.. fields]);

        var cookie = answer.Response.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("gitlabportal=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        cookie.Contains("expires=", StringComparison.Ordinal).ShouldBe(keep);
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/setup?code=set-up-code-of-the-tests")]
    [InlineData("/sign-out")]
    public async Task A_forged_post_is_refused(string path)
    {
        var answer = await browser.PostAsync(
            path, ("_handler", "sign-in"), ("Input.Email", PortalApp.AdminEmail), ("Input.Password", PortalApp.Password));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Text.ShouldContain("reload the page");
        browser.SessionCookie.ShouldBeNull();
    }

    [Fact]
    public async Task A_forged_sign_out_ends_nothing()
    {
        await browser.SignInAsync();

        (await browser.PostAsync("/sign-out")).Status.ShouldBe(HttpStatusCode.BadRequest);

        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Signing_out_ends_this_session_and_no_other()
    {
        using var other = await portal.OpenSignedInAsync();
        await browser.SignInAsync();
        List<SessionsEnded> ended = [];
        using var subscription = portal.Services.GetRequiredService<SessionFeed>().Subscribe(ended.Add);

        var answer = await browser.SubmitAsync("/profile", "Sign out");

        answer.Location.ShouldBe("/sign-in");
        (await browser.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await other.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
        ended.ShouldHaveSingleItem().SessionId.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_copy_of_the_cookie_is_of_no_use_after_signing_out()
    {
        await browser.SignInAsync();
        using var thief = portal.OpenBrowser();
        thief.Cookies.Add(portal.Address, new Cookie("gitlabportal", browser.SessionCookie));
        (await thief.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);

        await browser.SubmitAsync("/profile", "Sign out");

        (await thief.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
    }

    [Fact]
    public async Task A_cookie_from_elsewhere_is_nobody()
    {
        browser.Cookies.Add(portal.Address, new Cookie("gitlabportal", "CfDJ8nonsense"));

        (await browser.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
    }

    [Fact]
    public async Task Open_pages_ask_the_portals_own_session_check()
    {
        await using var scope = portal.Services.CreateAsyncScope();

        scope.ServiceProvider.GetRequiredService<AuthenticationStateProvider>().ShouldBeOfType<CircuitSession>();
    }
}
