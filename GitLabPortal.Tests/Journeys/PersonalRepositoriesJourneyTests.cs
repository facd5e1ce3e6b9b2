using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static GitLabPortal.Tests.Journeys.AccessibilityTests;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>From an account that is connected in the profile to a project of the team that hangs on it, and what becomes of it.</summary>
public sealed class PersonalRepositoriesJourneyTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_person_adds_a_repository_of_their_own_and_takes_it_back(int width, ColorScheme colours)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(0));
        var world = journey.GitLab.World;
        var ann = world.AddUser("ann", "Ann Example");
        var group = world.AddGroup("compilers", "Compilers");
        world.AddMember(ann, group);
        world.AddProject(group, "flow-matic", description: "A compiler for sentences that people can read");
        for (var i = 1; i <= 24; i++) world.AddProject(group, $"tool-{i:00}", archived: i == 3);
        await journey.Portal.RestartAsync(SandboxIntegration.Settings(journey.GitLab, journey.At("")));
        var name = journey.GitLab.Url.Authority;
        var page = await journey.OpenSignedInAsync(width: width, colours: colours);
        await CheckAsync(page, journey, "/team/rocket/repositories/personal", "personal-none", alive: true);

        await page.GetByRole(AriaRole.Link, new() { Name = "Open your profile" }).ClickAsync();
        await page.GetByLabel("Your password, to connect").FillAsync(PortalApp.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = $"Connect {name}" }).ClickAsync();
        await page.GetByLabel("Username").FillAsync("ann");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();
        await page.WaitForURLAsync("**/profile");
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Git integrations" })).ToContainTextAsync("Works");
        await CheckHereAsync(page, "profile-connected");

        await journey.GoAsync(page, "/team/rocket/repositories");
        await page.GetByRole(AriaRole.Link, new() { Name = "Personal", Exact = true }).ClickAsync();
        await Expect(Row(page, "compilers/tool-24")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await Expect(page.GetByText("Page 2")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Previous page" }).ClickAsync();
        await Row(page, "compilers/tool-20").CheckAsync();
        await CheckHereAsync(page, "personal");
        await page.GetByRole(AriaRole.Button, new() { Name = "Clear" }).ClickAsync();
        await page.GetByLabel("Search your repositories").FillAsync("flow");
        await page.Keyboard.PressAsync("Enter");
        await Expect(Row(page, "compilers/tool-20")).ToHaveCountAsync(0);
        await Row(page, "compilers/flow-matic").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to team" }).ClickAsync();
        await Expect(page.GetByText("In the team", new() { Exact = true })).ToBeVisibleAsync();

        await journey.GoAsync(page, "/team/rocket/projects");
        await Expect(page.GetByText($"through Ada's {name} account")).ToBeVisibleAsync();
        await CheckHereAsync(page, "projects-personal");
        await page.GotoAsync(journey.At("/profile"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Disconnect @ann" }).ClickAsync();
        await Expect(page.GetByText("GitLab has revoked the portal's access")).ToBeVisibleAsync();
        world.Tokens.Where(t => t.User == ann).ShouldAllBe(t => t.IsRevoked);
        await journey.GoAsync(page, "/team/rocket/projects");
        await Expect(page.GetByText("Ada has disconnected the")).ToBeVisibleAsync();
        await CheckHereAsync(page, "projects-personal-lost");
    }

    [Fact]
    public async Task A_GitLab_that_is_down_is_told_in_words_and_asked_again()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(0));
        var ann = journey.GitLab.World.AddUser("ann");
        var group = journey.GitLab.World.AddGroup("compilers");
        journey.GitLab.World.AddMember(ann, group);
        journey.GitLab.World.AddProject(group, "cobol");
        await journey.Portal.RestartAsync(SandboxIntegration.Settings(journey.GitLab, journey.At("")));
        using (var plain = await journey.Portal.OpenSignedInAsync())
        {
            var away = await plain.SubmitAsync("/profile", $"Connect {journey.GitLab.Url.Authority}", ("Your password, to connect", PortalApp.Password));
            using var consent = await SignInStage.AnswerConsentAsync(SignInStage.AwayTo(away), ann);
            (await plain.OpenAsync(consent.Headers.Location!.PathAndQuery)).Location.ShouldBe("/profile");
        }

        var page = await journey.OpenSignedInAsync();
        journey.GitLab.Faults.Answer("/api/v4/projects", Fault.NginxBadGateway());
        await journey.GoAsync(page, "/team/rocket/repositories/personal");
        await Expect(page.GetByText("Your repositories could not be read")).ToBeVisibleAsync();
        await Screenshots.TakeAsync(page, "personal-broken");
        journey.GitLab.Faults.Clear();
        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();

        await Expect(Row(page, "compilers/cobol")).ToBeVisibleAsync();
    }

    private static ILocator Row(IPage page, string path) => page.GetByRole(AriaRole.Checkbox, new() { Name = path, Exact = true });
}
