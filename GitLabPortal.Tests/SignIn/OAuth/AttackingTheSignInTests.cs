using System.Net;
using System.Web;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.OAuth;

public sealed class AttackingTheSignInTests : IAsyncLifetime
{
    private SignInStage stage = null!;
    private PortalBrowser browser = null!;
    private SandboxUser ann = null!;
    private SandboxUser mallory = null!;

    public async ValueTask InitializeAsync()
    {
        stage = await SignInStage.StartAsync();
        await stage.OpenToEveryoneAsync();
        browser = stage.OpenBrowser();
        ann = stage.GitLab.World.AddUser("ann");
        mallory = stage.GitLab.World.AddUser("mallory");
    }

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    [Fact]
    public async Task Nobody_is_signed_in_by_somebody_elses_link_back()
    {
        var back = await stage.ConsentAsync(await stage.SetOutAsync(stage.OpenBrowser()), mallory);

        var answer = await browser.OpenAsync(back.PathAndQuery);

        await ShouldBeRefusedAsync(answer, "was not begun in this browser");
    }

    [Fact]
    public async Task A_code_of_somebody_else_does_not_fit_the_own_trip()
    {
        // The victim's trip has another verifier than the one that the attacker's code was asked for with.
        var own = HttpUtility.ParseQueryString((await stage.SetOutAsync(browser)).Query)["state"];
        var back = HttpUtility.ParseQueryString((await stage.ConsentAsync(await stage.SetOutAsync(stage.OpenBrowser()), mallory)).Query);

        var answer = await browser.OpenAsync($"/sign-in/gitlab?code={back["code"]}&state={own}");

        await ShouldBeRefusedAsync(answer, "Sign in again");
        (await stage.IdentityAsync(mallory)).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("&state=")]
    [InlineData("&state=aaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("&state=../../x")]
    public async Task A_return_without_the_right_state_is_refused(string state)
    {
        var back = HttpUtility.ParseQueryString((await stage.ConsentAsync(await stage.SetOutAsync(browser), ann)).Query);

        await ShouldBeRefusedAsync(await browser.OpenAsync($"/sign-in/gitlab?code={back["code"]}{state}"), "was not begun in this browser");
    }

    [Fact]
    public async Task A_state_whose_beginning_is_right_is_not_right()
    {
        var back = HttpUtility.ParseQueryString((await stage.ConsentAsync(await stage.SetOutAsync(browser), ann)).Query);

        await ShouldBeRefusedAsync(
            await browser.OpenAsync($"/sign-in/gitlab?code={back["code"]}&state={back["state"]![..10]}AAAAAAAAAAAAAAAAA"), "was not begun in this browser");
    }

    [Fact]
    public async Task A_return_counts_once()
    {
        var back = await stage.ConsentAsync(await stage.SetOutAsync(browser), ann);
        (await browser.OpenAsync(back.PathAndQuery)).Location.ShouldBe("/");
        await browser.SubmitAsync("/profile", "Sign out");

        await ShouldBeRefusedAsync(await browser.OpenAsync(back.PathAndQuery), "was used already");
    }

    [Fact]
    public async Task A_code_counts_once_even_with_the_trip_kept_aside()
    {
        var away = await stage.SetOutAsync(browser);
        var kept = browser.Cookies.GetCookies(new Uri(stage.Portal.Address, "/sign-in")).Single(c => c.Name.StartsWith(SignInTrips.CookiePrefix, StringComparison.Ordinal));
        var copy = new Cookie(kept.Name, kept.Value, "/sign-in", kept.Domain);
        var back = await stage.ConsentAsync(away, ann);
        (await browser.OpenAsync(back.PathAndQuery)).Location.ShouldBe("/");

        var thief = stage.OpenBrowser();
        thief.Cookies.Add(copy);

        (await thief.OpenAsync(back.PathAndQuery)).Text.ShouldContain("The sign-in was used already");
        thief.SessionCookie.ShouldBeNull();
    }

    [Fact]
    public async Task A_tampered_redirect_address_stays_on_GitLabs_error_page()
    {
        var away = (await stage.SetOutAsync(browser)).AbsoluteUri.Replace(Uri.EscapeDataString("/sign-in/gitlab"), Uri.EscapeDataString("/sign-in/gitlab/evil"), StringComparison.Ordinal);

        using var answer = await SignInStage.AnswerConsentAsync(new Uri(away), ann);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("redirect URI included is not valid");
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("/sign-in/gitlab?code=1&state=2")]
    public async Task The_way_back_never_leads_to_another_site(string returnUrl)
    {
        var answer = await stage.SignInAsync(browser, ann, $"/sign-in?returnUrl={Uri.EscapeDataString(returnUrl)}");

        answer.Location.ShouldBe("/");
    }

    [Fact]
    public async Task A_planted_session_is_not_the_one_that_is_signed_in()
    {
        using var planted = stage.OpenBrowser();
        await stage.SignInAsync(planted, mallory);
        var session = planted.SessionCookie!;
        browser.Cookies.Add(stage.Portal.Address, new Cookie("gitlabportal", session));
        await browser.OpenAsync("/profile");
        // Signed in as somebody: the sign-in page leads on. A person who signs out and in again gets a session of their own.
        await browser.SubmitAsync("/profile", "Sign out");

        await stage.SignInAsync(browser, ann);

        browser.SessionCookie.ShouldNotBe(session);
        (await planted.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await browser.OpenAsync("/profile")).Text.ShouldContain(ann.Email);
    }

    [Theory]
    [InlineData("http://127.0.0.1.evil.example")]
    [InlineData("http://{0}@evil.example")]
    [InlineData("http://evil.example/{0}")]
    [InlineData("http://evil.example#{0}")]
    [InlineData("http://evil.example?{0}")]
    public async Task Another_spelling_does_not_make_a_hostile_server_a_recognised_one(string spelling)
    {
        var url = string.Format(System.Globalization.CultureInfo.InvariantCulture, spelling, stage.GitLab.Url.Authority);

        var answer = await browser.SubmitAsync("/sign-in", "Continue", ("GitLab server URL", url));

        answer.Text.ShouldContain("does not know this server");
    }

    [Theory]
    [InlineData("{0}/users/sign_in")]
    [InlineData("https://{1}/-/profile?x=1")]
    [InlineData("  HTTP://{1}/group/project.git ")]
    [InlineData("http://someone:secret@{1}/")]
    public async Task However_it_is_spelled_one_is_sent_to_the_registered_address(string spelling)
    {
        var url = string.Format(System.Globalization.CultureInfo.InvariantCulture, spelling, stage.GitLabUrl, stage.GitLab.Url.Authority);

        (await stage.SetOutAsync(browser, url)).AbsoluteUri.ShouldStartWith($"{stage.GitLabUrl}/oauth/authorize?");
    }

    [Theory]
    [InlineData("gitlab")]
    [InlineData("sign-in")]
    public async Task Nobody_is_sent_on_the_way_by_a_forged_form(string handler)
    {
        var answer = await browser.PostAsync("/sign-in", ("_handler", handler), ("ServerInput.Address", stage.GitLabUrl));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        browser.Cookies.GetAllCookies().ShouldNotContain(c => c.Name.StartsWith(SignInTrips.CookiePrefix, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_trips_cookie_tells_nothing_and_stays_out_of_reach()
    {
        var page = await browser.SubmitAsync("/sign-in", "Continue", ("GitLab server URL", stage.GitLabUrl));

        var cookie = page.Response.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith(SignInTrips.CookiePrefix, StringComparison.Ordinal));
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=lax");
        cookie.ShouldContain("path=/sign-in");
        var state = HttpUtility.ParseQueryString(SignInStage.AwayTo(page).Query)["state"]!;
        cookie.ShouldNotContain(state);
    }

    private async Task ShouldBeRefusedAsync(PortalAnswer answer, string why)
    {
        answer.Text.ShouldContain(why);
        answer.Heading.ShouldBe("You are not signed in");
        browser.SessionCookie.ShouldBeNull();
        (await browser.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
    }
}
