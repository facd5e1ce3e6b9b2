using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GitLabPortal.Tests.Harness;

/// <summary>The whole portal, listening on a free port of this machine, with a data directory of its own that goes away at the end.</summary>
public sealed class PortalApp : IAsyncDisposable
{
    public const string SetUpCode = "set-up-code-of-the-tests";
    public const string AdminEmail = "ada@example.com";
    public const string Password = "correct horse battery";

    private readonly string[] settings;
    private readonly Action<IServiceCollection>? replace;
    private WebApplication app = null!;

    private PortalApp(string[] settings, Action<IServiceCollection>? replace) => (this.settings, this.replace) = (settings, replace);

    /// <summary>The data directory: database and key ring.</summary>
    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("gitlabportal-app-").FullName;

    /// <summary>Everything that was logged, at any level.</summary>
    public LogCollector Logs { get; } = new();

    /// <summary>Where it listens, e.g. <c>http://127.0.0.1:40123</c>.</summary>
    public Uri Address => new(app.Urls.First());

    public IServiceProvider Services => app.Services;

    /// <param name="settings">E.g. <c>--SignIn:FailuresPerMinute=3</c>.</param>
    public static Task<PortalApp> StartAsync(params string[] settings) => StartAsync(null, settings);

    /// <param name="replace">Replaces the seams to the outside world.</param>
    /// <param name="settings">E.g. <c>--SignIn:FailuresPerMinute=3</c>.</param>
    public static async Task<PortalApp> StartAsync(Action<IServiceCollection>? replace, params string[] settings)
    {
        var portal = new PortalApp(settings, replace);
        await portal.RunAsync("http://127.0.0.1:0");
        return portal;
    }

    /// <summary>Stops and starts again on the same address and data, as after an upgrade or a crash.</summary>
    /// <param name="more">Settings that the operator changed meanwhile.</param>
    public async Task RestartAsync(params string[] more)
    {
        var address = Address;
        await app.StopAsync();
        await app.DisposeAsync();
        await RunAsync(address.GetLeftPart(UriPartial.Authority), more);
    }

    private async Task RunAsync(string urls, params string[] more)
    {
        app = PortalHost.Build(
            [$"--urls={urls}", $"--Data:Directory={DataDirectory}", $"--Setup:Code={SetUpCode}", "--Logging:Console:LogLevel:Default=Error", .. settings, .. more],
            builder =>
            {
                // The collector hears everything; the console only what the settings let through.
                builder.Logging.AddProvider(Logs);
                builder.Logging.AddFilter<LogCollector>(null, LogLevel.Trace);
                replace?.Invoke(builder.Services);
            });
        await app.Services.GetRequiredService<DatabaseUpgrade>().RunAsync(CancellationToken.None);
        await app.StartAsync();
    }

    /// <summary>A portal that <see cref="AdminEmail"/> has set up, with the team <c>rocket</c>.</summary>
    public static Task<PortalApp> StartSetUpAsync(params string[] settings) => StartSetUpAsync(null, settings);

    public static async Task<PortalApp> StartSetUpAsync(Action<IServiceCollection>? replace, params string[] settings)
    {
        var portal = await StartAsync(replace, settings);
        using var browser = portal.OpenBrowser();
        await browser.SetUpAsync();
        return portal;
    }

    /// <summary>A browser without a session.</summary>
    public PortalBrowser OpenBrowser() => new(Address);

    public async Task<PortalBrowser> OpenSignedInAsync(string email = AdminEmail, string password = Password, string? userAgent = null)
    {
        var browser = OpenBrowser();
        if (userAgent is not null) browser.UserAgent = userAgent;
        await browser.SignInAsync(email, password);
        return browser;
    }

    /// <summary>What the person may do in the team, for calling use cases directly.</summary>
    public async Task<TeamAccess> AccessAsync(string slug = "rocket", string email = AdminEmail)
    {
        await using var db = await Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await db.Set<TeamMember>()
            .Where(m => m.Team!.Slug == slug && m.Account!.NormalizedEmail == email.ToUpperInvariant())
            .Select(m => new TeamAccess(m.TeamId, m.Team!.Slug, m.Team.Name, m.AccountId, m.Account!.Name, m.Role))
            .SingleAsync();
    }

    /// <summary>The path of a link that lets one person into the team.</summary>
    public async Task<string> InviteAsync(TeamRole role = TeamRole.Member, string? email = null)
    {
        var created = await Services.GetRequiredService<CreateInvitation>()
            .RunAsync(await AccessAsync(), new InvitationRequest(email, role), CancellationToken.None);
        return $"/invite/{created.Value!.Code}";
    }

    /// <summary>Somebody new in the team <c>rocket</c>, with <see cref="Password"/>.</summary>
    public async Task<Account> AddMemberAsync(string email, TeamRole role = TeamRole.Member, string name = "Grace")
    {
        await using var scope = Services.CreateAsyncScope();
        var code = (await InviteAsync(role))["/invite/".Length..];
        var joined = await scope.ServiceProvider.GetRequiredService<AcceptInvitation>()
            .RunAsync(code, new AccountRegistration(name, email, Password), CancellationToken.None);
        return joined.Value!.Account;
    }

    public async ValueTask DisposeAsync()
    {
        var database = Path.Combine(DataDirectory, "portal.db");
        await app.StopAsync();
        await app.DisposeAsync();
        DataFeature.ClearPool(database);
        Directory.Delete(DataDirectory, recursive: true);
    }
}
