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

        using var worker = await stage.StartWorkerAsync();

        (await done).Seen.ShouldBe(120);
        await worker.StopAsync(CancellationToken.None);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task A_start_goes_on_with_a_walk_that_was_cut_off()
    {
        await using var stage = await CatalogueStage.StartAsync(450);
        await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", times: 1, Fault.Hang(), after: 2);
        var halfway = stage.WhenAsync(p => p.Seen == 200);
        using (var first = await stage.StartWorkerAsync())
        {
            await halfway;
            while (stage.GitLab.Requests.ProjectListPages < 3) await Task.Delay(5);
            await first.StopAsync(CancellationToken.None);
        }

        var done = stage.WhenAsync(p => p.State == SyncState.Completed);
        using var second = await stage.StartWorkerAsync();

        (await done).Seen.ShouldBe(450);
        await second.StopAsync(CancellationToken.None);
        // Five pages and the empty one; besides, the request that hung.
        stage.GitLab.Requests.Count(r => r.Path == "/api/v4/projects" && r.Fault is null).ShouldBe(6);
    }

    [Fact]
    public async Task A_new_connection_is_read_at_once_and_asking_again_meanwhile_changes_nothing()
    {
        await using var stage = await CatalogueStage.StartAsync(300);
        using var worker = await stage.StartWorkerAsync();
        var connection = await stage.ConnectAsync();
        var asked = 0;
        using var subscription = stage.Feed.Subscribe(p =>
        {
            if (p.Seen != 100) return;
            asked++;
            stage.Connections.Publish(new ConnectionChanged(connection.Id, stage.Team.TeamId, ConnectionChange.SyncRequested));
        });
        var done = stage.WhenAsync(p => p.State == SyncState.Completed);

        stage.Connections.Publish(new ConnectionChanged(connection.Id, stage.Team.TeamId, ConnectionChange.Ready));

        await done;
        await worker.StopAsync(CancellationToken.None);
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
        using var worker = await stage.StartWorkerAsync();
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
        await worker.StopAsync(CancellationToken.None);
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

        using var worker = await stage.StartWorkerAsync();

        await all;
        await worker.StopAsync(CancellationToken.None);
        // Each connection's messages form one block.
        order.Where((id, i) => i == 0 || order[i - 1] != id).Count().ShouldBe(3);
    }

    [Fact]
    public async Task Stopping_the_portal_does_not_wait_for_a_GitLab_that_hangs()
    {
        await using var stage = await CatalogueStage.StartAsync(10);
        await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.Hang());
        var begun = stage.WhenAsync(p => p.State == SyncState.Running);
        using var worker = await stage.StartWorkerAsync();
        await begun;

        // The call itself gives up after the request timeout: a stop that waited for it would take as long.
        await worker.StopAsync(CancellationToken.None).WaitAsync(stage.RequestTimeout / 2);
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
