using System.Net;
using GitLabPortal.Connections;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Profile;

/// <summary>One's own account on gitlab.com, by its real address.</summary>
public sealed class ConnectingGitLabComTests : IAsyncLifetime
{
    private GitLabComStage stage = null!;
    private PortalBrowser ada = null!;
    private SandboxUser grace = null!;

    public async ValueTask InitializeAsync()
    {
        stage = await GitLabComStage.StartAsync();
        ada = await stage.Portal.OpenSignedInAsync();
        grace = stage.GitLab.World.AddUser("grace", "Grace Example");
    }

    public async ValueTask DisposeAsync()
    {
        ada.Dispose();
        await stage.DisposeAsync();
    }

    [Fact]
    public async Task An_account_is_connected_and_shows_how_it_is()
    {
        (await stage.ConnectAsync(ada, grace)).Location.ShouldBe("/profile");

        var identity = (await stage.IdentityAsync(grace)).ShouldNotBeNull();
        identity.SignsIn.ShouldBeFalse();
        identity.Scopes.ShouldBe("read_user read_api");
        var row = Integrations(await ada.OpenAsync("/profile"));
        row.ShouldContain("@grace");
        row.ShouldContain("gitlab.com");
        row.ShouldContain("Works");
        row.ShouldContain("reads your repositories");
        (await ada.OpenAsync("/profile")).Text.ShouldNotContain("Connect gitlab.com");
    }

    [Fact]
    public async Task It_is_no_way_to_sign_in_and_no_server_of_the_portal()
    {
        await stage.ConnectAsync(ada, grace);

        (await stage.Portal.OpenBrowser().SubmitAsync("/sign-in", "Continue", ("GitLab server URL", GitLabComStage.Url))).Text.ShouldContain("does not know this server");
        (await stage.Get<ServerQueries>().AllAsync(default)).ShouldBeEmpty();
        (await stage.ReadAsync(db => db.Set<Connection>().CountAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task Disconnecting_revokes_both_tokens_on_gitlab_com()
    {
        await stage.ConnectAsync(ada, grace);
        stage.GitLab.World.Tokens.ShouldContain(t => t.User == grace && !t.IsRevoked);

        (await ada.SubmitAsync("/profile", "Disconnect @grace")).Location.ShouldBe("/profile?saved=unlinked");

        (await stage.IdentityAsync(grace)).ShouldBeNull();
        stage.GitLab.World.Tokens.Where(t => t.User == grace).ShouldAllBe(t => t.IsRevoked && t.IsRefreshRevoked);
        (await ada.OpenAsync("/profile")).Text.ShouldContain("Connect gitlab.com");
    }

    [Fact]
    public async Task What_was_taken_back_there_is_said_and_can_be_connected_again()
    {
        await stage.ConnectAsync(ada, grace);
        foreach (var token in stage.GitLab.World.Tokens.Where(t => t.User == grace)) stage.GitLab.World.RevokeOAuth(token);
        var identity = (await stage.IdentityAsync(grace))!;

        (await stage.Get<CheckIdentity>().RunAsync(identity.Id, default)).Value.ShouldBe(IdentityState.SignInAgain);

        Integrations(await ada.OpenAsync("/profile")).ShouldContain("Access taken back");
        (await stage.ConnectAsync(ada, grace, "Connect gitlab.com again")).Location.ShouldBe("/profile");
        Integrations(await ada.OpenAsync("/profile")).ShouldContain("Works");
        (await stage.ReadAsync(db => db.Set<GitLabIdentity>().CountAsync())).ShouldBe(1);
    }

    [Fact]
    public async Task Without_the_password_nobody_is_sent_there()
    {
        var answer = await ada.SubmitAsync("/profile", "Connect gitlab.com", ("Your password, to connect", "wrong"));

        answer.ErrorAt("Your password, to connect").ShouldBe("This is not your current password.");
        answer.Text.ShouldNotContain("On to GitLab");
    }

    [Fact]
    public async Task An_account_of_somebody_else_stays_theirs_and_leaves_no_token()
    {
        await stage.ConnectAsync(ada, grace);
        await stage.Portal.AddMemberAsync("bob@example.com", name: "Bob");
        using var bob = await stage.Portal.OpenSignedInAsync("bob@example.com");

        var answer = await stage.ConnectAsync(bob, grace);

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.Text.ShouldContain("linked to another account");
        stage.GitLab.World.Tokens.Count(t => t.User == grace && !t.IsRevoked).ShouldBe(1);
    }

    private static string Integrations(PortalAnswer page) => page.Page.QuerySelector("[aria-label='Git integrations']")?.TextContent ?? "";
}
