using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>An admin lets each member see what they may open on GitLab; members come in by both ways.</summary>
public sealed class SeeingOnesOwnJourneyTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Grace_sees_what_she_may_open_and_Bob_is_told_how_to_link(int width, ColorScheme colours)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var world = journey.GitLab.World;
        var mine = world.AddProject(world.AddGroup("orchard"), "apples");
        world.AddProject(world.AddGroup("vault"), "gold");
        world.AddMember(world.AddUser("grace", "Grace Example"), mine, 30);
        world.AddMemberOfEveryGroup(journey.Bot);
        await journey.Portal.AddMemberAsync("bob@example.com", TeamRole.Member, "Bob");
        var admin = await journey.OpenSignedInAsync(width: width, colours: colours);
        await journey.ConnectAsync(admin);
        await ExpectObstacleAsync(admin);
        await SetUpSignInAsync(journey, admin);

        await journey.GoAsync(admin, "/team/rocket/settings");
        await admin.GetByRole(AriaRole.Button, new() { Name = "Change who sees what" }).ClickAsync();
        await admin.GetByRole(AriaRole.Radio, new() { Name = "Each member sees what they may open on GitLab" }).CheckAsync();
        await CheckHereAsync(admin, "visibility-choice");
        await admin.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(admin.GetByText("0 of 2 members have linked their GitLab account.")).ToBeVisibleAsync();
        await journey.GoAsync(admin, "/team/rocket/repositories");
        await Expect(admin.GetByText("Link your GitLab account to see")).ToBeVisibleAsync();

        var grace = await journey.OpenBrowserAsync(width, 800, colours);
        await grace.GotoAsync(journey.At($"/sign-in?returnUrl={Uri.EscapeDataString(await journey.Portal.InviteAsync())}"));
        await grace.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await grace.GetByRole(AriaRole.Button, new() { Name = "Continue", Exact = true }).ClickAsync();
        await grace.GetByLabel("Username").FillAsync("grace");
        await grace.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await grace.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();
        await Expect(grace.GetByLabel("Your account")).ToBeVisibleAsync();
        await journey.GoAsync(grace, "/team/rocket/repositories?q=a");
        await Expect(grace.GetByText("apples", new() { Exact = true }).First).ToBeVisibleAsync();
        await Expect(grace.GetByText("gold", new() { Exact = true })).Not.ToBeVisibleAsync();
        await AskAsync(grace, "vault/gold");
        await Expect(grace.GetByText("GitLab does not list it for @grace")).ToBeVisibleAsync();
        var hidden = await AnswerAsync(grace, "vault/gold");
        await CheckHereAsync(grace, "why-not-grace");
        await AskAsync(grace, "vault/no-such-thing");
        (await AnswerAsync(grace, "vault/no-such-thing")).ShouldBe(hidden);
        await AskAsync(grace, $"{journey.GitLabUrl}/orchard/apples");
        await Expect(grace.GetByText("You can see it", new() { Exact = true })).ToBeVisibleAsync();

        var bob = await journey.OpenSignedInAsync("bob@example.com", width, 800, colours);
        await journey.GoAsync(bob, "/team/rocket/repositories");
        await Expect(bob.GetByText("Link your GitLab account to see")).ToBeVisibleAsync();
        await Expect(bob.GetByText("Nothing to see for you here yet")).ToBeVisibleAsync();
        await CheckHereAsync(bob, "not-linked-bob");
        await bob.GetByRole(AriaRole.Link, new() { Name = "Link GitLab account" }).ClickAsync();
        await Expect(bob.GetByRole(AriaRole.Heading, new() { Name = "Linked GitLab accounts" })).ToBeVisibleAsync();
        await Expect(bob.GetByLabel("GitLab server URL")).ToHaveValueAsync(journey.GitLabUrl);

        await journey.GoAsync(admin, "/team/rocket/repositories");
        await AskAsync(admin, "vault/gold");
        await Expect(admin.GetByText("It sees it.")).ToBeVisibleAsync();
        await CheckHereAsync(admin, "why-not-admin");
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Where_nobody_signs_in_with_the_server_an_account_is_connected_in_the_profile(int width, ColorScheme colours)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var world = journey.GitLab.World;
        var mine = world.AddProject(world.AddGroup("orchard"), "apples");
        world.AddMember(world.AddUser("grace", "Grace Example"), mine, 30);
        world.AddMemberOfEveryGroup(journey.Bot);
        await journey.Portal.RestartAsync(
            ["--Integrations:GitLabComApplicationId=id", "--Integrations:GitLabComSecret=secret", .. SandboxIntegration.Settings(journey.GitLab, journey.At(""))]);
        var page = await journey.OpenSignedInAsync(width: width, colours: colours);
        await journey.ConnectAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Change who sees what" }).ClickAsync();
        await page.GetByRole(AriaRole.Radio, new() { Name = "Each member sees what they may open on GitLab" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByText("You have not linked your GitLab account yet.")).ToBeVisibleAsync();

        await journey.GoAsync(page, "/team/rocket/repositories?q=apples");
        await Expect(page.GetByText("in your profile, under “Git integrations”")).ToBeVisibleAsync();
        await CheckHereAsync(page, "not-connected");
        await page.GetByRole(AriaRole.Link, new() { Name = "Link GitLab account" }).ClickAsync();
        await Expect(page.GetByLabel("Your password, to connect")).ToBeFocusedAsync();
        await CheckHereAsync(page, "profile-wanted-integration");
        await page.Keyboard.TypeAsync(PortalApp.Password);
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("Username").FillAsync("grace");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Git integrations" })).ToContainTextAsync("@grace");

        await journey.GoAsync(page, "/team/rocket/repositories?q=apples");
        await Expect(page.GetByText("apples", new() { Exact = true }).First).ToBeVisibleAsync();
    }

    private static async Task ExpectObstacleAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Change who sees what" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Radio, new() { Name = "Each member sees what they may open on GitLab" })).ToBeDisabledAsync();
        await Expect(page.GetByText("People cannot sign in with this GitLab yet")).ToBeVisibleAsync();
        await CheckHereAsync(page, "visibility-obstacle");
    }

    private static async Task SetUpSignInAsync(Journey journey, IPage page)
    {
        await journey.GoAsync(page, "/servers/set-up");
        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await SigningInWithGitLabJourneyTests.CheckServerAndTokenAsync(page, journey.GitLab.World.AddToken(journey.GitLab.World.Root, ["api", "admin_mode"], expiresInDays: 1));
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await SigningInWithGitLabJourneyTests.ExpectDoneAsync(page, "The admin token is revoked.");
    }

    private static async Task AskAsync(IPage page, string path)
    {
        var field = page.GetByLabel("Path or address on GitLab");
        if (!await field.IsVisibleAsync()) await page.GetByText("Why can't I see …?", new() { Exact = true }).ClickAsync();
        await field.FillAsync(path);
        await page.GetByRole(AriaRole.Button, new() { Name = "Find out" }).ClickAsync();
        // Not the answer to what was asked before.
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Answer" })).ToContainTextAsync(path);
    }

    /// <summary>The answer without what it is about.</summary>
    private static async Task<string> AnswerAsync(IPage page, string about) =>
        (await page.GetByRole(AriaRole.Region, new() { Name = "Answer" }).InnerTextAsync()).Replace(about, "", StringComparison.Ordinal);

    private static async Task CheckHereAsync(IPage page, string name)
    {
        await Screenshots.TakeAsync(page, name);
        (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {v.Help}").ShouldBeEmpty(name);
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth")).ShouldBeLessThanOrEqualTo(0, name);
    }
}
