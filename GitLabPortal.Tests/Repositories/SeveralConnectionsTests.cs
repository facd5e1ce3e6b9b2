using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>Several tokens for one server, in one team and in several: stored once, seen by each as far as its own token sees.</summary>
public sealed class SeveralConnectionsTests
{
    [Fact]
    public async Task Two_connections_of_a_team_show_a_repository_once_with_both_names()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var (world, shared, own) = (stage.GitLab.World, stage.GitLab.World.AddGroup("shared"), stage.GitLab.World.AddGroup("own"));
        var (first, second) = (world.AddUser("first"), world.AddUser("second"));
        world.AddProject(shared, "both");
        world.AddProject(own, "one");
        world.AddMember(first, shared);
        world.AddMember(second, shared);
        world.AddMember(second, own);
        await stage.WalkAsync(await stage.ConnectAsync(world.AddToken(first, ["read_api"]), name: "First"));
        await stage.WalkAsync(await stage.ConnectAsync(world.AddToken(second, ["read_api"]), name: "Second"));

        var rows = await RowsAsync(stage, stage.Team);

        rows.Select(r => (r.FullPath, string.Join(',', r.Connections))).ShouldBe([("own/one", "Second"), ("shared/both", "First,Second")], ignoreOrder: true);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<Repository>().CountAsync()).ShouldBe(2);
    }

    [Fact]
    public async Task What_one_team_loses_another_still_sees_and_neither_learns_of_the_other()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var (world, group) = (stage.GitLab.World, stage.GitLab.World.AddGroup("group"));
        var bot = world.AddUser("bot");
        var project = world.AddProject(group, "before");
        world.AddMember(bot, group);
        var other = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));
        var ours = await stage.ConnectAsync(world.AddToken(bot, ["read_api"]));
        var theirs = await stage.ConnectAsync(team: other, name: "Theirs");
        for (var i = 0; i < 5; i++) world.AddProject(group, $"more-{i}");
        await stage.WalkAsync(ours);
        await stage.WalkAsync(theirs);
        world.RemoveMember(bot, group);
        world.AddMember(bot, project);
        foreach (var gone in world.Projects.Where(p => p != project).Take(2)) world.Delete(gone);

        await stage.WalkAsync(ours);
        await stage.WalkAsync(theirs);

        // Five of six are much for one team, two are few for the other: each is judged by its own list.
        (await new DisappearanceQueries(stage.Database, stage.Clock).OfConnectionAsync(ours.Id, CancellationToken.None)).ShouldHaveSingleItem().Count.ShouldBe(5);
        (await RowsAsync(stage, other)).Count.ShouldBe(4);
        (await RowsAsync(stage, other)).ShouldAllBe(r => r.Connections.Count == 1 && r.Connections[0] == "Theirs");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task While_an_admin_is_asked_nothing_shows_that_only_another_team_has_read(bool isReadBefore)
    {
        await using var stage = await CatalogueStage.StartAsync();
        var (world, group) = (stage.GitLab.World, stage.GitLab.World.AddGroup("group"));
        var bot = world.AddUser("bot");
        world.AddMember(bot, group);
        var projects = Enumerable.Range(0, 5).Select(i => world.AddProject(group, $"plain-{i}")).ToList();
        var other = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));
        var ours = await stage.ConnectAsync(world.AddToken(bot, ["read_api"]));
        var theirs = await stage.ConnectAsync(team: other, name: "Theirs");
        await stage.WalkAsync(ours);
        await stage.WalkAsync(theirs);
        world.RemoveMember(bot, group);
        world.Rename(projects[0], "secret-merger", "secret-merger");

        await stage.WalkAsync(isReadBefore ? theirs : ours);
        await stage.WalkAsync(isReadBefore ? ours : theirs);

        // What was not touched since stays while the question is open; what another team read does not come back by keeping it either.
        (await RowsAsync(stage, stage.Team)).Select(r => r.Name).ShouldBe(["plain-1", "plain-2", "plain-3", "plain-4"], ignoreOrder: true);
        var held = (await new DisappearanceQueries(stage.Database, stage.Clock).OfConnectionAsync(ours.Id, CancellationToken.None)).ShouldHaveSingleItem();
        await new DecideDisappearance(stage.Database, stage.Feed, stage.Clock).RunAsync(stage.Team, held.Id, DisappearanceDecision.Keep, CancellationToken.None);
        (await RowsAsync(stage, stage.Team)).ShouldNotContain(r => r.Name == "secret-merger");
        (await RowsAsync(stage, other)).ShouldContain(r => r.Name == "secret-merger");
    }

    [Fact]
    public async Task Only_a_token_that_may_read_the_code_brings_the_branch()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var (bot, group) = (world.AddUser("bot"), world.AddGroup("group"));
        world.AddMember(bot, group, accessLevel: 10);
        world.AddProject(group, "guarded", defaultBranch: "trunk");
        var guest = await stage.ConnectAsync(world.AddToken(bot, ["read_api"]));
        var other = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));
        var admin = await stage.ConnectAsync(team: other, name: "Admin");

        await stage.WalkAsync(admin);
        await stage.WalkAsync(guest);

        (await RowsAsync(stage, stage.Team)).ShouldHaveSingleItem().DefaultBranch.ShouldBeNull();
        (await RowsAsync(stage, other)).ShouldHaveSingleItem().DefaultBranch.ShouldBe("trunk");

        await using var db = stage.Database.CreateDbContext();
        // One token's silence does not make the branch unknown to the other.
        (await db.Set<Repository>().SingleAsync()).DefaultBranch.ShouldBe("trunk");
        (await db.Set<RepositorySighting>().OrderBy(s => s.ReadsCode).Select(s => s.ConnectionId).ToListAsync()).ShouldBe([guest.Id, admin.Id]);
    }

    [Fact]
    public async Task Many_readers_of_one_server_wait_for_each_other()
    {
        await using var stage = await CatalogueStage.StartAsync(400);
        var connections = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => stage.ConnectAsync(name: $"Connection {i}")));
        // Who has the server keeps it until all others have asked for it.
        using var goOn = new ManualResetEventSlim();
        using var subscription = stage.Feed.Subscribe(_ => goOn.Wait(TimeSpan.FromMinutes(1)));
        var reading = connections.Select(c => (c.Id, Sync: stage.NewSync())).ToList().ConvertAll(r => Task.Run(() => r.Sync.RunAsync(r.Id, CancellationToken.None)));
        while (reading.Count(r => r.IsCompleted) < 3) await Task.WhenAny(reading.Where(r => !r.IsCompleted)).WaitAsync(TimeSpan.FromMinutes(1));
        goOn.Set();
        var outcomes = await Task.WhenAll(reading);

        outcomes.Count(o => o == SyncOutcome.Over).ShouldBe(1);
        stage.GitLab.Requests.All.Select(r => r.TokenId).Distinct().Count().ShouldBe(1);
        foreach (var connection in connections) await stage.WalkAsync(connection);
        foreach (var connection in connections) (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task How_often_a_connection_is_read_is_for_its_admins_to_choose()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var connection = await stage.ConnectAsync();
        var choose = new ChooseSyncInterval(stage.Database, stage.Connections, stage.Clock);
        var stranger = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));

        (await choose.RunAsync(stranger, connection.Id, TimeSpan.FromHours(1), CancellationToken.None)).Problem.ShouldBeOfType<Problem.NotFound>();
        (await choose.RunAsync(stage.Team, connection.Id, TimeSpan.FromSeconds(1), CancellationToken.None)).Problem.ShouldBeOfType<Problem.Invalid>();
        (await choose.RunAsync(stage.Team, connection.Id, TimeSpan.FromHours(6), CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await choose.RunAsync(stage.Team, connection.Id, TimeSpan.FromHours(2), CancellationToken.None)).IsSuccess.ShouldBeTrue();
        await using (var db = stage.Database.CreateDbContext()) (await db.Set<SyncInterval>().SingleAsync()).Every.ShouldBe(TimeSpan.FromHours(2));
        (await choose.RunAsync(stage.Team, connection.Id, null, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        await using (var db = stage.Database.CreateDbContext()) (await db.Set<SyncInterval>().CountAsync()).ShouldBe(0);
    }

    private static async Task<IReadOnlyList<RepositoryRow>> RowsAsync(CatalogueStage stage, TeamAccess team) =>
        (await stage.Queries.SearchAsync(team, new(), new PageRequest(0, 100), CancellationToken.None)).Items;
}
