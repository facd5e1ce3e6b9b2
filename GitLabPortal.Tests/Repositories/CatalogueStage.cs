using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Tests.Repositories;

/// <summary>The catalogue on a real database, reading a sandbox GitLab over real HTTP. Time moves when the test says so.</summary>
internal sealed class CatalogueStage : IAsyncDisposable
{
    private readonly SecretProtector secrets = TestSecrets.NewProtector();

    private CatalogueStage(TestDb database, GitLabSandbox gitLab, TeamAccess team, Server server, ManualClock clock)
    {
        Clock = clock;
        (Database, GitLab, Team, Server) = (database, gitLab, team, server);
        Queries = new RepositoryQueries(database, ProjectQueries.Picked);
        Leases = new ServerLeases(database, Clock);
        Journal = new SyncJournal(database, Leases, Clock, [SeenNames.KeepAsync]);
    }

    public TestDb Database { get; }

    public GitLabSandbox GitLab { get; }

    public TeamAccess Team { get; }

    public Server Server { get; }

    public ManualClock Clock { get; }

    public SyncFeed Feed { get; } = new();

    public RepositoryQueries Queries { get; }

    public SyncJournal Journal { get; }

    public ServerLeases Leases { get; }

    public SyncConnection Sync => field ??= NewSync();

    /// <summary>Answers that take longer count as timed out.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Where a walk stops.</summary>
    public int MaxRepositories { get; set; } = 250_000;

    /// <summary>One, unless a test is about more: then the requests have an order.</summary>
    public int MaxRequestsAtOnce { get; set; } = 1;

    public IOptions<SyncOptions> Options => Microsoft.Extensions.Options.Options.Create(
        new SyncOptions { MaxRepositories = MaxRepositories, MaxRequestsAtOnce = MaxRequestsAtOnce });

    public static async Task<CatalogueStage> StartAsync(int projects = 0) => await StartAsync(await GitLabSandbox.WithProjects(projects).StartAsync());

    /// <param name="clock">That of the sandbox, where its times matter.</param>
    public static async Task<CatalogueStage> StartAsync(GitLabSandbox gitLab, ManualClock? clock = null)
    {
        var database = await TestDb.CreateAsync();
        var team = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        return new CatalogueStage(database, gitLab, team, await database.AddServerAsync(gitLab.Url.AbsoluteUri.TrimEnd('/')), clock ?? new ManualClock());
    }

    private ServiceProvider Outbound => field ??= NewOutbound();

    private ServiceProvider NewOutbound()
    {
        // The sandbox lives on loopback.
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8",
            ["Outbound:RequestTimeout"] = RequestTimeout.ToString(),
        }).Build();
        return new ServiceCollection().AddOutboundGuard(configuration).BuildServiceProvider();
    }

    /// <summary>As after a restart of the portal: nothing in memory.</summary>
    public SyncConnection NewSync() => new(
        Journal, new CompleteRun(Database, Leases, Options, [UnseenRepositories.ForgetAsync], Clock),
        new FindAbsences(Database, Journal, Leases, Options, Clock, NullLogger<FindAbsences>.Instance), Leases,
        new GitLabClients(Outbound.GetRequiredService<GuardedHttp>(), Clock), secrets, Feed, Options, Clock, NullLogger<SyncConnection>.Instance);

    public ConnectionFeed Connections { get; } = new();

    /// <summary>The portal's worker, as after a start.</summary>
    public Task<StartedWork> StartWorkerAsync(SyncConnection? walk = null) => StartedWork.StartAsync(
        Clock, schedule => new CatalogueSync(Database, walk ?? NewSync(), Connections, schedule, Options, Clock, NullLogger<CatalogueSync>.Instance));

    /// <summary>Ends with the first progress that meets the condition. Ask for it before doing what causes it.</summary>
    public Task<SyncProgress> WhenAsync(Func<SyncProgress, bool> condition)
    {
        var met = new TaskCompletionSource<SyncProgress>(TaskCreationOptions.RunContinuationsAsynchronously);
        IDisposable? subscription = null;
        subscription = Feed.Subscribe(p =>
        {
            if (!condition(p)) return;
            subscription?.Dispose();
            met.TrySetResult(p);
        });
        return met.Task.WaitAsync(TimeSpan.FromMinutes(2));
    }

    /// <summary>Connected with an administrator's token, unless another is given.</summary>
    public async Task<Connection> ConnectAsync(SandboxToken? token = null, TeamAccess? team = null, string name = "Main", Action<Connection>? change = null)
    {
        token ??= GitLab.World.AddToken(GitLab.World.Root, ["read_api"]);
        return await Database.AddConnectionAsync(team ?? Team, Server, name, c =>
        {
            c.ProtectedToken = secrets.Protect(new Secret(token.Secret), ConnectionTokens.Row(c.Id)).CipherText;
            change?.Invoke(c);
        });
    }

    public async Task SetTokenAsync(Connection connection, string token, SecretProtector? protector = null)
    {
        var cipher = (protector ?? secrets).Protect(new Secret(token), ConnectionTokens.Row(connection.Id)).CipherText;
        await using var db = Database.CreateDbContext();
        await db.Set<Connection>().Where(c => c.Id == connection.Id).ExecuteUpdateAsync(s => s.SetProperty(c => c.ProtectedToken, cipher));
    }

    /// <summary>Goes on until the walk is over, moving time past every wait; says how often it had to wait.</summary>
    public async Task<int> WalkAsync(Connection connection)
    {
        // What is seen first in a walk is told from what was seen before it by time.
        Clock.Advance(TimeSpan.FromSeconds(1));
        for (var waits = 0; ; waits++)
        {
            var outcome = await Sync.RunAsync(connection.Id, CancellationToken.None);
            if (outcome.RetryAt is not { } retryAt) return waits;
            Clock.Advance(retryAt - Clock.GetUtcNow());
        }
    }

    public async Task<SyncRun> LastRunAsync(Connection connection)
    {
        await using var db = Database.CreateDbContext();
        return await db.Set<SyncRun>().AsNoTracking().Where(r => r.ConnectionId == connection.Id).OrderByDescending(r => r.StartedAt).ThenByDescending(r => r.Id).FirstAsync();
    }

    public async Task<Connection> ReadAsync(Connection connection)
    {
        await using var db = Database.CreateDbContext();
        return await db.Set<Connection>().AsNoTracking().SingleAsync(c => c.Id == connection.Id);
    }

    /// <summary>GitLab's ids of what the connection sees now.</summary>
    public async Task<List<long>> SeenAsync(Connection connection)
    {
        await using var db = Database.CreateDbContext();
        return await db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId == connection.Id && s.MissingSince == null)
            .Select(s => s.Repository!.GitLabId).OrderBy(id => id).ToListAsync();
    }

    public IEnumerable<long> ProjectIds => GitLab.World.Projects.Where(p => !p.IsBeingDestroyed).Select(p => p.Id).Order();

    public async ValueTask DisposeAsync()
    {
        await Outbound.DisposeAsync();
        await GitLab.DisposeAsync();
        await Database.DisposeAsync();
    }
}
