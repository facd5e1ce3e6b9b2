using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>From a server that nobody knows to people who sign in with it, through the real pages of both sides.</summary>
public sealed class SigningInWithGitLabJourneyTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData("16.6.10-ee", "")]
    [InlineData("18.9.0-ee", "/gitlab")]
    [InlineData("19.3.0-ee", "/tools/gitlab")]
    public async Task An_unknown_server_is_set_up_and_its_people_sign_in(string version, string root)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(40).Version(version).WithRelativeRoot(root).WithAdminMode());
        var before = State(journey);
        var token = AdminToken(journey);
        journey.GitLab.World.AddUser("ann", "Ann Example");
        var guest = await journey.OpenBrowserAsync();
        await EnterAsync(journey, guest, "/sign-in");
        await Expect(guest.GetByText("The portal does not know this server")).ToBeVisibleAsync();

        var page = await journey.OpenSignedInAsync();
        await SetUpAsync(journey, page, token);
        await ExpectDoneAsync(page, "The admin token is revoked.");
        token.IsRevoked.ShouldBeTrue();
        journey.GitLab.World.Hooks.Count.ShouldBe(1);
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the server's page" }).ClickAsync();
        await page.GetByText("Everyone of the server").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();

        await EnterAsync(journey, guest, "/sign-in");
        await SignInToGitLabAsync(guest, "ann");
        await guest.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();
        await guest.WaitForURLAsync("**/team/rocket");

        // The second visit: one click, and GitLab leads back by script.
        await SignOutAsync(guest);
        await guest.GetByRole(AriaRole.Button, new() { Name = $"Continue with {journey.GitLab.Url.Authority}{root}" }).ClickAsync();
        await guest.WaitForURLAsync("**/team/rocket");
        await Expect(guest.GetByText("Ann Example")).ToBeAttachedAsync();

        // And back: what the set-up made is gone, what was there before is untouched.
        await journey.GoAsync(page, $"/servers/set-up?url={Uri.EscapeDataString(journey.GitLabUrl)}");
        await CheckServerAndTokenAsync(page, AdminToken(journey));
        await Expect(page.GetByText("The system hook is as it was made", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(page.GetByText("Everything is undone")).ToBeVisibleAsync();
        journey.GitLab.World.Delete(journey.GitLab.World.Users.Single(u => u.Username == "ann"));
        State(journey).ShouldBe(before);
    }

    [Fact]
    public async Task Denying_on_GitLab_leads_back_with_words()
    {
        await using var journey = await ReadyAsync();
        var page = await journey.OpenBrowserAsync();
        await EnterAsync(journey, page, "/sign-in");
        await SignInToGitLabAsync(page, "ann");

        await page.GetByRole(AriaRole.Button, new() { Name = "Deny" }).ClickAsync();

        await Expect(page.GetByText("You did not authorise the portal on GitLab")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Back to sign-in" }).ClickAsync();
        await Expect(page.GetByLabel("GitLab server URL")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task An_application_deleted_on_GitLab_leads_to_repair_and_not_to_a_dead_end()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        journey.GitLab.World.AddUser("ann", "Ann Example");
        var page = await journey.OpenSignedInAsync();
        await SetUpAsync(journey, page, AdminToken(journey));
        await ExpectDoneAsync(page, "The admin token is revoked.");
        journey.GitLab.World.Delete(journey.GitLab.World.Applications.Single());

        // GitLab shows its error with status 200 and never calls back.
        var guest = await journey.OpenBrowserAsync();
        await EnterAsync(journey, guest, "/sign-in");
        await SignInToGitLabAsync(guest, "ann");
        await Expect(guest.GetByText("An error has occurred")).ToBeVisibleAsync();
        await Eventually.ReadAsync(() => StateAsync(journey), s => s == ApplicationState.Missing);
        await EnterAsync(journey, guest, "/sign-in");
        await Expect(guest.GetByText("no longer knows this portal")).ToBeVisibleAsync();
        await guest.GetByText("I got stuck on GitLab").ClickAsync();
        await Expect(guest.GetByText("unknown client")).ToBeVisibleAsync();

        await journey.GoAsync(page, "/servers");
        await page.GetByRole(AriaRole.Link, new() { Name = journey.GitLabUrl }).ClickAsync();
        await Expect(page.GetByText("GitLab no longer knows the portal's application")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Repair or undo" }).ClickAsync();
        await CheckServerAndTokenAsync(page, AdminToken(journey));
        await Expect(page.GetByText("The application was deleted on GitLab", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.GetByLabel("OAuth application", new() { Exact = true })).ToBeCheckedAsync();
        await Expect(page.GetByLabel("Bot user with a token")).Not.ToBeCheckedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await ExpectDoneAsync(page, "The admin token is revoked.");

        await EnterAsync(journey, guest, "/sign-in");
        await Expect(guest.GetByRole(AriaRole.Button, new() { Name = "Authorize" })).ToBeVisibleAsync();
        (await StateAsync(journey)).ShouldBe(ApplicationState.Current);
    }

    [Fact]
    public async Task A_failure_in_the_middle_offers_to_undo_and_nothing_is_left_on_GitLab()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var before = State(journey);
        var page = await journey.OpenSignedInAsync();
        journey.GitLab.Faults.Answer("/api/v4/users", 1, Fault.InternalServerError(), method: "POST");
        await SetUpAsync(journey, page, AdminToken(journey));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "The set-up is not finished" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Continue", Exact = true })).ToBeVisibleAsync();
        State(journey).ShouldNotBe(before);

        // The page was closed meanwhile: the receipts are there, the token has to be given again.
        await journey.GoAsync(page, "/servers");
        await Expect(page.GetByText("Set-up unfinished")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = journey.GitLabUrl }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue or undo" }).ClickAsync();
        var again = AdminToken(journey);
        await CheckServerAndTokenAsync(page, again);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();

        await Expect(page.GetByText("Everything is undone")).ToBeVisibleAsync();
        State(journey).ShouldBe(before);
        again.IsRevoked.ShouldBeTrue();
    }

    [Fact]
    public async Task A_one_time_link_lets_a_GitLab_admin_without_an_account_set_up_a_server_once()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenSignedInAsync();
        await journey.GoAsync(page, "/servers");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create set-up link" }).ClickAsync();
        var link = await page.Locator("code").First.TextContentAsync();
        var guest = await journey.OpenBrowserAsync();
        await guest.GotoAsync(journey.At("/servers/set-up"));
        await Expect(guest.GetByText("Only a portal administrator")).ToBeVisibleAsync();

        await guest.GotoAsync(link!);
        await Journey.WhenAliveAsync(guest);
        await guest.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await CheckServerAndTokenAsync(guest, AdminToken(journey));
        await Expect(guest.GetByLabel("Team that gets a connection")).Not.ToBeVisibleAsync();
        await guest.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await ExpectDoneAsync(guest, "The admin token is revoked.");

        await guest.GotoAsync(link!);
        await Expect(guest.GetByText("This link is used, expired or not whole")).ToBeVisibleAsync();
        journey.GitLab.World.Applications.ShouldHaveSingleItem();
        (await ReadAsync(journey, db => db.Set<Connection>().CountAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task An_old_GitLab_is_set_up_by_hand()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(20).Version("13.12.15"));
        journey.GitLab.World.AddUser("ann");
        var page = await journey.OpenSignedInAsync();
        await journey.GoAsync(page, $"/servers/set-up?url={Uri.EscapeDataString(journey.GitLabUrl)}");
        await CheckServerAndTokenAsync(page, AdminToken(journey));
        await Expect(page.GetByText("Automatic set-up needs GitLab 15.5")).ToBeVisibleAsync();
        var application = journey.GitLab.World.AddApplication("GitLabPortal", journey.At(SetOut.CallbackPath), ["read_user", "read_api"]);
        await page.GetByLabel("Application ID").FillAsync(application.ClientId);
        await page.GetByLabel("Secret", new() { Exact = true }).FillAsync("wrong");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByText("GitLab does not know an application with this id and secret")).ToBeVisibleAsync();

        await page.GetByLabel("Secret", new() { Exact = true }).FillAsync(application.Secret);
        await page.GetByLabel("Bot token").FillAsync(journey.NewToken().Secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Sign-in is set up")).ToBeVisibleAsync();

        (await ReadAsync(journey, db => db.Set<Connection>().CountAsync())).ShouldBe(1);
        var guest = await journey.OpenBrowserAsync();
        await EnterAsync(journey, guest, "/sign-in");
        await SignInToGitLabAsync(guest, "ann");
        await guest.GetByRole(AriaRole.Button, new() { Name = "Authorize" }).ClickAsync();
        await Expect(guest.GetByText("Ask an owner or admin of your team for an invitation link")).ToBeVisibleAsync();
    }

    private async Task<Journey> ReadyAsync()
    {
        var journey = await Journey.StartSetUpAsync(browsers);
        journey.GitLab.World.AddUser("ann", "Ann Example");
        var page = await journey.OpenSignedInAsync();
        await SetUpAsync(journey, page, AdminToken(journey));
        await ExpectDoneAsync(page, "The admin token is revoked.");
        return journey;
    }

    internal static SandboxToken AdminToken(Journey journey) => journey.GitLab.World.AddToken(journey.GitLab.World.Root, ["api", "admin_mode"], expiresInDays: 1);

    internal static async Task SetUpAsync(Journey journey, IPage page, SandboxToken token)
    {
        await journey.GoAsync(page, "/servers/set-up");
        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await CheckServerAndTokenAsync(page, token);
        await Expect(page.GetByText("Nothing has been changed yet.")).ToBeVisibleAsync();
        await page.GetByLabel("Team that gets a connection").SelectOptionAsync("rocket");
        await page.GetByRole(AriaRole.Group, new() { Name = "Groups that the bot joins" }).GetByRole(AriaRole.Checkbox).First.CheckAsync();
        await page.GetByLabel("System hook").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
    }

    internal static async Task CheckServerAndTokenAsync(IPage page, SandboxToken token)
    {
        await Journey.WhenAliveAsync(page);
        var consent = page.GetByLabel("Connect without encryption");
        var tokenField = page.GetByLabel("Admin personal access token");
        await Journey.ContinueAsync(page);
        await Expect(consent.Or(tokenField).First).ToBeVisibleAsync();
        if (!await tokenField.IsVisibleAsync())
        {
            await consent.CheckAsync();
            await Journey.ContinueAsync(page);
        }

        await tokenField.FillAsync(token.Secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Check token" }).ClickAsync();
    }

    internal static async Task ExpectDoneAsync(IPage page, string fate)
    {
        await Expect(page.GetByText("The server is set up")).ToBeVisibleAsync();
        await Expect(page.GetByText(fate)).ToBeVisibleAsync();
    }

    private static Task EnterAsync(Journey journey, IPage page, string path) => EnterAtAsync(journey, page, journey.At(path));

    internal static async Task EnterAtAsync(Journey journey, IPage page, string address)
    {
        await page.GotoAsync(address);
        await page.GetByRole(AriaRole.Button, new() { Name = "Self-hosted GitLab" }).ClickAsync();
        await Expect(page.GetByLabel("GitLab server URL")).ToBeFocusedAsync();
        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue", Exact = true }).ClickAsync();
    }

    internal static async Task SignInToGitLabAsync(IPage page, string user)
    {
        await page.GetByLabel("Username").FillAsync(user);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private static async Task SignOutAsync(IPage page)
    {
        await Journey.WhenAliveAsync(page);
        await page.GetByLabel("Your account").ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByLabel("GitLab server URL")).ToBeVisibleAsync();
    }

    private static Task<ApplicationState> StateAsync(Journey journey) =>
        ReadAsync(journey, db => db.Set<ServerApplication>().OrderByDescending(a => a.CreatedAt).Select(a => a.State).FirstAsync());

    internal static async Task<T> ReadAsync<T>(Journey journey, Func<PortalDb, Task<T>> read)
    {
        await using var db = await journey.Portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await read(db);
    }

    private static string State(Journey journey) => string.Join('\n',
    [
        .. journey.GitLab.World.Users.Select(u => $"{u.Id} {u.Username}"),
        .. journey.GitLab.World.Users.SelectMany(u => u.GroupLevels.Select(g => $"{u.Id} in {g.Key}: {g.Value}")).Order(StringComparer.Ordinal),
        .. journey.GitLab.World.Applications.Select(a => $"application {a.Id}"),
        .. journey.GitLab.World.Hooks.Select(h => $"hook {h.Id} {h.Url}"),
        .. journey.GitLab.World.Tokens.Where(t => t.User != journey.GitLab.World.Root && !t.IsRevoked).Select(t => $"token {t.Id}"),
    ]);
}
