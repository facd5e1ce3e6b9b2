using System.Net;
using System.Web;
using GitLabPortal.Connections;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.OAuth;

public sealed class SigningInWithGitLabTests : IAsyncLifetime
{
    private SignInStage stage = null!;
    private PortalBrowser browser = null!;
    private SandboxUser ann = null!;

    public async ValueTask InitializeAsync()
    {
        stage = await SignInStage.StartAsync();
        browser = stage.OpenBrowser();
        ann = stage.GitLab.World.AddUser("ann", "Ann Example");
    }

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    [Fact]
    public async Task Asks_GitLab_for_named_scopes_with_state_and_an_S256_challenge()
    {
        var away = HttpUtility.ParseQueryString((await stage.SetOutAsync(browser)).Query);

        away["scope"].ShouldBe("read_user");
        away["response_type"].ShouldBe("code");
        away["redirect_uri"].ShouldBe(stage.Callback);
        away["code_challenge_method"].ShouldBe("S256");
        away["code_challenge"]!.Length.ShouldBe(43);
        away["state"]!.Length.ShouldBeGreaterThan(20);
        stage.GitLab.Requests.Where(r => r.Path != "/oauth/token").ShouldBeEmpty("nothing but the look after the application is dialled");
    }

    [Fact]
    public async Task Somebody_whom_nobody_invited_is_told_whom_to_ask_and_leaves_no_token_on_GitLab()
    {
        var answer = await stage.SignInAsync(browser, ann);

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.Text.ShouldContain("Ask an owner or admin of your team for an invitation link");
        browser.SessionCookie.ShouldBeNull();
        (await stage.IdentityAsync(ann)).ShouldBeNull();
        stage.GitLab.World.Tokens.Where(t => t.User == ann).ShouldAllBe(t => t.IsRevoked);
    }

