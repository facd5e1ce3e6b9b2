using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>The wizard under what browsers, networks and people do to it.</summary>
public sealed class WizardJourneyTests(BrowserFixture browsers)
{
    [Fact]
    public async Task Back_forward_and_reload_keep_all_that_was_entered_but_the_token()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await page.GetByLabel("GitLab server URL").FillAsync($"{journey.GitLabUrl}/users/sign_in");
        await page.GetByLabel("GitLab server URL").BlurAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("url="));
        await ReloadAsync(page);
        await Expect(page.GetByLabel("GitLab server URL")).ToHaveValueAsync(journey.GitLabUrl);

        await journey.EnterServerAsync(page, journey.GitLabUrl);
        await page.GetByText("Read-only", new() { Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("read-only=true"));
        await ReloadAsync(page);
        await ExpectStepAsync(page, "Token");
        await Expect(page.GetByRole(AriaRole.Radio, new() { Name = "Read-only" })).ToBeCheckedAsync();

        await Journey.ContinueAsync(page);
        await ExpectStepAsync(page, "Paste and check");
        await page.GetByLabel("Personal access token").FillAsync("half-typed");
        await ReloadAsync(page);
        await ExpectStepAsync(page, "Paste and check");
        await Expect(page.GetByLabel("Personal access token")).ToHaveValueAsync("");

        await journey.PasteTokenAsync(page, journey.NewToken("read_api", "read_user", "read_repository").Secret);
        await ExpectStepAsync(page, "Connect");
        await page.GoBackAsync();
        await ExpectStepAsync(page, "Paste and check");
        await page.GoForwardAsync();
        await ExpectStepAsync(page, "Connect");
        await ReloadAsync(page);
        await ExpectStepAsync(page, "Paste and check");
        await Expect(page.GetByText("the token is gone")).ToBeVisibleAsync();
        await page.GoBackAsync();
        await ExpectStepAsync(page, "Paste and check");
        await page.GoBackAsync();
        await ExpectStepAsync(page, "Token");
        await page.GoBackAsync();
        await ExpectStepAsync(page, "Server");
        await Expect(page.GetByLabel("GitLab server URL")).ToHaveValueAsync(journey.GitLabUrl);
        await Expect(page.GetByLabel("Connect without encryption")).ToBeCheckedAsync();
        (await ConnectionsAsync(journey)).ShouldBe(0);
    }

    [Fact]
    public async Task Two_tabs_with_the_same_token_make_one_connection_and_the_other_is_told()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var token = journey.NewToken().Secret;
        var first = await journey.OpenSignedInAsync();
        var second = await first.Context.NewPageAsync();
        foreach (var tab in new[] { first, second })
        {
            await journey.OpenWizardAsync(tab);
            await journey.EnterServerAsync(tab);
            await Journey.ContinueAsync(tab);
            await journey.PasteTokenAsync(tab, token);
            await ExpectStepAsync(tab, "Connect");
        }

        await Task.WhenAll(ConnectAsync(first), ConnectAsync(second));

        var tabs = new[] { first, second };
        foreach (var tab in tabs) await Expect(tab.GetByText("Working", new() { Exact = true }).Or(tab.Locator("form [data-error]")).First).ToBeVisibleAsync();
        var loser = first.Url.Contains("connections/new", StringComparison.Ordinal) ? first : second;
        await Expect(loser.Locator("form [data-error]")).ToContainTextAsync("Nothing was saved twice");
        tabs.Count(t => t.Url.EndsWith("/settings#connections", StringComparison.Ordinal)).ShouldBe(1);
        (await ConnectionsAsync(journey)).ShouldBe(1);
    }

    [Fact]
    public async Task A_slow_GitLab_shows_its_findings_one_by_one_and_leaving_ends_the_check()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(20));
        var gate = new SandboxGate(int.MaxValue);
        journey.GitLab.Faults.AnswerEverything(Fault.Held(gate));
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await Journey.ContinueAsync(page);
        await page.GetByLabel("Connect without encryption").CheckAsync();
        await Journey.ContinueAsync(page);
        await Expect(page.GetByText("Checking the server…")).ToBeVisibleAsync();
        await Expect(page.Locator(".finding-title", new() { HasText = "Connection" })).ToBeVisibleAsync();
        await Expect(page.Locator(".finding-title", new() { HasText = "GitLab found" })).ToHaveCountAsync(0);
        gate.Open();
        await ExpectStepAsync(page, "Token");
        await Journey.ContinueAsync(page);
        journey.GitLab.Faults.Clear();
        gate = new SandboxGate(int.MaxValue);
        journey.GitLab.Faults.AnswerEverything(Fault.Held(gate));

        await journey.PasteTokenAsync(page, journey.NewToken().Secret);
        await Expect(page.GetByText("Asking GitLab about the token…")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Navigation, new() { Name = "Breadcrumb" }).GetByRole(AriaRole.Link, new() { Name = "Settings" }).ClickAsync();
        await Expect(page.Locator("h1")).ToHaveTextAsync("Team settings");
        gate.Open();

        // Another check from start to end: the one that was left would have gone on meanwhile.
        await journey.OpenWizardAsync(page);
        await journey.EnterServerAsync(page);
        journey.GitLab.Requests.Count(r => r.Path.StartsWith("/api/v4/projects", StringComparison.Ordinal)).ShouldBe(0);
        (await ConnectionsAsync(journey)).ShouldBe(0);
    }

    [Fact]
    public async Task GitLab_may_go_down_on_the_way_and_come_back()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await journey.EnterServerAsync(page);
        await Journey.ContinueAsync(page);
        await journey.GitLab.GoDownAsync();

        var token = journey.NewToken().Secret;
        await journey.PasteTokenAsync(page, token);
        await Expect(page.Locator(".finding[data-error]")).ToContainTextAsync("Your GitLab admin can fix this:");
        await Expect(page.GetByLabel("Personal access token")).ToBeFocusedAsync();
        await ReloadAsync(page);
        await ExpectStepAsync(page, "Server");
        await Expect(page.GetByLabel("GitLab server URL")).ToHaveValueAsync(journey.GitLabUrl);
        await Expect(page.Locator(".finding[data-error]")).ToContainTextAsync("Connection refused");
        (await ConnectionsAsync(journey)).ShouldBe(0);

        await journey.GitLab.ComeBackAsync();
        await Journey.ContinueAsync(page);
        await ExpectStepAsync(page, "Token");
        await Journey.ContinueAsync(page);
        await journey.PasteTokenAsync(page, token);
        await ConnectAsync(page);
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
    }

    [Fact]
    public async Task An_address_that_redirects_offers_the_other_one_and_asks_for_consent_anew()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        await using var moved = await GitLabSandbox.WithProjects(5).StartAsync();
        moved.Faults.AnswerEverything(Fault.RedirectTo($"{journey.GitLabUrl}/users/sign_in", 302));
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await page.GetByLabel("GitLab server URL").FillAsync(moved.Url.AbsoluteUri);
        await Journey.ContinueAsync(page);
        await page.GetByLabel("Connect without encryption").CheckAsync();
        await Journey.ContinueAsync(page);

        await page.GetByRole(AriaRole.Button, new() { Name = $"Use {journey.GitLabUrl}" }).ClickAsync();

        await Expect(page.GetByLabel("Connect without encryption")).Not.ToBeCheckedAsync();
        await Expect(page.GetByLabel("GitLab server URL")).ToHaveValueAsync(journey.GitLabUrl);
        await page.GetByLabel("Connect without encryption").CheckAsync();
        await Journey.ContinueAsync(page);
        await Expect(page.GetByText("Found GitLab at")).ToContainTextAsync(journey.GitLabUrl);
    }

    [Theory]
    [InlineData("PRIVATE-TOKEN: {0}")]
    [InlineData("  \"{0}\"\n")]
    [InlineData("Authorization: Bearer {0}")]
    public async Task A_GitLab_below_a_path_and_a_token_with_what_was_copied_around_it(string wrapped)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(20).WithRelativeRoot("/tools/gitlab"));
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await journey.EnterServerAsync(page, $"{journey.GitLabUrl}/-/user_settings/personal_access_tokens?page=1");
        await Expect(page.GetByText("Found GitLab at")).ToContainTextAsync("/tools/gitlab");
        var create = page.GetByRole(AriaRole.Link, new() { Name = "Create the token on GitLab" });
        (await create.GetAttributeAsync("href"))!.ShouldStartWith($"{journey.GitLabUrl}/-/user_settings/personal_access_tokens?");
        await Journey.ContinueAsync(page);

        await journey.PasteTokenAsync(page, string.Format(System.Globalization.CultureInfo.InvariantCulture, wrapped, journey.NewToken().Secret));
        await ConnectAsync(page);

        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync(journey.GitLabUrl);
    }

    [Fact]
    public async Task Restricted_to_a_group_the_team_sees_its_repositories_only()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var viewer = new Viewer(journey.GitLab.World, journey.Bot, hasAdminPowers: false);
        var seen = journey.GitLab.World.Projects.Where(viewer.CanSee).ToList();
        var group = seen.Select(p => p.Namespace.FullPath.Split('/')[0]).GroupBy(g => g).Where(g => g.Count() > 2).MinBy(g => g.Count())!.Key;
        var within = seen.Count(p => p.FullPath.StartsWith(group + "/", StringComparison.Ordinal));
        within.ShouldBeInRange(3, seen.Count - 1);
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await journey.EnterServerAsync(page);
        await Journey.ContinueAsync(page);
        await journey.PasteTokenAsync(page, journey.NewToken().Secret);
        await page.GetByText("Only chosen groups").ClickAsync();
        await page.GetByLabel("Search groups").FillAsync(group);
        await page.GetByRole(AriaRole.Group, new() { Name = "Groups found" }).GetByLabel(group, new() { Exact = true }).CheckAsync();
        await Expect(page.GetByText($"Every repository of {group} that this token can see becomes visible to you")).ToBeVisibleAsync();
        await ConnectAsync(page);

        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync($"The groups {group}");
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any");
        await Journey.ExpectRepositoriesAsync(page, within);
    }

    private static Task ConnectAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();

    private static async Task ReloadAsync(IPage page)
    {
        await page.ReloadAsync();
        await Journey.WhenAliveAsync(page);
    }

    private static async Task ExpectStepAsync(IPage page, string name) =>
        await Expect(page.Locator("[aria-current=step] .step-name")).ToHaveTextAsync(name);

    private static async Task<int> ConnectionsAsync(Journey journey)
    {
        await using var db = await journey.Portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await db.Set<Connection>().CountAsync();
    }
}
