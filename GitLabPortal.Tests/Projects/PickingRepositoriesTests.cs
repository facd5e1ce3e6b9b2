using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Projects;

public sealed class PickingRepositoriesTests : IAsyncLifetime
{
    private readonly ProjectFeed feed = new();
    private TestDb database = null!;
    private TeamAccess team = null!;
    private Server server = null!;
    private Connection connection = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDb.CreateAsync();
        team = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        server = await database.AddServerAsync();
        connection = await database.AddConnectionAsync(team, server);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Says_how_many_were_new_and_adds_none_twice()
    {
        var ids = await AddAsync("g/a", "g/b", "g/c");

        (await PickAsync(ids[0])).ShouldBe(new PickedCount(1, 0, 0));
        var again = await PickAsync(ids);

        again.ShouldBe(new PickedCount(2, 1, 0));
        again.Words.ShouldBe("2 added, 1 was already in the team");
        (await ProjectsAsync()).Total.ShouldBe(3);
        await using var db = database.CreateDbContext();
        (await db.Set<AuditEvent>().CountAsync(e => e.Action == "project.added")).ShouldBe(3);
    }

    [Fact]
    public async Task Leaves_alone_what_the_team_does_not_see()
    {
        var other = await database.AddTeamAsync("beta", await database.AddAccountAsync("Bob"));
        var theirs = await database.AddRepositoryAsync(1, "secret/theirs", [await database.AddConnectionAsync(other, server)]);

        (await PickAsync(theirs.Id, 987_654)).ShouldBe(new PickedCount(0, 0, 2));
        (await ProjectsAsync()).Total.ShouldBe(0);
    }

    [Fact]
    public async Task Refuses_nothing_and_too_much()
    {
        (await new PickRepositories(database, feed, TimeProvider.System).RunAsync(team, [], CancellationToken.None)).Problem!.Code.ShouldBe("nothing-selected");
        (await new PickRepositories(database, feed, TimeProvider.System)
            .RunAsync(team, [.. Enumerable.Range(0, 1001).Select(i => (long)i)], CancellationToken.None)).Problem!.Code.ShouldBe("too-many-selected");
    }

    [Fact]
    public async Task A_person_who_left_meanwhile_adds_nothing()
    {
        var ids = await AddAsync("g/a");
        await using (var db = database.CreateDbContext()) await db.Set<TeamMember>().ExecuteDeleteAsync();

        var result = await new PickRepositories(database, feed, TimeProvider.System).RunAsync(team, ids, CancellationToken.None);

        result.Problem.ShouldBeOfType<Problem.NotFound>();
        await using var check = database.CreateDbContext();
        (await check.Set<Project>().CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Many_people_picking_the_same_at_once_give_each_project_once()
    {
        var ids = await AddAsync("g/a", "g/b", "g/c", "g/d");

        var counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PickAsync(ids))));

