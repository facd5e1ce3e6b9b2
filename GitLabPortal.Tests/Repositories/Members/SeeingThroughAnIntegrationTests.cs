using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Members;

/// <summary>A personal connection to a server with which nobody signs in: members connect their accounts as a git integration.</summary>
public sealed class SeeingThroughAnIntegrationTests : IAsyncLifetime
{
    private GitLabSandbox gitLab = null!;
    private PortalApp portal = null!;
    private PortalBrowser ada = null!;
    private SandboxUser ann = null!;
    private TeamAccess access = null!;
    private Guid connection;

    private string Host => gitLab.Url.Authority;

    public async ValueTask InitializeAsync()
    {
        gitLab = await GitLabSandbox.WithProjects(0).StartAsync();
        var group = gitLab.World.AddGroup("platform");
        var mine = gitLab.World.AddProject(group, "mine", visibility: SandboxVisibility.Private);
        gitLab.World.AddProject(group, "theirs", visibility: SandboxVisibility.Private);
        gitLab.World.AddProject(group, "website", visibility: SandboxVisibility.Public);
        ann = gitLab.World.AddUser("ann");
        gitLab.World.AddMember(ann, mine, 30);
        portal = await PortalApp.StartSetUpAsync(
        [
            "--Outbound:AllowedNetworks:0=127.0.0.0/8", "--Integrations:GitLabComApplicationId=id", "--Integrations:GitLabComSecret=secret",
            .. SandboxIntegration.Settings(gitLab, "http://127.0.0.1"),
        ]);
        ada = await portal.OpenSignedInAsync();
        access = await portal.AccessAsync();
        connection = (await Get<ConnectWithToken>().RunAsync(
            access, new(gitLab.Url.AbsoluteUri.TrimEnd('/'), NetworkPath.For(allowsPlainHttp: true), null), new(gitLab.World.AddToken(gitLab.World.Root, ["api"]).Secret), default)).Value;
        (await Eventually.ReadAsync(() => ReadAsync(db => db.Set<SyncRun>().AnyAsync(r => r.State == SyncState.Completed)), read => read)).ShouldBeTrue();
        (await Get<ChooseVisibility>().RunAsync(access, connection, VisibilityChoice.Members, [], default)).Problem.ShouldBeNull();
    }

    public async ValueTask DisposeAsync()
    {
        ada.Dispose();
        await portal.DisposeAsync();
        await gitLab.DisposeAsync();
    }

    [Fact]
    public async Task Who_has_not_connected_an_account_sees_nothing_and_is_led_to_where_it_can_be_connected()
    {
        (await SeesAsync()).ShouldBeEmpty();
        var standing = await StandingAsync();
        (standing.State, standing.SignsIn).ShouldBe((MemberState.NotLinked, false));

        var profile = await ada.OpenAsync($"/profile?link={standing.ServerId}");

        profile.Input("Your password, to connect").HasAttribute("autofocus").ShouldBeTrue();
        profile.Input("GitLab server URL").Value.ShouldBeEmpty();
        Connectable(profile).ShouldBe([$"Connect {Host}", "Connect gitlab.com"]);

        // Enter presses the first one, also after a password that was wrong.
        var again = await ada.SubmitAsync($"/profile?link={standing.ServerId}", $"Connect {Host}", ("Your password, to connect", "wrong"));
        Connectable(again).ShouldBe([$"Connect {Host}", "Connect gitlab.com"]);

        static IEnumerable<string> Connectable(PortalAnswer page) => page.Page.QuerySelectorAll("button[name='IntegrationInput.Server']").Select(b => b.TextContent.Trim());
    }

    [Fact]
    public async Task A_connected_account_shows_what_it_may_open_until_the_access_is_taken_back()
    {
        await ConnectAsync($"Connect {Host}");

        (await ViewedAsync()).ShouldBeTrue();
        (await SeesAsync()).ShouldBe(["platform/mine", "platform/website"]);
        (await StandingAsync()).IsFine.ShouldBeTrue();

        var identity = await ReadAsync(db => db.Set<GitLabIdentity>().Select(i => i.Id).SingleAsync());
        foreach (var token in gitLab.World.Tokens.Where(t => t.User == ann)) gitLab.World.RevokeOAuth(token);
        (await Get<CheckIdentity>().RunAsync(identity, default)).Value.ShouldBe(IdentityState.SignInAgain);

        (await SeesAsync()).ShouldBeEmpty();
        var standing = await StandingAsync();
        (standing.State, standing.SignsIn, standing.Username).ShouldBe((MemberState.SignInAgain, false, "ann"));
        var advice = (await Get<ExplainAbsence>().RunAsync(access, "platform/mine", new(), default)).Value!.Advice;
        advice.ShouldBe(["Connect your GitLab account again in your profile, under “Git integrations”."]);

        await ConnectAsync($"Connect {Host} again", $"/profile?link={standing.ServerId}");
        // The list is read anew: what was known of it may have been dropped meanwhile.
        (await Eventually.ReadAsync(SeesAsync, paths => paths.Length == 2)).ShouldBe(["platform/mine", "platform/website"]);
    }

    [Fact]
    public async Task Where_nothing_is_offered_any_more_the_profile_says_who_can_help()
    {
        var server = (await StandingAsync()).ServerId;

        await portal.RestartAsync("--Integrations:Servers:0:Url=https://git.example.com");
        ada.Dispose();
        ada = await portal.OpenSignedInAsync();

        (await ada.OpenAsync($"/profile?link={server}")).Text.ShouldContain("People cannot sign in with this server here. Ask a portal administrator to set it up.");
    }

    private async Task ConnectAsync(string button, string path = "/profile")
    {
        var page = await ada.SubmitAsync(path, button, ("Your password, to connect", PortalApp.Password));
        using var consent = await SignInStage.AnswerConsentAsync(SignInStage.AwayTo(page), ann);
        (await ada.OpenAsync(consent.Headers.Location!.PathAndQuery)).Location.ShouldBe("/profile");
    }

    private T Get<T>() where T : notnull => portal.Services.GetRequiredService<T>();

    private async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await read(db);
    }

    private Task<bool> ViewedAsync() => Eventually.ReadAsync(() => ReadAsync(db => db.Set<MemberView>().AnyAsync(v => v.CompletedAt != null)), viewed => viewed);

    private async Task<MemberStanding> StandingAsync() => (await Get<MemberQueries>().StandingAsync(access, default)).ShouldHaveSingleItem();

    private async Task<string[]> SeesAsync() =>
        [.. (await Get<RepositoryQueries>().SearchAsync(access, new(), new(0, 100), default)).Items.Select(r => r.FullPath).Order(StringComparer.Ordinal)];
}
