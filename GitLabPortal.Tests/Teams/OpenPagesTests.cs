using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Journeys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Teams;

/// <summary>Pages that are open in a real browser while something happens to the person who looks at them.</summary>
public sealed class OpenPagesTests(BrowserFixture browsers) : IAsyncLifetime
{
    private PortalApp portal = null!;
    private IBrowserContext context = null!;

    public async ValueTask InitializeAsync()
    {
        portal = await PortalApp.StartSetUpAsync();
        await portal.AddMemberAsync("grace@example.com", TeamRole.Admin);
        context = await browsers.NewContextAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        await portal.DisposeAsync();
    }

    [Fact]
    public async Task A_removed_person_is_out_at_once()
    {
        var page = await OpenSettingsAsync("grace@example.com");

        await portal.Services.GetRequiredService<RemoveMember>()
            .RunAsync(await portal.AccessAsync(), (await portal.AccessAsync(email: "grace@example.com")).AccountId, CancellationToken.None);

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "You are in no team yet" })).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(portal.Address.AbsoluteUri);
        await page.GotoAsync($"{portal.Address}team/rocket/settings");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "There is no such page" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_demoted_person_keeps_the_page_without_its_controls()
    {
        var page = await OpenSettingsAsync("grace@example.com");

        await portal.Services.GetRequiredService<ChangeRole>().RunAsync(
            await portal.AccessAsync(), (await portal.AccessAsync(email: "grace@example.com")).AccountId, TeamRole.Member, CancellationToken.None);

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Create link" })).ToBeHiddenAsync();
        await Expect(page.GetByRole(AriaRole.Combobox)).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Team settings" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_password_changed_in_another_browser_leads_to_the_sign_in_page_and_back()
    {
        var page = await OpenSettingsAsync(PortalApp.AdminEmail);
        using var other = await portal.OpenSignedInAsync();

        await other.SubmitAsync("/profile", "Change password", ("Current password", PortalApp.Password), ("New password", "another long password"));

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        await SignInAsync(page, PortalApp.AdminEmail, "another long password");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Team settings" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Signing_out_in_one_tab_ends_the_other_one()
    {
        var page = await OpenSettingsAsync(PortalApp.AdminEmail);
        var second = await context.NewPageAsync();
        await second.GotoAsync($"{portal.Address}profile");

        await second.Locator("summary[aria-label='Your account']").ClickAsync();
        await second.GetByRole(AriaRole.Button, new() { Name = "Sign out", Exact = true }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Nothing_that_is_typed_fast_is_lost_and_the_new_team_opens_its_settings()
    {
        var page = await OpenSettingsAsync(PortalApp.AdminEmail);
        await page.GotoAsync($"{portal.Address}teams/new");
        var (name, address) = (page.GetByLabel("Name"), page.GetByLabel("Address"));
        await Journey.WhenAliveAsync(page);

        await name.PressSequentiallyAsync("Rocket Science & Moon Base");
        await Expect(address).ToHaveValueAsync("rocket-science-moon-base");
        await Expect(name).ToHaveValueAsync("Rocket Science & Moon Base");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create team" }).ClickAsync();

        await Expect(page).ToHaveURLAsync($"{portal.Address}team/rocket-science-moon-base/settings#members");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Team settings" })).ToBeVisibleAsync();
    }

    private async Task<IPage> OpenSettingsAsync(string email)
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync($"{portal.Address}sign-in?returnUrl=/team/rocket/settings");
        await SignInAsync(page, email, PortalApp.Password);
        await page.WaitForURLAsync("**/team/rocket/settings");
        await page.ReloadAsync();
        await Journey.WhenAliveAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite member" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Create link" })).ToBeVisibleAsync();
        return page;
    }

    private static async Task SignInAsync(IPage page, string email, string password)
    {
        await page.GetByLabel("Email").FillAsync(email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }
}