    [Fact]
    public async Task An_invitation_lets_a_GitLab_user_in_without_a_password()
    {
        var invitation = await stage.Portal.InviteAsync(TeamRole.Admin);

        var answer = await stage.SignInAsync(browser, ann, $"/sign-in?returnUrl={Uri.EscapeDataString(invitation)}");

        answer.Location.ShouldBe("/");
        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
        var identity = (await stage.IdentityAsync(ann)).ShouldNotBeNull();
        identity.Account!.PasswordHash.ShouldBeNull();
        (await stage.Portal.AccessAsync(email: ann.Email)).Role.ShouldBe(TeamRole.Admin);
        (await stage.OpenBrowser().OpenAsync(invitation)).Status.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task An_invitation_for_another_address_lets_nobody_in()
    {
        var invitation = await stage.Portal.InviteAsync(email: "bob@example.com");

        var answer = await stage.SignInAsync(browser, ann, $"/sign-in?returnUrl={Uri.EscapeDataString(invitation)}");

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.Text.ShouldContain("another e-mail address");
        (await stage.ReadAsync(db => db.Set<GitLabPortal.Accounts.Account>().CountAsync())).ShouldBe(1);
    }

    [Fact]
    public async Task The_second_visit_takes_one_click_and_finds_the_same_account()
    {
        await stage.OpenToEveryoneAsync();
        await stage.SignInAsync(browser, ann);
        var first = (await stage.IdentityAsync(ann))!.AccountId;
        await browser.SubmitAsync("/profile", "Sign out");

        var page = await browser.SubmitAsync("/sign-in", $"Continue with {stage.GitLab.Url.Authority}");
        var answer = await browser.OpenAsync((await stage.ConsentAsync(SignInStage.AwayTo(page), ann)).PathAndQuery);

        answer.Location.ShouldBe("/");
        (await stage.IdentityAsync(ann))!.AccountId.ShouldBe(first);
    }

    [Fact]
    public async Task A_new_name_and_address_on_GitLab_change_nothing_about_who_one_is()
    {
        await stage.OpenToEveryoneAsync();
        await stage.SignInAsync(browser, ann);
        var before = (await stage.IdentityAsync(ann))!.AccountId;
        stage.GitLab.World.SetEmail(ann, "new@sandbox.example");

        await stage.SignInAsync(stage.OpenBrowser(), ann);

        (await stage.IdentityAsync(ann))!.AccountId.ShouldBe(before);
        (await stage.ReadAsync(db => db.Set<GitLabPortal.Accounts.Account>().CountAsync())).ShouldBe(2);
    }

    [Fact]
    public async Task Only_members_of_the_named_groups_join()
    {
        var group = stage.GitLab.World.AddGroup("platform", "Platform");
        var bob = stage.GitLab.World.AddUser("bob");
        stage.GitLab.World.AddMember(ann, group);
        await stage.EnterAsync(JoinRule.Groups, group);

        (await stage.SignInAsync(browser, ann)).Location.ShouldBe("/");
        (await stage.SignInAsync(stage.OpenBrowser(), bob)).Status.ShouldBe(HttpStatusCode.Forbidden);

        (await stage.Portal.AccessAsync(email: ann.Email)).Role.ShouldBe(TeamRole.Member);
        (await stage.IdentityAsync(bob)).ShouldBeNull();
    }

    [Fact]
    public async Task The_address_of_an_account_does_not_open_it()
    {
        await stage.OpenToEveryoneAsync();
        var impostor = stage.GitLab.World.AddUser("impostor");
        stage.GitLab.World.SetEmail(impostor, PortalApp.AdminEmail);

        var answer = await stage.SignInAsync(browser, impostor);

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.Text.ShouldContain("an address alone is no proof");
        browser.SessionCookie.ShouldBeNull();
        (await stage.IdentityAsync(impostor)).ShouldBeNull();
    }

    [Fact]
    public async Task The_same_user_id_on_another_server_is_somebody_else()
    {
        await stage.OpenToEveryoneAsync();
        await stage.SignInAsync(browser, ann);
        await using var other = await GitLabSandbox.StartAsync();
        var same = other.World.AddUser("ann");
        same.Id.ShouldBe(ann.Id);
        other.World.SetEmail(same, "other@sandbox.example");
        await stage.RecogniseAsync(other);
        var thief = stage.OpenBrowser();

        var away = await stage.SetOutAsync(thief, other.Url.AbsoluteUri);
        var answer = await thief.OpenAsync((await stage.ConsentAsync(away, same)).PathAndQuery);

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        thief.SessionCookie.ShouldBeNull();
    }

    [Fact]
    public async Task Denying_leads_back_and_says_so()
    {
        var back = await stage.ConsentAsync(await stage.SetOutAsync(browser), ann, deny: true);

        var answer = await browser.OpenAsync(back.PathAndQuery);

        answer.Text.ShouldContain("You did not authorise the portal on GitLab");
        answer.Heading.ShouldBe("You are not signed in");
    }

    [Fact]
    public async Task An_unknown_server_is_not_dialled()
    {
        await using var stranger = await GitLabSandbox.StartAsync();

        var answer = await browser.SubmitAsync("/sign-in", "Continue", ("GitLab server URL", stranger.Url.AbsoluteUri));

        answer.Text.ShouldContain("The portal does not know this server");
        answer.Input("GitLab server URL").Value.ShouldBe(stranger.Url.AbsoluteUri.TrimEnd('/'));
        stranger.Requests.Count().ShouldBe(0);
    }

    [Fact]
    public async Task An_application_that_was_deleted_on_GitLab_is_found_out_while_the_person_is_stuck_there()
    {
        stage.GitLab.World.Delete(stage.Application);
        await stage.SetOutAsync(browser);

        var state = await Eventually.ReadAsync(
            () => stage.ReadAsync(db => db.Set<ServerApplication>().Select(a => a.State).SingleAsync()), s => s == ApplicationState.Missing);

        state.ShouldBe(ApplicationState.Missing);
        var again = await browser.SubmitAsync("/sign-in", "Continue", ("GitLab server URL", stage.GitLabUrl));
        again.Text.ShouldContain("A portal administrator can repair it");
        (await browser.SignInAsync()).Location.ShouldBe("/");
    }

    [Fact]
    public async Task Another_address_of_the_portal_than_the_registered_one_is_said_before_anybody_is_sent_away()
    {
        await using var moved = await GitLabSandbox.StartAsync();
        await stage.RecogniseAsync(moved, "https://old.example.com/sign-in/gitlab");

        var answer = await browser.SubmitAsync("/sign-in", "Continue", ("GitLab server URL", moved.Url.AbsoluteUri));

        answer.Text.ShouldContain("GitLab knows it as https://old.example.com");
        answer.Text.ShouldContain("Portal:PublicUrl");
        answer.Heading.ShouldBe("Sign in");
    }
}
