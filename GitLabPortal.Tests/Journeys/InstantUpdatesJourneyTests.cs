using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>An admin turns instant updates on, watches one arrive, mends what somebody broke on GitLab, and turns them off: by keyboard.</summary>
public sealed class InstantUpdatesJourneyTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(1280, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task From_off_to_on_to_trouble_and_back(int width, ColorScheme colours)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(40));
        var world = journey.GitLab.World;
        var page = await journey.OpenSignedInAsync(width: width, colours: colours);
        await journey.ConnectAsync(page, world.AddToken(world.Root, ["api", "read_user", "read_repository"], expiresInDays: 90).Secret);
        await journey.GoAsync(page, "/team/rocket/settings");
        var hook = page.Locator("dd.hook");

        await Expect(hook).ToContainTextAsync("Off");
        await JudgeAsync(page, "hook-off");
        await PressAsync(hook, "Turn on");
        await Expect(hook).ToContainTextAsync("Last event");
        await Expect(hook).ToContainTextAsync("GitLab says: working");
        await Expect(hook).ToBeFocusedAsync();
        world.Hooks.Count.ShouldBe(1);
        await JudgeAsync(page, "hook-on");

        world.Rename(world.Projects[0], "renamed-just-now");
        await journey.GitLab.Hooks.IdleAsync();
        await Expect(hook).ToContainTextAsync("just now");

        world.Change(world.Hooks[0], token: "somebody else's");
        await PressAsync(hook, "Check");
        await Expect(hook).ToContainTextAsync("with another secret");
        await Expect(hook).ToBeFocusedAsync();
        await JudgeAsync(page, "hook-trouble");
        await PressAsync(hook, "Repair");
        await Expect(hook.GetByText("Trouble", new() { Exact = true })).ToHaveCountAsync(0);
        await Expect(hook).ToContainTextAsync("On");
        await Expect(hook).ToBeFocusedAsync();

        await PressAsync(hook, "Turn off");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("The system hook is removed on GitLab.");
        await JudgeAsync(page, "hook-turning-off");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Turn off", Exact = true }).PressAsync("Enter");
        await Expect(hook).ToContainTextAsync("Off");
        await Expect(hook).ToBeFocusedAsync();
        world.Hooks.ShouldBeEmpty();
        world.Settings.LocalRequestsFromSystemHooks = false;
        await PressAsync(hook, "Turn on");
        await Expect(hook).ToContainTextAsync("Allow requests to the local network from system hooks");
        await JudgeAsync(page, "hook-blocked");
    }

    /// <summary>To be pressed again only when the focus has gone back to the hook: on its way it would take the key along.</summary>
    private static Task PressAsync(ILocator hook, string button) =>
        hook.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).PressAsync("Enter");

    private static async Task JudgeAsync(IPage page, string name)
    {
        await Expect(page.Locator(".is-busy")).ToHaveCountAsync(0);
        await Screenshots.TakeAsync(page, name);
        var result = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        result.Violations.Select(v => $"{v.Id}: {v.Help}\n    {string.Join("\n    ", v.Nodes.Select(n => n.Html))}").ShouldBeEmpty(name);
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0, name);
    }
}
