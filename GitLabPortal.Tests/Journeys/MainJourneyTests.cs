using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

public sealed class MainJourneyTests(BrowserFixture browsers)
{
    [Fact]
    public async Task From_the_first_start_to_a_project_with_its_clone_address()
    {
        await using var journey = await Journey.StartAsync(browsers, GitLabSandbox.WithProjects(150));
        var page = await journey.OpenBrowserAsync();

        await page.GotoAsync(journey.At($"/setup?code={PortalApp.SetUpCode}"));
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Ada");
        await page.GetByLabel("Email").FillAsync(PortalApp.AdminEmail);
        await page.GetByLabel("Password").FillAsync(PortalApp.Password);
        await page.GetByLabel("Team name").FillAsync("Rocket");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await page.WaitForURLAsync("**/team/rocket");

        await journey.ConnectAsync(page);
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any");
        var visible = VisibleTo(journey);
        await Journey.ExpectRepositoriesAsync(page, visible);

        var wanted = journey.GitLab.World.Projects.First(p => p.Visibility == SandboxVisibility.Private && !p.IsArchived && p.FullPath.All(char.IsAscii));
        await page.GetByLabel("Search repositories").FillAsync(wanted.FullPath);
        await Expect(page.GetByText("1 repository", new() { Exact = true })).ToBeVisibleAsync();
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = wanted.Namespace.FullPath });
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("q="));
        await row.GetByRole(AriaRole.Checkbox).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to team", Exact = true }).ClickAsync();
        await Expect(page.GetByText("1 added").First).ToBeVisibleAsync();

        await journey.GoAsync(page, "/team/rocket/projects");
        await Expect(page.GetByText($"{journey.GitLabUrl}/{wanted.FullPath}.git").First).ToBeAttachedAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Add project" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task The_wizard_says_what_is_wrong_and_loses_nothing_on_the_way()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);

        await page.GetByLabel("GitLab server URL").FillAsync("not a url at all");
        await Journey.ContinueAsync(page);
        await Expect(page.GetByText("You can fix this:").First).ToBeVisibleAsync();
        await page.GetByLabel("GitLab server URL").FillAsync("http://127.0.0.1:1");
        await Journey.ContinueAsync(page);
        await page.GetByLabel("Connect without encryption").CheckAsync();
        await Journey.ContinueAsync(page);
        await Expect(page.Locator(".finding-title", new() { HasText = "Connection refused" })).ToBeVisibleAsync();

        await journey.EnterServerAsync(page, $"  {journey.GitLabUrl}/users/sign_in ");
        await Journey.ContinueAsync(page);
        var expired = journey.GitLab.World.AddToken(journey.Bot, ["api"], expiresInDays: 0);
        await journey.PasteTokenAsync(page, expired.Secret);
        await Expect(page.GetByText("GitLab says that the token is expired.")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Personal access token")).ToHaveValueAsync("");

        await journey.PasteTokenAsync(page, journey.NewToken("read_user").Secret);
        await Journey.ExpectMissingScopeAsync(page);

        await page.GoBackAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Create the token on GitLab" })).ToBeVisibleAsync();
        await page.GoBackAsync();
        await Expect(page.GetByLabel("GitLab server URL")).ToHaveValueAsync(journey.GitLabUrl);
        await page.GoForwardAsync();
        await page.ReloadAsync();
        await Journey.WhenAliveAsync(page);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Create the token on GitLab" })).ToBeVisibleAsync();

        await Journey.ContinueAsync(page);
        await journey.PasteTokenAsync(page, journey.NewToken().Secret);
        await Expect(page.GetByText("becomes visible to you", new() { Exact = false })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("18.9.0-ee");
    }

    [Fact]
    public async Task Somebody_with_a_token_connects_with_one_form()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "I already have a token" }).ClickAsync();
        var connect = page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true });
        await Expect(connect).ToBeVisibleAsync();

        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await page.GetByLabel("Personal access token").FillAsync(journey.NewToken("read_user").Secret);
        await connect.ClickAsync();
        await page.GetByLabel("Connect without encryption").CheckAsync();
        await page.GetByLabel("Personal access token").FillAsync(journey.NewToken("read_user").Secret);
        await connect.ClickAsync();
        await Journey.ExpectMissingScopeAsync(page);
        await page.GetByLabel("Personal access token").FillAsync(journey.NewToken().Secret);
        await connect.ClickAsync();

        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
    }

    [Fact]
    public async Task An_invited_member_picks_and_is_out_at_once_when_removed()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var ada = await journey.OpenSignedInAsync();
        await journey.ConnectAsync(ada);

        var grace = await journey.OpenBrowserAsync();
        await grace.GotoAsync(journey.At(await journey.Portal.InviteAsync()));
        await grace.GetByLabel("Name", new() { Exact = true }).FillAsync("Grace");
        await grace.GetByLabel("Email").FillAsync("grace@example.com");
        await grace.GetByLabel("Password").FillAsync(PortalApp.Password);
        await grace.GetByRole(AriaRole.Button, new() { NameRegex = new("Create account|Join") }).First.ClickAsync();
        await grace.WaitForURLAsync("**/team/rocket**");

        await journey.GoAsync(grace, "/team/rocket/repositories?archived=any");
        await Journey.ExpectRepositoriesAsync(grace, VisibleTo(journey));
        await grace.GetByRole(AriaRole.Checkbox).Nth(1).CheckAsync();
        await grace.GetByRole(AriaRole.Button, new() { Name = "Add to team", Exact = true }).ClickAsync();
        await Expect(grace.GetByText("1 added").First).ToBeVisibleAsync();
        await journey.GoAsync(grace, "/team/rocket/settings");
        await Expect(grace.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
        await Expect(grace.GetByRole(AriaRole.Link, new() { Name = "Connect GitLab server" })).ToHaveCountAsync(0);
        await journey.GoAsync(grace, "/team/rocket/projects");
        await Expect(grace.GetByText("Added by Grace")).ToBeVisibleAsync();

        await journey.GoAsync(ada, "/team/rocket/settings");
        await ada.GetByRole(AriaRole.Button, new() { Name = "Remove Grace" }).ClickAsync();
        await ada.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Remove", Exact = true }).ClickAsync();

        await grace.WaitForURLAsync(url => !url.Contains("/team/rocket", StringComparison.Ordinal));
        var answer = await grace.GotoAsync(journey.At("/team/rocket/projects"));
        Assert.Equal(404, answer!.Status);
    }

    [Fact]
    public async Task A_restart_in_the_middle_of_a_sync_loses_nothing()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(1_500));
        var gate = new SandboxGate(int.MaxValue);
        journey.GitLab.Faults.AnswerQuery("/api/v4/projects", "per_page=100", Fault.Held(gate), after: 4);
        var page = await journey.OpenSignedInAsync();
        await journey.ConnectAsync(page);
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any");
        await Expect(page.GetByRole(AriaRole.Progressbar)).ToBeVisibleAsync();
        await Expect(page.GetByText("repositories", new() { Exact = false }).First).ToBeVisibleAsync();

        await journey.Portal.RestartAsync();
        gate.Open();

        await journey.GoAsync(page, "/team/rocket/repositories?archived=any");
        await Journey.ExpectRepositoriesAsync(page, VisibleTo(journey));
        var pages = journey.GitLab.Requests.Count(r => r.Path == "/api/v4/projects" && r.Query.Contains("keyset", StringComparison.Ordinal) && r.Query.Contains("per_page=100", StringComparison.Ordinal));
        // Of each of the six parts that are read at once, the last page reaches into the next part, and one page may be read twice.
        Assert.InRange(pages, 1, (VisibleTo(journey) / 100) + 1 + (2 * 6));
    }

    private static int VisibleTo(Journey journey)
    {
        var viewer = new Viewer(journey.GitLab.World, journey.Bot, hasAdminPowers: false);
        return journey.GitLab.World.Projects.Count(viewer.CanSee);
    }
}
