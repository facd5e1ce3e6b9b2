using System.Net;
using GitLabPortal.Connections;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Profile;

public sealed class LinkedAccountsTests : IAsyncLifetime
{
    private SignInStage stage = null!;
    private PortalBrowser ada = null!;
    private SandboxUser ann = null!;

    public async ValueTask InitializeAsync()
    {
        stage = await SignInStage.StartAsync();
        ada = await stage.Portal.OpenSignedInAsync();
        ann = stage.GitLab.World.AddUser("ann");
    }

    public async ValueTask DisposeAsync()
    {
        ada.Dispose();
        await stage.DisposeAsync();
    }

    [Fact]
    public async Task An_account_that_both_sides_vouch_for_is_linked_and_signs_in()
    {
        var answer = await LinkAsync(ada, ann);

        answer.Location.ShouldBe("/profile");
        (await ada.OpenAsync("/profile")).Text.ShouldContain("@ann");
        var browser = stage.OpenBrowser();
        (await stage.SignInAsync(browser, ann)).Location.ShouldBe("/");
        (await browser.OpenAsync("/profile")).Text.ShouldContain(PortalApp.AdminEmail);
    }

    [Fact]
    public async Task A_link_to_a_server_fills_in_its_address_and_a_made_one_does_not()
    {
        var id = await stage.ReadAsync(db => db.Set<Server>().Select(s => s.Id).SingleAsync());

        (await ada.OpenAsync($"/profile?link={id}")).Input("GitLab server URL").Value.ShouldBe(stage.GitLabUrl);
        foreach (var made in new[] { Guid.NewGuid().ToString(), "https://gitlab.evil.example", "" })
        {
            (await ada.OpenAsync($"/profile?link={Uri.EscapeDataString(made)}")).Input("GitLab server URL").Value.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Without_the_password_nobody_is_sent_to_GitLab()
    {
        var answer = await ada.SubmitAsync("/profile", "Link GitLab account", ("GitLab server URL", stage.GitLabUrl), ("Your portal password", "wrong"));

        answer.ErrorAt("Your portal password").ShouldBe("This is not your current password.");
        answer.Text.ShouldNotContain("On to GitLab");
    }

    [Fact]
    public async Task Somebody_elses_GitLab_account_stays_theirs()
    {
        await stage.OpenToEveryoneAsync();
        await stage.SignInAsync(stage.OpenBrowser(), ann);
        var owner = (await stage.IdentityAsync(ann))!.AccountId;

        var answer = await LinkAsync(ada, ann);

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        answer.Text.ShouldContain("linked to another account");
        (await stage.IdentityAsync(ann))!.AccountId.ShouldBe(owner);
    }

    [Fact]
    public async Task A_link_begun_in_one_session_does_not_end_in_another()
    {
        var back = await stage.ConsentAsync(await SetOutAsync(ada), ann);
        await ada.SubmitAsync("/profile", "Sign out");
        await ada.SignInAsync();

        var answer = await ada.OpenAsync(back.PathAndQuery);

        answer.Text.ShouldContain("You signed in or out meanwhile");
        (await stage.IdentityAsync(ann)).ShouldBeNull();
    }

    [Fact]
    public async Task Unlinking_revokes_on_GitLab()
    {
        await LinkAsync(ada, ann);

        var answer = await ada.SubmitAsync("/profile", "Unlink @ann");

        answer.Location.ShouldBe("/profile?saved=unlinked");
        (await stage.IdentityAsync(ann)).ShouldBeNull();
        stage.GitLab.World.Tokens.Where(t => t.User == ann).ShouldAllBe(t => t.IsRevoked);
    }

    [Fact]
    public async Task The_only_way_in_cannot_be_unlinked()
    {
        await stage.OpenToEveryoneAsync();
        var browser = stage.OpenBrowser();
        await stage.SignInAsync(browser, ann);

        (await browser.SubmitAsync("/profile", "Unlink @ann")).Text.ShouldContain("your only way to sign in");

        (await stage.IdentityAsync(ann)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Where_gitlab_com_is_not_set_up_the_operator_is_told_how()
    {
        (await ada.OpenAsync("/profile")).Text.ShouldContain("Integrations:GitLabComApplicationId");

        await stage.OpenToEveryoneAsync();
        var browser = stage.OpenBrowser();
        await stage.SignInAsync(browser, ann);
        (await browser.OpenAsync("/profile")).Text.ShouldNotContain("Integrations:");
    }

    private async Task<Uri> SetOutAsync(PortalBrowser browser)
    {
        var page = await browser.SubmitAsync("/profile", "Link GitLab account", ("GitLab server URL", stage.GitLabUrl), ("Your portal password", PortalApp.Password));
        page.Text.ShouldContain("On to GitLab");
        return SignInStage.AwayTo(page);
    }

    private async Task<PortalAnswer> LinkAsync(PortalBrowser browser, SandboxUser user) =>
        await browser.OpenAsync((await stage.ConsentAsync(await SetOutAsync(browser), user)).PathAndQuery);
}
