using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>The process that reads is killed without warning, again and again, and another one goes on.</summary>
public sealed class KillingAWalkTests
{
    private const int Kills = 50;
    private const int Projects = 2400;

    /// <summary>Twice as many parts as requests at once, and the look for the end of the list.</summary>
    private const int MostPartsAtOnce = (2 * 6) + 1;

    [Fact(Timeout = 2_700_000)]
    public async Task Fifty_kills_at_random_points_leave_what_an_undisturbed_walk_leaves()
    {
        await using var gitLab = await GitLabSandbox.WithProjects(Projects).WithLatency(TimeSpan.FromMilliseconds(15)).StartAsync();
        var keys = Directory.CreateTempSubdirectory("gitlabportal-keys-");
        var token = gitLab.World.AddToken(gitLab.World.Root, ["read_api"]).Secret;
        var (undisturbed, pages) = await UndisturbedAsync(gitLab, keys.FullName, token);
        var random = new Random(20261122);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var (kills, interrupted) = (0, 0);
        var next = WalkingProcess.StartAsync();
        // How many kills one walk takes depends on the machine; that many walks were killed does not.
        while (kills < Kills || interrupted <= 3)
        {
            gitLab.Requests.Clear();
            await using var database = await TestDb.CreateAsync();
            var order = await OrderAsync(database, gitLab, keys.FullName, token);
            var killed = 0;
            while (true)
            {
                await using var walking = await next;
                // The next one warms up meanwhile.
                next = WalkingProcess.StartAsync();
                if (await walking.WalkAsync(order, random.Next(0, 6), TimeSpan.FromMilliseconds(random.Next(0, 40)))) break;
                killed++;
                // Killed between its last commit and the word that it is done.
                if (await IsCompleteAsync(database)) break;
            }

            (await RowsAsync(database)).ShouldBe(undisturbed);
            await AgreesAsync(database);
            // A page for each part may have been on its way or waiting to be stored.
            gitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo(pages + MostPartsAtOnce + (killed * MostPartsAtOnce));
            await using var db = database.CreateDbContext();
            var run = await db.Set<SyncRun>().SingleAsync(TestContext.Current.CancellationToken);
            (run.State, run.Seen).ShouldBe((SyncState.Completed, Projects));
            (await db.Set<SyncRange>().CountAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
            kills += killed;
            if (killed > 0) interrupted++;
        }

        await (await next).DisposeAsync();
        TestContext.Current.SendDiagnosticMessage(
            "{0} kills in {1} walks took {2:0} s", kills, interrupted, System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalSeconds);
        keys.Delete(recursive: true);
    }

    [Fact(Timeout = 600_000)]
    public async Task A_process_that_lives_keeps_its_server_and_a_dead_one_does_not()
    {
        await using var gitLab = await GitLabSandbox.WithProjects(300).StartAsync();
        gitLab.Faults.Answer("/api/v4/projects", Fault.Hang());
        var keys = Directory.CreateTempSubdirectory("gitlabportal-keys-");
        var token = gitLab.World.AddToken(gitLab.World.Root, ["read_api"]).Secret;
        await using var database = await TestDb.CreateAsync();
        var order = await OrderAsync(database, gitLab, keys.FullName, token);
        await using var services = WalkingProcess.Services(database, keys.FullName);
        var walk = services.GetRequiredService<SyncConnection>();
        await using (var other = await WalkingProcess.StartAsync())
        {
            var walking = other.WalkAsync(order, 1, TimeSpan.Zero);
            while (gitLab.Requests.ProjectListPages == 0) await Task.Delay(5, TestContext.Current.CancellationToken);

            (await walk.RunAsync(order.ConnectionId, CancellationToken.None)).RetryAt.ShouldNotBeNull();
            gitLab.Requests.ProjectListPages.ShouldBe(1);
            other.Kill();
            (await walking).ShouldBeFalse();
        }

        gitLab.Faults.Clear();
        (await walk.RunAsync(order.ConnectionId, CancellationToken.None)).ShouldBe(SyncOutcome.Over);
        (await RowsAsync(database)).Count.ShouldBe(300);
        keys.Delete(recursive: true);
    }

    /// <summary>The index holds what it would hold if it were made anew from the rows, and the filters' counters say what the rows say.</summary>
    private static async Task AgreesAsync(TestDb database)
    {
        await using var db = database.CreateDbContext();
        await db.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await db.Database.ExecuteSqlRawAsync(
            """
            CREATE VIRTUAL TABLE temp.Anew USING fts5(title, rest, starts, scope, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
            INSERT INTO temp.Anew (rowid, title, rest, starts, scope) SELECT Id, Title, Rest, Starts, Scope FROM RepositoryIndexRows ORDER BY Id;
            CREATE VIRTUAL TABLE temp.AnewTerms USING fts5vocab(temp, Anew, 'col');
            CREATE VIRTUAL TABLE temp.Terms USING fts5vocab(main, RepositoryIndex, 'col');
            """,
            TestContext.Current.CancellationToken);
        (await NumberAsync("SELECT count(*) FROM temp.Terms")).ShouldBeGreaterThan(1000);
        (await NumberAsync("SELECT count(*) FROM (SELECT * FROM temp.Terms EXCEPT SELECT * FROM temp.AnewTerms)")).ShouldBe(0);
        (await NumberAsync("SELECT count(*) FROM (SELECT * FROM temp.AnewTerms EXCEPT SELECT * FROM temp.Terms)")).ShouldBe(0);
        (await NumberAsync("SELECT sum(Count) FROM CatalogueGroups WHERE Kind = 1")).ShouldBe(Projects);
        (await NumberAsync("SELECT count(*) FROM CatalogueBatch")).ShouldBe(0);

        async Task<long> NumberAsync(string sql)
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
#pragma warning disable CA2100 // Constants of this test.
            command.CommandText = sql;
#pragma warning restore CA2100
            return Convert.ToInt64(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        }
    }

    private static async Task<(List<string> Rows, int Pages)> UndisturbedAsync(GitLabSandbox gitLab, string keys, string token)
    {
        await using var database = await TestDb.CreateAsync();
        var order = await OrderAsync(database, gitLab, keys, token);
        await using var services = WalkingProcess.Services(database, keys);
        (await services.GetRequiredService<SyncConnection>().RunAsync(order.ConnectionId, CancellationToken.None)).ShouldBe(SyncOutcome.Over);
        return (await RowsAsync(database), gitLab.Requests.ProjectListPages);
    }

    private static async Task<WalkOrder> OrderAsync(TestDb database, GitLabSandbox gitLab, string keys, string token)
    {
        await using var services = WalkingProcess.Services(database, keys);
        var team = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        var server = await database.AddServerAsync(gitLab.Url.AbsoluteUri.TrimEnd('/'));
        var connection = await database.AddConnectionAsync(team, server, change: c =>
            c.ProtectedToken = services.GetRequiredService<SecretProtector>().Protect(new Secret(token), ConnectionTokens.Row(c.Id)).CipherText);
        return new WalkOrder(database.File, keys, connection.Id);
    }

    private static async Task<bool> IsCompleteAsync(TestDb database)
    {
        await using var db = database.CreateDbContext();
        return await db.Set<SyncRun>().AnyAsync(r => r.State == SyncState.Completed);
    }

    /// <summary>Everything that the catalogue keeps, but for numbers and times of its own.</summary>
    private static async Task<List<string>> RowsAsync(TestDb database)
    {
        await using var db = database.CreateDbContext();
        var rows = await db.Set<RepositorySighting>().AsNoTracking().Include(s => s.Repository).OrderBy(s => s.Repository!.GitLabId).ToListAsync();
        (await db.Set<Repository>().CountAsync()).ShouldBe(rows.Count);
        return rows.ConvertAll(s => string.Join(
            '|', s.Repository!.GitLabId, s.Repository.Name, s.Repository.FullPath, s.Repository.NamespacePath, s.Repository.Description, s.Repository.Visibility,
            s.Repository.DefaultBranch, s.Repository.WebUrl, s.Repository.HttpCloneUrl, s.Repository.SshCloneUrl, s.Repository.Stars, s.Repository.Topics,
            s.Repository.LastActivityAt?.ToString("O"), s.Repository.IsArchived, s.Repository.IsEmpty, s.Repository.IsFork, s.Repository.DeletionOn, s.Repository.SearchText,
            s.ReadsCode, s.MissingSince, s.KeptSince, s.DisappearanceId));
    }
}
