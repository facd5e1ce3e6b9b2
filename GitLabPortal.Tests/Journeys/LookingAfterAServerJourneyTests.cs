using GitLabPortal.Connections;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static GitLabPortal.Tests.Journeys.AccessibilityTests;
using static GitLabPortal.Tests.Journeys.SigningInWithGitLabJourneyTests;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>What comes after a set-up: another address, and a bot that waits for a team.</summary>
public sealed class LookingAfterAServerJourneyTests(BrowserFixture browsers)
{
    [Fact]
    public async Task The_portal_moves_and_the_old_application_goes_when_the_new_one_has_worked()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        journey.GitLab.World.AddUser("ann", "Ann Example");
        var page = await journey.OpenSignedInAsync();
        await SetUpAsync(journey, page, AdminToken(journey));
        await ExpectDoneAsync(page, "The admin token is revoked.");
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the server's page" }).ClickAsync();
        await page.GetByText("Everyone of the server").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();
        var old = journey.GitLab.World.Applications.Single();
        var moved = $"http://localhost:{journey.Portal.Address.Port}";

        await journey.Portal.RestartAsync($"--Portal:PublicUrl={moved}", "--urls", $"http://localhost:{journey.Portal.Address.Port}");
        var guest = await journey.OpenBrowserAsync();
        await EnterAtAsync(journey, guest, $"{moved}/sign-in");
        await Expect(guest.GetByText($"The portal's address is {moved} now")).ToBeVisibleAsync();

        page = await journey.OpenBrowserAsync();
        await SignInWithPasswordAsync(page, moved);
        await page.GotoAsync($"{moved}/servers/set-up?url={Uri.EscapeDataString(journey.GitLabUrl)}");
        await CheckServerAndTokenAsync(page, AdminToken(journey));
        await Expect(page.GetByText("The portal has another address now", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await ExpectDoneAsync(page, "The admin token is revoked.");
        journey.GitLab.World.Applications.Count.ShouldBe(2);
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the server's page" }).ClickAsync();
        await Expect(page.GetByText("It is kept until somebody has signed in by the new one.")).ToBeVisibleAsync();
        await CheckHereAsync(page, "server-old-application");

        await EnterAtAsync(journey, guest, $"{moved}/sign-in");
        await SignInToGitLabAsync(guest, "ann");
        await guest.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();
        await guest.WaitForURLAsync("**/team/rocket");
        await page.ReloadAsync();
        await Journey.WhenAliveAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove it with an admin token" }).ClickAsync();
        await CheckServerAndTokenAsync(page, AdminToken(journey));
        await Expect(page.GetByLabel("Remove the old application")).ToBeCheckedAsync();
        await Expect(page.GetByLabel("OAuth application", new() { Exact = true })).Not.ToBeCheckedAsync();
        await CheckHereAsync(page, "set-up-plan-repair");
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await ExpectDoneAsync(page, "The admin token is revoked.");

        journey.GitLab.World.Applications.ShouldHaveSingleItem().ShouldNotBe(old);
        (await ReadAsync(journey, db => db.Set<ServerApplication>().CountAsync())).ShouldBe(1);
        await guest.ReloadAsync();
        await Expect(guest.GetByText("Ann Example")).ToBeAttachedAsync();
    }

    [Fact]
    public async Task A_bot_that_was_made_for_no_team_backs_one_from_the_servers_page()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenSignedInAsync();
        await journey.GoAsync(page, "/servers/set-up");
        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await CheckServerAndTokenAsync(page, AdminToken(journey));
        await Expect(page.GetByLabel("System hook")).ToBeDisabledAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await ExpectDoneAsync(page, "The admin token is revoked.");
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the server's page" }).ClickAsync();

        await page.GetByLabel("Team that gets the connection").SelectOptionAsync("rocket");
        await CheckHereAsync(page, "server-bot");
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect team" }).ClickAsync();

        await Expect(page.GetByText("Rocket is connected.")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Connect team" })).ToHaveCountAsync(0);
        (await ReadAsync(journey, db => db.Set<Connection>().Select(c => c.TokenUsername).SingleAsync())).ShouldBe("gitlabportal-bot");
    }

    private static async Task SignInWithPasswordAsync(IPage page, string portal)
    {
        await page.GotoAsync($"{portal}/sign-in");
        await page.GetByLabel("Email").FillAsync(PortalApp.AdminEmail);
        await page.GetByLabel("Password").FillAsync(PortalApp.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync("**/team/rocket");
    }
}
