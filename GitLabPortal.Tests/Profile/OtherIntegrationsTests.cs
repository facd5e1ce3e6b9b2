using GitLabPortal.Connections;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Profile;

/// <summary>Servers that the operator allows beside gitlab.com, and accounts that people sign in with anyway.</summary>
public sealed class OtherIntegrationsTests
{
    [Fact]
    public async Task A_server_of_the_settings_is_connected_and_disconnected()
    {
        await using var gitLab = await GitLabSandbox.StartAsync();
        await using var portal = await PortalApp.StartSetUpAsync(["--Outbound:AllowedNetworks:0=127.0.0.0/8", .. SandboxIntegration.Settings(gitLab, "http://127.0.0.1")]);
        using var ada = await portal.OpenSignedInAsync();
        var ann = gitLab.World.AddUser("ann");

        var page = await ada.SubmitAsync("/profile", $"Connect {gitLab.Url.Authority}", ("Your password, to connect", PortalApp.Password));
        using var consent = await SignInStage.AnswerConsentAsync(SignInStage.AwayTo(page), ann);
        (await ada.OpenAsync(consent.Headers.Location!.PathAndQuery)).Location.ShouldBe("/profile");

        (await ada.OpenAsync("/profile")).Text.ShouldContain("@ann");
        (await ada.SubmitAsync("/profile", "Disconnect @ann")).Location.ShouldBe("/profile?saved=unlinked");
        gitLab.World.Tokens.Where(t => t.User == ann).ShouldAllBe(t => t.IsRevoked);
    }

    [Fact]
    public void Wrong_settings_are_named_by_their_keys()
    {
        var options = new IntegrationOptions
        {
            GitLabComApplicationId = "only the id",
            Servers =
            [
                new() { Url = "https://gitlab.com", ApplicationId = "a", Secret = "s" },
                new() { Url = "nonsense with spaces", ApplicationId = "a", Secret = "s" },
                new() { Url = "https://git.example.com", ApplicationId = "a" },
                new() { Url = "https://git.example.com/", ApplicationId = "a", Secret = "s" },
            ],
        };

        var problems = options.Problems().ToList();

        problems.Count.ShouldBe(5);
        problems[0].ShouldStartWith("Integrations:GitLabComApplicationId");
        problems[1].ShouldStartWith("Integrations:Servers:0:Url is gitlab.com");
        problems[2].ShouldStartWith("Integrations:Servers:1:Url");
        problems[3].ShouldStartWith("Integrations:Servers:2 needs");
        problems[4].ShouldStartWith("Integrations:Servers:3:Url is there twice");
    }

    [Fact]
    public async Task Who_signs_in_with_GitLab_has_the_integration_and_can_add_the_repositories_to_it()
    {
        await using var stage = await SignInStage.StartAsync();
        await stage.OpenToEveryoneAsync();
        var ann = stage.GitLab.World.AddUser("ann");
        var browser = stage.OpenBrowser();
        await stage.SignInAsync(browser, ann);
        (await stage.IdentityAsync(ann))!.Scopes.ShouldBe("read_user");
        var narrow = stage.GitLab.World.Tokens.Single(t => t.User == ann);

        var page = await browser.SubmitAsync("/profile", $"Let the portal read my repositories on {stage.GitLab.Url.Authority}");
        var back = await stage.ConsentAsync(SignInStage.AwayTo(page), ann);
        (await browser.OpenAsync(back.PathAndQuery)).Location.ShouldBe("/profile");

        var identity = (await stage.IdentityAsync(ann))!;
        (identity.Scopes, identity.SignsIn).ShouldBe(("read_user read_api", true));
        (narrow.IsRevoked, narrow.IsRefreshRevoked).ShouldBe((true, true));
        var wide = stage.GitLab.World.Tokens.Single(t => t.User == ann && !t.IsRevoked);

        // Signing in asks for less; what was granted stays, and only one pair lives on GitLab.
        await stage.SignInAsync(stage.OpenBrowser(), ann);
        (await stage.IdentityAsync(ann))!.ReadsRepositories.ShouldBeTrue();
        stage.GitLab.World.Tokens.Single(t => t.User == ann && !t.IsRevoked).ShouldBe(wide);

        // Unless it does not work any more.
        stage.GitLab.World.RevokeOAuth(wide);
        await stage.SignInAsync(stage.OpenBrowser(), ann);
        (await stage.IdentityAsync(ann))!.Scopes.ShouldBe("read_user");
    }

    [Fact]
    public async Task Signing_in_anew_revokes_the_older_pair()
    {
        await using var stage = await SignInStage.StartAsync();
        await stage.OpenToEveryoneAsync();
        var ann = stage.GitLab.World.AddUser("ann");
        await stage.SignInAsync(stage.OpenBrowser(), ann);
        var first = stage.GitLab.World.Tokens.Single(t => t.User == ann);

        await stage.SignInAsync(stage.OpenBrowser(), ann);

        (first.IsRevoked, first.IsRefreshRevoked).ShouldBe((true, true));
        var second = stage.GitLab.World.Tokens.Single(t => t.User == ann && !t.IsRevoked);
        (await stage.Get<IdentityTokens>().GetAsync((await stage.IdentityAsync(ann))!.Id, default)).Value!.AccessToken.Reveal().ShouldBe(second.Secret);
    }
}
