using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Sandbox;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace GitLabPortal.Tests.Harness;

/// <summary>A team and its connections on a real database, with the product's own services, beside a sandbox GitLab on loopback.</summary>
internal sealed class ConnectionStage : IAsyncDisposable
{
    public const string PlainHttpNeedsTick = "plain-http-needs-consent";

    private readonly ServiceCollection registered;
    private readonly ServiceProvider services;

    private ConnectionStage(TestDb database, GitLabSandbox gitLab, TeamAccess owner, ServiceCollection registered)
    {
        (Database, GitLab, Owner, this.registered) = (database, gitLab, owner, registered);
        services = registered.BuildServiceProvider();
        Bot = gitLab.World.AddUser("portal-bot");
        gitLab.World.AddMemberOfEveryGroup(Bot);
    }

    public TestDb Database { get; }

    public GitLabSandbox GitLab { get; }

    public TeamAccess Owner { get; }

    public SandboxUser Bot { get; }

    public string BaseUrl => GitLab.Url.AbsoluteUri.TrimEnd('/');

    public static async Task<ConnectionStage> StartAsync(GitLabSandboxBuilder? builder = null)
    {
        var gitLab = await (builder ?? GitLabSandbox.WithProjects(30)).StartAsync();
        var database = await TestDb.CreateAsync();
        var owner = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8", ["Outbound:AllowedNetworks:1"] = "::1" })
            .Build();
        var collection = new ServiceCollection();
        collection.AddSecurity(configuration);
        collection.AddSingleton(TestSecrets.NewProtector());
        collection.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        collection.AddSingleton<IDbContextFactory<PortalDb>>(database);
        collection.AddTeams(configuration);
        collection.AddConnections(configuration);
        collection.AddLogging();
        collection.AddRepositories(configuration);
        collection.AddProjects(configuration);
        return new ConnectionStage(database, gitLab, owner, collection);
    }

    public T Get<T>() where T : notnull => services.GetRequiredService<T>();

    public ConnectWizard NewWizard() => ActivatorUtilities.CreateInstance<ConnectWizard>(services);

    public SandboxToken NewToken(params string[] scopes) =>
        GitLab.World.AddToken(Bot, scopes.Length > 0 ? scopes : ["api", "read_user", "read_repository"], expiresInDays: 90);

    /// <summary>Gives components the very services that this stage has, so that both see the same feeds and keys.</summary>
    public void ShareWith(IServiceCollection components)
    {
        foreach (var group in registered.Where(d => d.Lifetime == ServiceLifetime.Singleton && !d.ServiceType.IsGenericTypeDefinition).GroupBy(d => d.ServiceType))
        {
            if (group.Key.Namespace?.StartsWith("Microsoft.Extensions", StringComparison.Ordinal) == true) continue;
            for (var i = 0; i < group.Count(); i++)
            {
                var at = i;
                components.AddSingleton(group.Key, _ => services.GetServices(group.Key).ElementAt(at)!);
            }
        }
    }

    /// <summary>The whole way through the wizard, as a person who accepts plain http would go.</summary>
    public async Task<Guid> ConnectAsync(SandboxToken? token = null, TeamAccess? access = null, string? name = null)
    {
        var wizard = NewWizard();
        (wizard.Url, wizard.AllowPlainHttp, wizard.Name) = (BaseUrl, true, name);
        var who = access ?? Owner;
        var serverIsFine = await wizard.CheckServerAsync(who, () => { }, default) || await wizard.CheckServerAsync(who, () => { }, default);
        Assert.True(serverIsFine, string.Join("; ", wizard.ServerFindings.Select(f => $"{f.Code}: {f.Seen}")));
        var tokenIsFine = await wizard.CheckTokenAsync((token ?? NewToken()).Secret, () => { }, default);
        Assert.True(tokenIsFine, string.Join("; ", wizard.TokenFindings.Select(f => $"{f.Code}: {f.Seen}")));
        var result = await wizard.ConnectAsync(who, default);
        Assert.True(result.IsSuccess, result.Problem?.Message);
        return result.Value;
    }

    /// <summary>Reads what the connection sees, as the background worker would.</summary>
    public Task SyncAsync(Guid connectionId) => Get<SyncConnection>().RunAsync(connectionId, CancellationToken.None);

    public async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        await using var db = Database.CreateDbContext();
        return await read(db);
    }

    public Task<int> CountAsync<T>() where T : class => ReadAsync(db => db.Set<T>().CountAsync());

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        await GitLab.DisposeAsync();
        await Database.DisposeAsync();
    }
}
