using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>A token loses a group: nothing goes until an admin decides, and what the team picked says why it is out of reach.</summary>
public sealed class LosingRepositoriesJourneyTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Asked_first_then_greyed_with_the_reason_and_brought_back(int width, ColorScheme colours)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(0));
        var world = journey.GitLab.World;
        var (platform, payments) = (world.AddGroup("platform"), world.AddGroup("payments"));
        var (api, legacy, trial, gone) = (world.AddProject(platform, "api"), world.AddProject(platform, "legacy-frontend"), world.AddProject(platform, "trial"), world.AddProject(platform, "scratch"));
        for (var i = 0; i < 18; i++) world.AddProject(platform, $"service-{i:00}");
        for (var i = 0; i < 8; i++) world.AddProject(payments, i == 0 ? "ledger" : $"gateway-{i}");
        world.AddMember(journey.Bot, platform);
        world.AddMember(journey.Bot, payments);
        var page = await journey.OpenSignedInAsync(width: width, colours: colours);
        await journey.ConnectAsync(page);
        await PickAsync(journey, api.FullPath, legacy.FullPath, trial.FullPath, gone.FullPath, "payments/ledger");
        world.Archive(legacy);
        world.MarkForDeletion(trial);
        world.Delete(gone);
        await ReadAgainAsync(journey);
        world.RemoveMember(journey.Bot, payments);
        await ReadAgainAsync(journey);

        await journey.GoAsync(page, "/team/rocket/repositories");
        await Expect(page.GetByText("GitLab does not list 8 of 29 repositories any more")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Checkbox).Nth(1)).ToBeVisibleAsync();
        await AccessibilityTests.CheckHereAsync(page, "lost-hint");
        await AccessibilityTests.CheckAsync(page, journey, "/team/rocket", "lost-overview", alive: true);
        await AccessibilityTests.CheckAsync(page, journey, "/team/rocket/settings", "lost-card", alive: true);
        var card = page.GetByRole(AriaRole.Article);
        await Expect(card).ToContainTextAsync("This token lost the group payments");

        await card.GetByRole(AriaRole.Button, new() { Name = "Take them off the grid", Exact = true }).PressAsync("Enter");
        await Expect(card.GetByText("GitLab does not list")).ToHaveCountAsync(0);
        // The button that was pressed is gone.
        await Expect(page.Locator(".disappearances")).ToBeFocusedAsync();
        await page.GetByText("Not listed by GitLab any more").ClickAsync();
        await AccessibilityTests.CheckHereAsync(page, "lost-decided");

        await AccessibilityTests.CheckAsync(page, journey, "/team/rocket/projects", "lost-projects", alive: true);
        await Expect(page.GetByText("no longer shows its group")).ToBeVisibleAsync();

        await journey.GoAsync(page, "/team/rocket/settings");
        await page.GetByText("Not listed by GitLab any more").ClickAsync();
        await page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "8 repositories left the grid" }).GetByRole(AriaRole.Button, new() { Name = "Bring back" }).PressAsync("Enter");
        await Expect(page.GetByText("8 repositories kept, not listed since")).ToBeVisibleAsync();
        await journey.GoAsync(page, "/team/rocket/repositories?q=ledger");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Open payments/ledger on GitLab" })).ToBeVisibleAsync();
    }

    private static async Task<T> ReadAsync<T>(Journey journey, Func<PortalDb, Task<T>> read)
    {
        await using var db = await journey.Portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await read(db);
    }

    private static async Task PickAsync(Journey journey, params string[] paths)
    {
        (await Eventually.ReadAsync(() => ReadAsync(journey, db => db.Set<SyncRun>().CountAsync(r => r.State == SyncState.Completed)), runs => runs > 0)).ShouldBe(1);
        var ids = await ReadAsync(journey, db => db.Set<Repository>().Where(r => paths.Contains(r.FullPath)).Select(r => r.Id).ToListAsync());
        (await journey.Portal.Services.GetRequiredService<PickRepositories>().RunAsync(await journey.Portal.AccessAsync(), ids, CancellationToken.None)).IsSuccess.ShouldBeTrue();
    }

    private static async Task ReadAgainAsync(Journey journey)
    {
        var (connection, before) = (await ReadAsync(journey, db => db.Set<Connection>().SingleAsync()), await CompletedAsync(journey));
        (await journey.Portal.Services.GetRequiredService<RequestSync>().RunAsync(await journey.Portal.AccessAsync(), connection.Id, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await Eventually.ReadAsync(() => CompletedAsync(journey), at => at > before)).ShouldNotBe(before);
    }

    private static Task<DateTimeOffset?> CompletedAsync(Journey journey) =>
        ReadAsync(journey, db => db.Set<SyncRun>().Where(r => r.State == SyncState.Completed && r.Kind == SyncKind.Full).MaxAsync(r => r.FinishedAt));
}
