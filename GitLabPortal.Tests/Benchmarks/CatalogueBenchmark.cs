using System.Diagnostics;
using System.Globalization;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// How long it takes until every repository of a GitLab is stored and can be searched: one page after the other, at the default
/// ceiling and at 16 requests at once, through the same client. The sandbox answers after 60 ms, works on 16 requests at a time, limits
/// the rate as GitLab does by default and sends bodies of recorded size.
/// </summary>
internal static class CatalogueBenchmark
{
    private const int LatencyInMilliseconds = 60;
    private const int Workers = 16;

    private sealed record Measure(int Projects, int Ceiling, TimeSpan Took, TimeSpan FirstRows, int RequestsBefore, int Requests, int Refused, double GrowthInMegabytes, TimeSpan Work, TimeSpan SandboxWork, int Commits)
    {
        public TimeSpan Bound => TimeSpan.FromMilliseconds((double)Requests / Ceiling * LatencyInMilliseconds);

        /// <summary>What the processors need for both processes if no core ever rests: no walk on this machine can be quicker.</summary>
        public TimeSpan Floor => (Work + SandboxWork) / Environment.ProcessorCount;
    }

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        int[] sizes = args.Length == 0 ? [2_000, 20_000, 100_000] : [.. args.Select(a => int.Parse(a, CultureInfo.InvariantCulture))];
        await Console.Out.WriteLineAsync($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {TimeProvider.System.GetUtcNow():yyyy-MM-dd}");
        // Compiles what is measured.
        await WalkAsync(1_000, 4, cancellationToken);
        await Console.Out.WriteLineAsync("| projects | at once | time | × sequential | ÷ latency bound | requests | ÷ sequential | first rows | memory | CPU portal | CPU sandbox | CPU ÷ cores | commits |");
        await Console.Out.WriteLineAsync("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var size in sizes)
        {
            Measure? sequential = null;
            foreach (var ceiling in (int[])[1, new SyncOptions().MaxRequestsAtOnce, 16])
            {
                var measure = await WalkAsync(size, ceiling, cancellationToken);
                sequential ??= measure;
                await Console.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {size:N0} | {ceiling} | {measure.Took.TotalSeconds:0.0} s | {sequential.Took / measure.Took:0.0} | {measure.Took / measure.Bound:0.00} | {measure.Requests:N0} | {(double)measure.Requests / sequential.Requests:0.000} | {measure.FirstRows.TotalMilliseconds:0} ms, {measure.RequestsBefore} round trip(s) | +{measure.GrowthInMegabytes:0} MB | {measure.Work.TotalSeconds:0.0} s | {measure.SandboxWork.TotalSeconds:0.0} s | {measure.Floor.TotalSeconds:0.0} s | {measure.Commits:N0} |"));
                if (measure.Refused > 0) await Console.Out.WriteLineAsync($"{measure.Refused} requests were refused.");
            }
        }

        await ChangesAsync(sizes[^1], cancellationToken);
        return 0;
    }

    /// <summary>80 renamed, 70 pushed to, 50 made; six hours after everything was read, so that the look for what is gone is due, too.</summary>
    private static async Task ChangesAsync(int projects, CancellationToken cancellationToken)
    {
        var clock = new ManualClock();
        await using var gitLab = await GitLabSandbox.WithProjects(projects).WithTimeProvider(clock).StartAsync();
        await using var database = await TestDb.CreateAsync();
        await using var services = Services(database, Workers, clock);
        var team = await database.AddTeamAsync("bench", await database.AddAccountAsync("Ada"));
        var server = await database.AddServerAsync(gitLab.Url.AbsoluteUri.TrimEnd('/'));
        var token = gitLab.World.AddToken(gitLab.World.Root, ["read_api"]);
        var connection = await database.AddConnectionAsync(team, server, change: c =>
            c.ProtectedToken = services.GetRequiredService<SecretProtector>().Protect(new Secret(token.Secret), ConnectionTokens.Row(c.Id)).CipherText);
        var walk = services.GetRequiredService<SyncConnection>();
        // What was active within the overlap before a reading is read again: the generated server is busier than that, so it rests first.
        clock.Advance(TimeSpan.FromHours(2));
        await walk.RunAsync(connection.Id, cancellationToken);
        clock.Advance(TimeSpan.FromHours(6));
        var (all, group) = (gitLab.World.Projects, gitLab.World.AddGroup("fresh"));
        for (var i = 0; i < 80; i++) gitLab.World.Rename(all[i * 7], $"renamed-{i}");
        for (var i = 0; i < 70; i++) gitLab.World.Push(all[(projects / 2) + (i * 7)]);
        for (var i = 0; i < 50; i++) gitLab.World.AddProject(group, $"made-{i}");
        gitLab.Requests.Clear();
        var watch = Stopwatch.StartNew();
        await walk.RunAsync(connection.Id, cancellationToken, SyncKind.Changes);
        var took = watch.Elapsed;
        var counts = gitLab.Requests.Count(r => r.Query.Contains("simple=true", StringComparison.Ordinal));
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"200 changes of {projects:N0}: {gitLab.Requests.Count() - counts} requests; {counts} more, at most once an hour, to count what is gone; {took.TotalSeconds:0.0} s without latency"));
    }

    private static async Task<Measure> WalkAsync(int projects, int ceiling, CancellationToken cancellationToken)
    {
        await using var gitLab = await SandboxProcess.StartAsync(
            "--projects", Text(projects), "--latency", Text(LatencyInMilliseconds), "--workers", Text(Workers), "--limit", "2000", "--prepared");
        await using var database = await TestDb.CreateAsync();
        await using var services = Services(database, ceiling);
        var team = await database.AddTeamAsync("bench", await database.AddAccountAsync("Ada"));
        var server = await database.AddServerAsync(gitLab.Address);
        var connection = await database.AddConnectionAsync(team, server, change: c =>
            c.ProtectedToken = services.GetRequiredService<SecretProtector>().Protect(new Secret(SandboxTokenSet.SecretOf(SandboxTokenSet.Admin)), ConnectionTokens.Row(c.Id)).CipherText);
        var walk = services.GetRequiredService<SyncConnection>();

        await gitLab.WarmUpAsync(SandboxTokenSet.SecretOf(SandboxTokenSet.Good), cancellationToken);
        using var memory = new MemoryWatch();
        var (work, sandboxWork) = (Environment.CpuUsage.TotalTime, gitLab.Work);
        var watch = Stopwatch.StartNew();
        TimeSpan? first = null;
        var (before, commits) = (0, 0);
        using var subscription = services.GetRequiredService<SyncFeed>().Subscribe(p =>
        {
            commits++;
            if (p.Seen == 0 || first is not null) return;
            first = watch.Elapsed;
            using var db = database.CreateDbContext();
            before = db.Set<SyncRun>().Max(r => r.Pages);
        });
        var outcome = await walk.RunAsync(connection.Id, cancellationToken);
        var (took, worked, sandboxWorked) = (watch.Elapsed, Environment.CpuUsage.TotalTime - work, gitLab.Work - sandboxWork);
        if (outcome.RetryAt is not null) throw new InvalidOperationException("The walk was stopped on its way.");

        var growth = memory.GrowthInMegabytes;
        var found = await services.GetRequiredService<RepositoryQueries>()
            .SearchAsync(team, new RepositorySearch { Archived = ArchivedFilter.Any }, new PageRequest(0, 1), cancellationToken);
        // The token set may bring a project of its own.
        if (found.Total < projects) throw new InvalidOperationException($"{found.Total} of {projects} projects can be found.");

        var (requests, refused) = await gitLab.StopAsync();
        return new Measure(projects, ceiling, took, first!.Value, before, requests, refused, growth, worked, sandboxWorked, commits);
    }

    private static ServiceProvider Services(TestDb database, int ceiling, TimeProvider? clock = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8",
            ["Sync:MaxRequestsAtOnce"] = Text(ceiling),
        }).Build();
        var services = new ServiceCollection();
        services.AddSecurity(configuration);
        services.AddSingleton(TestSecrets.NewProtector());
        services.AddSingleton<IDbContextFactory<PortalDb>>(database);
        if (clock is not null) services.AddSingleton(clock);
        services.AddLogging();
        services.AddTeams(configuration);
        services.AddConnections(configuration);
        services.AddRepositories(configuration);
        services.AddProjects(configuration);
        return services.BuildServiceProvider();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
