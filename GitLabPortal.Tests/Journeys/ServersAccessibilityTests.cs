using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Playwright;
using Xunit;
using static GitLabPortal.Tests.Journeys.AccessibilityTests;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>The pages of sign-in and of servers, light and dark, wide and narrow: axe finds nothing, and nothing is wider than the screen.</summary>
public sealed class ServersAccessibilityTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Axe_finds_nothing_and_nothing_sticks_out(int width, ColorScheme colours)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        journey.GitLab.World.AddUser("ann", "Ann Example");
        var guest = await journey.OpenBrowserAsync(width, 800, colours);
        await UnknownAsync(guest, journey);
        await CheckAsync(guest, journey, "/sign-in/gitlab?code=x&state=y", "callback-refused");

        var page = await journey.OpenSignedInAsync(PortalApp.AdminEmail, width, 800, colours);
        await CheckAsync(page, journey, "/servers", "servers-empty", alive: true);
        await SetUpAsync(page, journey);
        await journey.GoAsync(page, "/servers");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create set-up link" }).ClickAsync();
        await Expect(page.GetByText("One-time set-up link")).ToBeVisibleAsync();
        await CheckHereAsync(page, "servers");
        await page.GetByRole(AriaRole.Link, new() { Name = journey.GitLabUrl }).ClickAsync();
        await page.GetByText("Members of GitLab groups").ClickAsync();
        await page.GetByText("Receipts of the set-up").ClickAsync();
        await Expect(page.GetByLabel("GitLab groups", new() { Exact = true })).ToBeVisibleAsync();
        await CheckHereAsync(page, "server");
        await CheckAsync(page, journey, "/profile", "profile-integrations");
    }

    private static async Task UnknownAsync(IPage guest, Journey journey)
    {
        await guest.GotoAsync(journey.At("/sign-in"));
        await guest.GetByLabel("GitLab server URL").FillAsync("https://gitlab.example.com");
        await guest.GetByRole(AriaRole.Button, new() { Name = "Continue", Exact = true }).ClickAsync();
        await Expect(guest.GetByText("The portal does not know this server")).ToBeVisibleAsync();
        await guest.GetByText("I got stuck on GitLab").ClickAsync();
        await CheckHereAsync(guest, "sign-in-unknown");
    }

    private static async Task SetUpAsync(IPage page, Journey journey)
    {
        await journey.GoAsync(page, "/servers/set-up");
        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await Journey.ContinueAsync(page);
        await page.GetByLabel("Connect without encryption").CheckAsync();
        await CheckHereAsync(page, "set-up-server");
        await Journey.ContinueAsync(page);
        await Expect(page.GetByLabel("Admin personal access token")).ToBeVisibleAsync();
        await page.GetByText("Set up by hand").ClickAsync();
        await CheckHereAsync(page, "set-up-token");
        await page.GetByLabel("Admin personal access token").FillAsync(journey.NewToken().Secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Check token" }).ClickAsync();
        await Expect(page.GetByText("Not an administrator's token", new() { Exact = true })).ToBeVisibleAsync();
        await CheckHereAsync(page, "set-up-token-refused");
        await page.GetByLabel("Admin personal access token").FillAsync(journey.GitLab.World.AddToken(journey.GitLab.World.Root, ["api"], expiresInDays: 1).Secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Check token" }).ClickAsync();
        await Expect(page.GetByText("Nothing has been changed yet.")).ToBeVisibleAsync();
        await page.GetByLabel("Team that gets a connection").SelectOptionAsync("rocket");
        await CheckHereAsync(page, "set-up-plan");
        journey.GitLab.Faults.Answer("/api/v4/users", 1, Fault.InternalServerError(), method: "POST");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "The set-up is not finished" })).ToBeVisibleAsync();
        await CheckHereAsync(page, "set-up-failed");
        await Journey.ContinueAsync(page);
        await SigningInWithGitLabJourneyTests.ExpectDoneAsync(page, "The admin token is revoked.");
        await CheckHereAsync(page, "set-up-done");
    }
}