        counts.Sum(c => c.Added).ShouldBe(4);
        counts.ShouldAllBe(c => c.Added + c.AlreadyThere == 4);
        (await ProjectsAsync()).Total.ShouldBe(4);
    }

    [Fact]
    public async Task Removing_can_be_undone_and_keeps_who_added_it()
    {
        var ids = await AddAsync("g/a");
        await PickAsync(ids);
        var row = (await ProjectsAsync()).Items.ShouldHaveSingleItem();
        var remove = new RemoveProject(database, feed, TimeProvider.System);

        (await remove.RunAsync(team, row.Id, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await remove.RunAsync(team, row.Id, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await ProjectsAsync()).Total.ShouldBe(0);
        (await new RestoreProject(database, feed, TimeProvider.System).RunAsync(team, row.Id, CancellationToken.None)).IsSuccess.ShouldBeTrue();

        (await ProjectsAsync()).Items.ShouldHaveSingleItem().ShouldBe(row);
        await using var db = database.CreateDbContext();
        (await db.Set<AuditEvent>().OrderBy(e => e.Id).Select(e => e.Action).ToListAsync()).ShouldBe(["project.added", "project.removed", "project.restored"]);
    }

    [Fact]
    public async Task Picking_a_removed_one_brings_it_back_as_the_same_project()
    {
        var ids = await AddAsync("g/a");
        await PickAsync(ids);
        var row = (await ProjectsAsync()).Items[0];
        await new RemoveProject(database, feed, TimeProvider.System).RunAsync(team, row.Id, CancellationToken.None);

        (await PickAsync(ids)).ShouldBe(new PickedCount(1, 0, 0));

        (await ProjectsAsync()).Items.ShouldHaveSingleItem().Id.ShouldBe(row.Id);
    }

    [Fact]
    public async Task Nobody_removes_or_restores_another_teams_project()
    {
        await PickAsync(await AddAsync("g/a"));
        var row = (await ProjectsAsync()).Items[0];
        var other = await database.AddTeamAsync("beta", await database.AddAccountAsync("Bob"));

        (await new RemoveProject(database, feed, TimeProvider.System).RunAsync(other, row.Id, CancellationToken.None)).Problem!.Code.ShouldBe("project-not-found");
        (await new RestoreProject(database, feed, TimeProvider.System).RunAsync(other, row.Id, CancellationToken.None)).Problem!.Code.ShouldBe("project-not-found");
        (await ProjectsAsync()).Total.ShouldBe(1);
    }

    [Fact]
    public async Task A_project_tells_why_it_cannot_be_used()
    {
        var ids = await AddAsync("g/a", "g/archived", "g/deletion", "g/missing");
        await PickAsync(ids);
        await using (var db = database.CreateDbContext())
        {
            db.Set<Repository>().Single(r => r.Id == ids[1]).IsArchived = true;
            db.Set<Repository>().Single(r => r.Id == ids[2]).DeletionOn = new DateOnly(2026, 12, 24);
            db.Set<RepositorySighting>().Single(s => s.RepositoryId == ids[3]).MissingSince = DateTimeOffset.UnixEpoch;
            await db.SaveChangesAsync();
        }

        var rows = (await ProjectsAsync()).Items;
        rows.Select(r => r.State).ShouldBe([ProjectState.Available, ProjectState.Archived, ProjectState.PendingDeletion, ProjectState.NotVisible]);
        rows[2].Reason!.ShouldContain("2026-12-24");

        await using (var db = database.CreateDbContext()) await db.Set<Connection>().ExecuteDeleteAsync();
        (await ProjectsAsync()).Items.ShouldAllBe(r => r.State == ProjectState.ServerNotConnected);

        // The same server again: a project is team + server + GitLab id.
        var again = await database.AddConnectionAsync(team, server, "Again");
        foreach (var id in ids) await database.SaveAsync(new RepositorySighting { ConnectionId = again.Id, RepositoryId = id, RunId = Guid.Empty });
        (await ProjectsAsync()).Items[0].State.ShouldBe(ProjectState.Available);
    }

    [Fact]
    public async Task A_rename_on_GitLab_keeps_the_project()
    {
        var ids = await AddAsync("g/old-name");
        await PickAsync(ids);
        await using (var db = database.CreateDbContext())
        {
            var repository = db.Set<Repository>().Single();
            (repository.FullPath, repository.Name) = ("h/new-name", "new-name");
            repository.SearchText = SearchText.Of("h/new-name", "new-name", null, []);
            await db.SaveChangesAsync();
        }

        (await new ProjectQueries(database).SearchAsync(team, "new-name", new PageRequest(0, 10), CancellationToken.None)).Items
            .ShouldHaveSingleItem().FullPath.ShouldBe("h/new-name");
    }

    private async Task<long[]> AddAsync(params string[] paths)
    {
        var ids = new List<long>();
        foreach (var path in paths) ids.Add((await database.AddRepositoryAsync(100 + ids.Count, path, [connection])).Id);
        return [.. ids];
    }

    private async Task<PickedCount> PickAsync(params long[] ids)
    {
        var result = await new PickRepositories(database, feed, TimeProvider.System).RunAsync(team, ids, CancellationToken.None);
        result.IsSuccess.ShouldBeTrue();
        return result.Value!;
    }

    private Task<Page<ProjectRow>> ProjectsAsync() =>
        new ProjectQueries(database).SearchAsync(team, null, new PageRequest(0, 100), CancellationToken.None);
}
