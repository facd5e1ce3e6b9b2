using System.Net;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Profile;

public sealed class OwnProfileTests : IAsyncLifetime
{
    private const string Next = "another long password";

    private PortalApp portal = null!;
    private PortalBrowser browser = null!;

    public async ValueTask InitializeAsync()
    {
        portal = await PortalApp.StartSetUpAsync();
        browser = await portal.OpenSignedInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await portal.DisposeAsync();
    }

    [Fact]
    public async Task A_new_password_signs_every_other_browser_out_and_keeps_this_one()
    {
        using var other = await portal.OpenSignedInAsync();

        var answer = await browser.SubmitAsync("/profile", "Change password", ("Current password", PortalApp.Password), ("New password", Next));

        answer.Location.ShouldBe("/profile?saved=password");
        (await browser.OpenAsync(answer.Location!)).Text.ShouldContain("Your password is changed.");
        (await other.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await other.SignInAsync()).Status.ShouldBe(HttpStatusCode.OK);
        (await other.SignInAsync(password: Next)).Status.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task The_old_cookie_is_worthless_after_a_new_password()
    {
        var stolen = browser.SessionCookie!;
        await browser.SubmitAsync("/profile", "Change password", ("Current password", PortalApp.Password), ("New password", Next));
        using var thief = portal.OpenBrowser();
        thief.Cookies.Add(portal.Address, new Cookie("gitlabportal", stolen));

        (await thief.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
    }

    [Fact]
    public async Task Sessions_are_listed_by_their_browsers_and_end_one_by_one()
    {
        await browser.SubmitAsync("/profile", "End all other sessions");
        using var other = await portal.OpenSignedInAsync(userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        var profile = await browser.OpenAsync("/profile");
        var rows = profile.Page.QuerySelectorAll("[aria-label=Sessions] li").Select(r => r.TextContent).ToList();
        rows.Count.ShouldBe(2);
        rows.ShouldContain(r => r.Contains("Firefox on Linux") && r.Contains("End session"));
        rows.ShouldContain(r => r.Contains("This browser") && !r.Contains("End session"));

        var answer = await browser.SubmitAsync(profile, "/profile", "End session");

        answer.Location.ShouldBe("/profile?saved=session");
        (await other.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await browser.OpenAsync("/profile")).Text.ShouldNotContain("End all other sessions");
        // Pressed again in a page that was open before.
        (await browser.SubmitAsync(profile, "/profile", "End session")).Location.ShouldBe("/profile?saved=session");
    }

    [Fact]
    public async Task A_form_that_the_page_does_not_have_is_refused_in_words()
    {
        using var other = await portal.OpenSignedInAsync();
        var profile = await browser.OpenAsync("/profile");
        await browser.SubmitAsync(profile, "/profile", "End all other sessions");

        var again = await browser.SubmitAsync(profile, "/profile", "End all other sessions");

        again.Status.ShouldBe(HttpStatusCode.BadRequest);
        again.Text.ShouldContain("Nothing was changed. Go back, reload the page and try again.");
    }

    [Fact]
    public async Task Every_other_session_ends_at_once()
    {
        using var second = await portal.OpenSignedInAsync();
        using var third = await portal.OpenSignedInAsync();
        (await third.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);

        (await browser.SubmitAsync("/profile", "End all other sessions")).Location.ShouldBe("/profile?saved=sessions");

        (await second.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await third.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_wrong_current_password_or_an_unsuitable_new_one_changes_nothing()
    {
        var wrong = await browser.SubmitAsync("/profile", "Change password", ("Current password", "wrong"), ("New password", Next));
        var unsuitable = await browser.SubmitAsync("/profile", "Change password", ("Current password", PortalApp.Password), ("New password", "short"));

        wrong.ErrorAt("Current password").ShouldBe("This is not your current password.");
        wrong.Input("New password").Value.ShouldBe("");
        unsuitable.ErrorAt("New password").ShouldBe("Use at least 10 characters.");
        (await portal.OpenBrowser().SignInAsync()).Status.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_new_name_is_shown_from_then_on()
    {
        var answer = await browser.SubmitAsync("/profile", "Save name", ("Name", " <i>Countess</i> 👑 "));

        answer.Location.ShouldBe("/profile?saved=name");
        var page = await browser.OpenAsync("/profile");
        page.Input("Name").Value.ShouldBe("<i>Countess</i> 👑");
        page.Page.QuerySelectorAll("i").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_is_none_is_refused()
    {
        (await browser.SubmitAsync("/profile", "Save name", ("Name", ""))).ErrorAt("Name").ShouldBe("Enter your name.");
        (await browser.SubmitAsync("/profile", "Save name", ("Name", "a\nb"))).ErrorAt("Name").ShouldNotBeNull();
    }

    [Fact]
    public async Task Signing_out_everywhere_ends_all_sessions()
    {
        using var other = await portal.OpenSignedInAsync();

        (await browser.SubmitAsync("/profile", "Sign out everywhere")).Location.ShouldBe("/sign-in");

        (await browser.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await other.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
    }

    [Theory]
    [InlineData("name")]
    [InlineData("password")]
    [InlineData("sessions")]
    public async Task A_forged_post_changes_nothing(string handler)
    {
        var answer = await browser.PostAsync(
            "/profile", ("_handler", handler), ("NameInput.Name", "Eve"), ("PasswordInput.CurrentPassword", PortalApp.Password), ("PasswordInput.NewPassword", Next));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        (await browser.OpenAsync("/profile")).Input("Name").Value.ShouldBe("Ada");
    }
}
