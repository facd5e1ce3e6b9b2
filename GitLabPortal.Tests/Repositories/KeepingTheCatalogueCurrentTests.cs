using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class KeepingTheCatalogueCurrentTests
{
    [Fact]
    public async Task A_start_reads_what_was_connected_but_never_read()
    {
        await using var stage = await CatalogueStage.StartAsync(120);
        var connection = await stage.ConnectAsync();
        var done = stage.WhenAsync(p => p.State == SyncState.Completed);

        await using var worker = await stage.StartWorkerAsync();

        (await done).Seen.ShouldBe(120);
        await worker.StopAsync();
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task A_start_goes_on_with_a_walk_that_was_cut_off()
    {
        await using var stage = await CatalogueStage.StartAsync(450);
        await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", times: 1, Fault.Hang(), after: 2);
        var halfway = stage.WhenAsync(p => p.Seen == 200);
        await using (var first = await stage.StartWorkerAsync())
        {
            await halfway;
            while (stage.GitLab.Requests.ProjectListPages < 3) await Task.Delay(5);
            await first.StopAsync();
        }

        var done = stage.WhenAsync(p => p.State == SyncState.Completed);
        await using var second = await stage.StartWorkerAsync();

        (await done).Seen.ShouldBe(450);
        await second.StopAsync();
        // Five pages and the empty one; besides, the request that hung.
        stage.GitLab.Requests.Count(r => r.Path == "/api/v4/projects" && r.Fault is null).ShouldBe(6);
    }

    [Fact]
    public async Task A_new_connection_is_read_at_once_and_asking_again_meanwhile_changes_nothing()
    {
        await using var stage = await CatalogueStage.StartAsync(300);
        using var told = new ManualResetEventSlim();
        var asked = 0;
        using var subscription = stage.Feed.Subscribe(p =>
        {
            if (p.Seen != 100) return;
            asked++;
            // Its own first look may have found the connection before it is told of it: the walk goes on when it was.
            told.Wait(TimeSpan.FromMinutes(1));
            stage.Connections.Publish(new ConnectionChanged(p.ConnectionId, stage.Team.TeamId, ConnectionChange.SyncRequested));
        });
        var done = stage.WhenAsync(p => p.State == SyncState.Completed);
        await using var worker = await stage.StartWorkerAsync();
        var connection = await stage.ConnectAsync();

        stage.Connections.Publish(new ConnectionChanged(connection.Id, stage.Team.TeamId, ConnectionChange.Ready));
        told.Set();

        await done;
        await worker.StopAsync();
        asked.ShouldBe(1);
        stage.GitLab.Requests.ProjectListPages.ShouldBe(4);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<SyncRun>().CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Every_connection_is_read_again_after_the_interval()
    {
        await using var stage = await CatalogueStage.StartAsync(10);
        await stage.ConnectAsync();
        var first = stage.WhenAsync(p => p.State == SyncState.Completed);
        await using var worker = await stage.StartWorkerAsync();
        await first;
        stage.GitLab.World.AddProject(stage.GitLab.World.AddGroup("later"), "new");

        var second = stage.WhenAsync(p => p is { State: SyncState.Completed, Seen: 11 });
        while (!second.IsCompleted)
        {
            // A minute is the worker's longest nap.
            stage.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Yield();
        }

        await second;
        await worker.StopAsync();
    }

    [Fact]
    public async Task One_server_is_walked_by_one_at_a_time()
    {
        await using var stage = await CatalogueStage.StartAsync(250);
        for (var i = 0; i < 3; i++) await stage.ConnectAsync(name: $"Connection {i}");
        var order = new List<Guid>();
        var finished = 0;
        var all = stage.WhenAsync(p => p.State == SyncState.Completed && Interlocked.Increment(ref finished) == 3);
        using var subscription = stage.Feed.Subscribe(p =>
        {
            lock (order) order.Add(p.ConnectionId);
        });

        await using var worker = await stage.StartWorkerAsync();

        await all;
        await worker.StopAsync();
        // Each connection's messages form one block.
        order.Where((id, i) => i == 0 || order[i - 1] != id).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Stopping_the_portal_does_not_wait_for_a_GitLab_that_hangs()
    {
        await using var stage = await CatalogueStage.StartAsync(10);
        stage.RequestTimeout = TimeSpan.FromMinutes(5);
        await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.Hang());
        var begun = stage.WhenAsync(p => p.State == SyncState.Running);
        await using var worker = await stage.StartWorkerAsync();
        await begun;

        // The call itself gives up after the request timeout: a stop that waited for it would take as long.
        await worker.StopAsync().WaitAsync(stage.RequestTimeout / 2);
    }

    [Fact]
    public async Task Removing_a_connection_ends_its_walk_and_the_next_one_of_the_server_begins()
    {
        await using var stage = await CatalogueStage.StartAsync(10);
        // The call does not end by itself while this waits.
        stage.RequestTimeout = TimeSpan.FromMinutes(5);
        var connection = await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", times: 1, Fault.Hang());
        await using var worker = await stage.StartWorkerAsync();
        while (stage.GitLab.Requests.ProjectListPages < 1) await Task.Delay(5);
        var other = await stage.ConnectAsync(name: "Other");
        stage.Connections.Publish(new ConnectionChanged(other.Id, stage.Team.TeamId, ConnectionChange.Ready));
        var done = stage.WhenAsync(p => p.State == SyncState.Completed && p.ConnectionId == other.Id);

        await using (var db = stage.Database.CreateDbContext()) await db.Set<Connection>().Where(c => c.Id == connection.Id).ExecuteDeleteAsync();
        stage.Connections.Publish(new ConnectionChanged(connection.Id, stage.Team.TeamId, ConnectionChange.Removed));

        (await done).Seen.ShouldBe(10);
    }

    [Fact]
    public async Task Asking_while_changes_are_read_reads_everything_afterwards()
    {
        await using var stage = await CatalogueStage.StartAsync(1_200);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        stage.Clock.Advance(TimeSpan.FromMinutes(20));
        var asked = 0;
        using var subscription = stage.Feed.Subscribe(p =>
        {
            if (p is { Kind: SyncKind.Changes, State: SyncState.Running } && asked++ == 0)
                stage.Connections.Publish(new ConnectionChanged(connection.Id, stage.Team.TeamId, ConnectionChange.SyncRequested));
        });
        var whole = stage.WhenAsync(p => p is { State: SyncState.Completed, Kind: SyncKind.Full });

        await using var worker = await stage.StartWorkerAsync();

        (await whole).Seen.ShouldBe(1_200);
    }

    [Fact]
    public async Task Sync_now_is_for_admins_of_the_connections_own_team_and_counts_once()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var connection = await stage.ConnectAsync();
        var request = new RequestSync(stage.Database, stage.Journal, stage.Connections, stage.Feed, stage.Clock);
        var team = new Team { Id = stage.Team.TeamId, Name = stage.Team.TeamName, Slug = stage.Team.Slug, CreatedAt = default };
        var member = await stage.Database.AddMemberAsync(team, await stage.Database.AddAccountAsync("Mia"), TeamRole.Member);
        var stranger = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));
        var asked = new List<ConnectionChanged>();
        using var subscription = stage.Connections.Subscribe(asked.Add);

        (await request.RunAsync(member, connection.Id, CancellationToken.None)).Problem.ShouldBeOfType<Problem.Forbidden>();
        (await request.RunAsync(stranger, connection.Id, CancellationToken.None)).Problem.ShouldBeOfType<Problem.NotFound>();
        asked.ShouldBeEmpty();
        (await request.RunAsync(stage.Team, connection.Id, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await request.RunAsync(stage.Team, connection.Id, CancellationToken.None)).IsSuccess.ShouldBeTrue();

        asked.ShouldHaveSingleItem().Change.ShouldBe(ConnectionChange.SyncRequested);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<SyncRun>().SingleAsync()).State.ShouldBe(SyncState.Running);
        (await db.Set<AuditEvent>().CountAsync(e => e.Action == "connection.sync-requested")).ShouldBe(1);
    }
}
