using GitLabPortal.Security;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>A portal, a sandbox GitLab and people with real browsers. Methods are what people do, in their words.</summary>
public sealed class Journey : IAsyncDisposable
{
    private readonly BrowserFixture browsers;
    private readonly List<IBrowserContext> contexts = [];

    private Journey(BrowserFixture browsers, PortalApp portal, GitLabSandbox gitLab)
    {
        (this.browsers, Portal, GitLab) = (browsers, portal, gitLab);
        Bot = gitLab.World.AddUser("portal-bot");
        gitLab.World.AddMemberOfEveryGroup(Bot);
    }

    public PortalApp Portal { get; }

    public GitLabSandbox GitLab { get; }

    public SandboxUser Bot { get; }

    public string GitLabUrl => GitLab.Url.AbsoluteUri.TrimEnd('/');

    /// <summary>Nobody has set up the portal yet.</summary>
    public static async Task<Journey> StartAsync(BrowserFixture browsers, GitLabSandboxBuilder? gitLab = null, HostResolver? resolver = null) =>
        new(browsers, await PortalApp.StartAsync(Resolving(resolver), "--Outbound:AllowedNetworks:0=127.0.0.0/8", "--Outbound:AllowedNetworks:1=::1"), await (gitLab ?? GitLabSandbox.WithProjects(120)).StartAsync());

    /// <summary>Set up, with the team <c>rocket</c> owned by Ada.</summary>
    public static async Task<Journey> StartSetUpAsync(BrowserFixture browsers, GitLabSandboxBuilder? gitLab = null, HostResolver? resolver = null)
    {
        var journey = await StartAsync(browsers, gitLab, resolver);
        using var plain = journey.Portal.OpenBrowser();
        await plain.SetUpAsync();
        return journey;
    }

    private static Action<IServiceCollection>? Resolving(HostResolver? resolver) => resolver is null ? null : services => services.AddSingleton(resolver);

    public SandboxToken NewToken(params string[] scopes) =>
        GitLab.World.AddToken(Bot, scopes.Length > 0 ? scopes : ["api", "read_user", "read_repository"], expiresInDays: 90);

    /// <summary>Somebody's browser, without a session.</summary>
    public async Task<IPage> OpenBrowserAsync(int width = 1280, int height = 800, ColorScheme colours = ColorScheme.Light)
    {
        var context = await browsers.NewContextAsync(width, height, colours);
        contexts.Add(context);
        return await context.NewPageAsync();
    }

    public async Task<IPage> OpenSignedInAsync(
        string email = PortalApp.AdminEmail, int width = 1280, int height = 800, ColorScheme colours = ColorScheme.Light)
    {
        var page = await OpenBrowserAsync(width, height, colours);
        await page.GotoAsync(At("/sign-in"));
        await page.GetByLabel("Email").FillAsync(email);
        await page.GetByLabel("Password").FillAsync(PortalApp.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal));
        return page;
    }

    /// <summary>The address of a page of the portal.</summary>
    public string At(string path) => Portal.Address.GetLeftPart(UriPartial.Authority) + path;

    /// <summary>Opens a page and waits until it is alive: a click before that would be lost.</summary>
    public async Task GoAsync(IPage page, string path)
    {
        await page.GotoAsync(At(path));
        await WhenAliveAsync(page);
    }

    public static async Task WhenAliveAsync(IPage page) =>
        await page.WaitForFunctionAsync("() => document.documentElement.hasAttribute('data-alive')");

    /// <summary>From the team's settings to the wizard's first step.</summary>
    public async Task OpenWizardAsync(IPage page)
    {
        await GoAsync(page, "/team/rocket/settings");
        await page.GetByRole(AriaRole.Link, new() { Name = "Connect GitLab server" }).ClickAsync();
        await Expect(page.GetByLabel("GitLab server URL")).ToBeVisibleAsync();
    }

    /// <summary>Step 1, accepting plain http when asked.</summary>
    public async Task EnterServerAsync(IPage page, string? url = null)
    {
        await WhenCalmAsync(page);
        await page.GetByLabel("GitLab server URL").FillAsync(url ?? GitLabUrl);
        await ContinueAsync(page);
        var consent = page.GetByLabel("Connect without encryption");
        var tokenStep = page.GetByRole(AriaRole.Link, new() { Name = "Create the token on GitLab" });
        // The question that has the focus is about this address, not about one before it.
        await Expect(consent.And(page.Locator(":focus")).Or(tokenStep).First).ToBeVisibleAsync();
        if (!await tokenStep.IsVisibleAsync())
        {
            await consent.CheckAsync();
            await ContinueAsync(page);
        }

        await Expect(tokenStep).ToBeVisibleAsync();
    }

    public async Task PasteTokenAsync(IPage page, string token)
    {
        await WhenCalmAsync(page);
        await page.GetByLabel("Personal access token").FillAsync(token);
        await ContinueAsync(page);
    }

    /// <summary>The check has ended and says which scope is missing. The form itself names scopes, too.</summary>
    public static async Task ExpectMissingScopeAsync(IPage page)
    {
        await Expect(page.Locator(".finding-fix", new() { HasText = "read_api" }).First).ToBeVisibleAsync();
        await WhenCalmAsync(page);
    }

    /// <summary>Findings are shown while a check still runs; what is entered by then would be swallowed.</summary>
    public static Task WhenCalmAsync(IPage page) => Expect(page.Locator(".is-busy")).ToHaveCountAsync(0);

    /// <summary>The whole wizard, to the list of connections.</summary>
    public async Task ConnectAsync(IPage page, string? token = null)
    {
        await OpenWizardAsync(page);
        await EnterServerAsync(page);
        await ContinueAsync(page);
        await PasteTokenAsync(page, token ?? NewToken().Secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
    }

    public static async Task ContinueAsync(IPage page) => await page.GetByRole(AriaRole.Button, new() { Name = "Continue", Exact = true }).ClickAsync();

    /// <summary>Waits until the catalogue holds this many repositories, as the grid counts them.</summary>
    public static async Task ExpectRepositoriesAsync(IPage page, int count) =>
        await Expect(page.GetByText($"{count:N0} repositories", new() { Exact = true }).First).ToBeVisibleAsync(new() { Timeout = 60_000 });

    public async ValueTask DisposeAsync()
    {
        foreach (var context in contexts) await context.DisposeAsync();
        await Portal.DisposeAsync();
        await GitLab.DisposeAsync();
    }
}
