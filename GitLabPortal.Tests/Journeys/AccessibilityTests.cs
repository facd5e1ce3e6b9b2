using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>Every page, light and dark, wide and narrow: axe finds nothing, and nothing is wider than the screen.</summary>
public sealed class AccessibilityTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Axe_finds_nothing_and_nothing_sticks_out(int width, ColorScheme colours)
    {
        await using var journey = await Journey.StartAsync(browsers, GitLabSandbox.WithProjects(60));
        var guest = await journey.OpenBrowserAsync(width, 800, colours);
        await CheckAsync(guest, journey, $"/setup?code={PortalApp.SetUpCode}", "set-up");
        using (var plain = journey.Portal.OpenBrowser()) await plain.SetUpAsync();
        await CheckAsync(guest, journey, "/sign-in", "sign-in");
        await CheckAsync(guest, journey, await journey.Portal.InviteAsync(), "invitation");
        await CheckAsync(guest, journey, "/invite/no-such-code", "invitation-wrong");
        await CheckAsync(guest, journey, "/help/diagnosis", "help-diagnosis");

        var page = await journey.OpenSignedInAsync(PortalApp.AdminEmail, width, 800, colours);
        await CheckAsync(page, journey, "/team/rocket/repositories", "repositories-empty", alive: true);
        await CheckAsync(page, journey, "/team/rocket/projects", "projects-empty", alive: true);
        await CheckAsync(page, journey, "/team/rocket/settings", "settings-empty", alive: true);
        await WizardAsync(page, journey);
        await CheckHereAsync(page, "settings");
        await page.Locator("article summary").First.ClickAsync();
        await CheckHereAsync(page, "settings-menu");
        await page.GetByRole(AriaRole.Button, new() { Name = "Network settings" }).ClickAsync();
        await Expect(page.GetByLabel("Extra certificate authority (PEM)")).ToBeVisibleAsync();
        await CheckHereAsync(page, "settings-network");
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await journey.GoAsync(page, "/team/rocket/repositories");
        await Expect(page.GetByRole(AriaRole.Checkbox).Nth(1)).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Checkbox).Nth(1).CheckAsync();
        await CheckHereAsync(page, "repositories-selected");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to team", Exact = true }).ClickAsync();
        await Expect(page.GetByText("1 added").First).ToBeVisibleAsync();
        await CheckHereAsync(page, "repositories-added");
        await CheckAsync(page, journey, "/team/rocket/repositories?q=nothing-has-this-name", "repositories-no-match", alive: true);
        await CheckAsync(page, journey, "/team/rocket/projects", "projects", alive: true);
        await CheckAsync(page, journey, "/team/rocket", "overview", alive: true);
        await CheckAsync(page, journey, "/teams/new", "new-team", alive: true);
        await CheckAsync(page, journey, "/profile", "profile");
        await CheckAsync(page, journey, "/team/nowhere", "not-found", alive: true);
    }

    private static async Task WizardAsync(IPage page, Journey journey)
    {
        await journey.OpenWizardAsync(page);
        await page.GetByText("My GitLab server is behind a firewall").ClickAsync();
        await page.GetByLabel("GitLab server URL").FillAsync("http://127.0.0.1:1");
        await Journey.ContinueAsync(page);
        await Expect(page.GetByLabel("Connect without encryption")).ToBeVisibleAsync();
        await CheckHereAsync(page, "wizard-server");
        await journey.EnterServerAsync(page);
        await CheckHereAsync(page, "wizard-token");
        await Journey.ContinueAsync(page);
        await journey.PasteTokenAsync(page, journey.NewToken("read_user").Secret);
        await Journey.ExpectMissingScopeAsync(page);
        await CheckHereAsync(page, "wizard-check");
        await journey.PasteTokenAsync(page, journey.NewToken().Secret);
        await page.GetByText("Only chosen groups").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Group, new() { Name = "Groups found" }).GetByRole(AriaRole.Checkbox).First).ToBeVisibleAsync();
        await CheckHereAsync(page, "wizard-connect");
        await page.GetByText("Everything the token can see").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
    }

    internal static async Task CheckAsync(IPage page, Journey journey, string path, string name, bool alive = false)
    {
        await page.GotoAsync(journey.At(path));
        if (alive) await Journey.WhenAliveAsync(page);
        await CheckHereAsync(page, name);
    }

    internal static async Task CheckHereAsync(IPage page, string name)
    {
        // Not in the middle of a check: a busy button is pale on purpose.
        await Expect(page.Locator(".is-busy")).ToHaveCountAsync(0);
        await Screenshots.TakeAsync(page, name);
        var result = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        result.Violations.Select(v => $"{v.Id}: {v.Help}\n    {string.Join("\n    ", v.Nodes.Select(n => n.Html))}").ShouldBeEmpty($"{name}, {page.Url}");
        var overflow = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        overflow.ShouldBeLessThanOrEqualTo(0, $"{name} is wider than the screen");
    }
}
