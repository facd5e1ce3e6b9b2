using System.Net;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn;

public sealed class AcceptingAnInvitationTests : IAsyncLifetime
{
    private PortalApp portal = null!;
    private PortalBrowser browser = null!;

    public async ValueTask InitializeAsync()
    {
        portal = await PortalApp.StartSetUpAsync();
        browser = portal.OpenBrowser();
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await portal.DisposeAsync();
    }

    [Fact]
    public async Task A_new_person_makes_an_account_joins_and_is_signed_in()
    {
        var link = await portal.InviteAsync(TeamRole.Admin);

        var page = await browser.OpenAsync(link);
        var answer = await RegisterAsync(link, "grace@example.com");

        page.Heading.ShouldBe("Join Rocket");
        page.Text.ShouldContain("Ada invites you as an admin");
        answer.Location.ShouldBe("/team/rocket");
        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
        (await portal.AccessAsync(email: "grace@example.com")).Role.ShouldBe(TeamRole.Admin);
    }

    [Fact]
    public async Task Somebody_with_an_account_is_led_through_signing_in_and_back()
    {
        await portal.AddMemberAsync("grace@example.com");
        var owner = await portal.OpenSignedInAsync();
        var link = await portal.InviteAsync();

        var signIn = (await browser.OpenAsync(link)).Page.QuerySelectorAll("a").Single(a => a.TextContent == "Sign in to join");
        var back = await browser.SignInAsync("grace@example.com", path: $"/{signIn.GetAttribute("href")}");

        back.Location.ShouldBe(link);
        (await browser.OpenAsync(link)).Text.ShouldContain("You are in this team already.");
        owner.Dispose();
    }

    [Fact]
    public async Task Somebody_who_is_signed_in_just_joins()
    {
        var grace = await portal.AddMemberAsync("grace@example.com");
        await browser.SignInAsync("grace@example.com");
        await LeaveAsync("grace@example.com");
        var link = await portal.InviteAsync();

        var answer = await browser.SubmitAsync(link, "Join team");

        answer.Location.ShouldBe("/team/rocket");
        (await portal.AccessAsync(email: "grace@example.com")).AccountId.ShouldBe(grace.Id);
    }

    [Fact]
    public async Task A_used_link_says_so()
    {
        var link = await portal.InviteAsync();
        await RegisterAsync(link, "grace@example.com");
        using var second = portal.OpenBrowser();

        var answer = await second.OpenAsync(link);

        answer.Status.ShouldBe(HttpStatusCode.Gone);
        answer.Text.ShouldContain("Somebody has used this invitation already");
        answer.Page.QuerySelectorAll("form").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_that_was_open_when_somebody_else_joined_says_so()
    {
        var link = await portal.InviteAsync();
        using var second = portal.OpenBrowser();
        var page = await second.OpenAsync(link);
        (await RegisterAsync(browser, await browser.OpenAsync(link), link, "grace@example.com")).Status.ShouldBe(HttpStatusCode.Redirect);

        var late = await RegisterAsync(second, page, link, "joan@example.com");

        late.Status.ShouldBe(HttpStatusCode.Gone);
        late.Text.ShouldContain("Somebody has used this invitation already");
    }

    [Fact]
    public async Task Two_people_with_one_open_page_each_cannot_both_join()
    {
        var link = await portal.InviteAsync();
        using var second = portal.OpenBrowser();
        var pages = (await browser.OpenAsync(link), await second.OpenAsync(link));

        var answers = await Task.WhenAll(
            RegisterAsync(browser, pages.Item1, link, "grace@example.com"), RegisterAsync(second, pages.Item2, link, "joan@example.com"));

        answers.Count(a => a.Status == HttpStatusCode.Redirect).ShouldBe(1);
        answers.Single(a => a.Status != HttpStatusCode.Redirect).Text.ShouldContain("Somebody has used this invitation already");
    }

    [Theory]
    [InlineData("/invite/nonsense")]
    [InlineData("/invite/%27%20OR%201%3D1")]
    public async Task An_unknown_link_says_what_to_do(string path)
    {
        var answer = await browser.OpenAsync(path);

        answer.Status.ShouldBe(HttpStatusCode.Gone);
        answer.Text.ShouldContain("Ask for a new one");
    }

    [Fact]
    public async Task An_invitation_for_an_address_is_for_nobody_else()
    {
        var link = await portal.InviteAsync(email: "grace@example.com");
        using var ada = await portal.OpenSignedInAsync();

        (await browser.OpenAsync(link)).Input("Email").Value.ShouldBe("grace@example.com");
        (await RegisterAsync(link, "eve@example.com")).Text.ShouldContain("for another e-mail address");
        browser.SessionCookie.ShouldBeNull();

        (await RegisterAsync(link, "Grace@Example.com")).Location.ShouldBe("/team/rocket");
    }

    [Fact]
    public async Task Somebody_else_who_is_signed_in_can_change_the_account_and_come_back()
    {
        await portal.AddMemberAsync("eve@example.com");
        await browser.SignInAsync("eve@example.com");
        await LeaveAsync("eve@example.com");
        var link = await portal.InviteAsync(email: "grace@example.com");

        var page = await browser.OpenAsync(link);
        page.Text.ShouldContain("for another e-mail address than yours");
        page.Page.QuerySelectorAll("button").ShouldNotContain(b => b.TextContent.Trim() == "Join team");

        var answer = await browser.SubmitAsync(page, link, "Use another account");
        answer.Location.ShouldBe(link);
        (await browser.OpenAsync(link)).Input("Email").Value.ShouldBe("grace@example.com");
    }

    [Fact]
    public async Task An_address_that_has_an_account_is_told_to_sign_in()
    {
        var answer = await RegisterAsync(await portal.InviteAsync(), PortalApp.AdminEmail);

        answer.ErrorAt("Email")!.ShouldContain("Sign in with it");
    }

    [Fact]
    public async Task A_forged_post_lets_nobody_in()
    {
        var link = await portal.InviteAsync();

        var answer = await browser.PostAsync(
            link, ("_handler", "register"), ("Input.Name", "Eve"), ("Input.Email", "eve@example.com"), ("Input.Password", PortalApp.Password));

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        (await browser.OpenAsync(link)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task LeaveAsync(string email)
    {
        var leave = (LeaveTeam)portal.Services.GetService(typeof(LeaveTeam))!;
        (await leave.RunAsync(await portal.AccessAsync(email: email), CancellationToken.None)).IsSuccess.ShouldBeTrue();
    }

    private async Task<PortalAnswer> RegisterAsync(string link, string email) =>
        await RegisterAsync(browser, await browser.OpenAsync(link), link, email);

    private static Task<PortalAnswer> RegisterAsync(PortalBrowser browser, PortalAnswer page, string link, string email) => browser.SubmitAsync(
        page, link, "Create account and join", ("Name", "Grace"), ("Email", email), ("Password", PortalApp.Password));
}
