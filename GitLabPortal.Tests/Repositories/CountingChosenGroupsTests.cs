using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>GitLab lists a group by pages alone, but tells its total: that is compared.</summary>
public sealed class CountingChosenGroupsTests
{
    [Fact]
    public async Task Chosen_groups_are_counted_one_by_one_and_read_when_one_has_fewer()
    {
        await using var stage = await StageAsync();
        var world = stage.GitLab.World;
        var (one, other) = (world.AddGroup("one"), world.AddGroup("other"));
        var below = world.AddGroup("below", parent: one);
        for (var i = 0; i < 30; i++) world.AddProject(one, $"one-{i}");
        for (var i = 0; i < 20; i++) world.AddProject(below, $"below-{i}");
        for (var i = 0; i < 30; i++) world.AddProject(other, $"other-{i}");
        var connection = await stage.ConnectAsync(change: c =>
        {
            c.Coverage = ConnectionCoverage.Groups;
            c.Groups.Add(new ConnectionGroup { ConnectionId = c.Id, GitLabGroupId = one.Id, FullPath = "one" });
            c.Groups.Add(new ConnectionGroup { ConnectionId = c.Id, GitLabGroupId = below.Id, FullPath = "one/below" });
        });
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).Count.ShouldBe(50);

        world.Delete(world.Projects.First(p => p.FullPath == "other/other-1"));
        await NextAsync(stage, connection);
        GroupCounts(stage).ShouldBe(1, "the subgroup's are counted with the group's");
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);

        world.Delete(world.Projects.First(p => p.FullPath == "one/below/below-1"));
        await NextAsync(stage, connection);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Full);
        (await stage.SeenAsync(connection)).Count.ShouldBe(49);
        await NextAsync(stage, connection);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
    }

    [Fact]
    public async Task Totals_that_never_agree_with_the_list_lead_to_one_complete_reading_a_day()
    {
        await using var stage = await StageAsync();
        var group = stage.GitLab.World.AddGroup("one");
        for (var i = 0; i < 30; i++) stage.GitLab.World.AddProject(group, $"one-{i}");
        var connection = await stage.ConnectAsync(change: c =>
        {
            c.Coverage = ConnectionCoverage.Groups;
            c.Groups.Add(new ConnectionGroup { ConnectionId = c.Id, GitLabGroupId = group.Id, FullPath = "one" });
        });
        await stage.WalkAsync(connection);
        stage.GitLab.Faults.Answer($"/api/v4/groups/{group.Id}/projects", Fault.Custom(200, "[]", headers: [("X-Total", "0"), ("X-Page", "1")]));

        await NextAsync(stage, connection);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Full);
        for (var i = 0; i < 3; i++)
        {
            await NextAsync(stage, connection);
            (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
            GroupCounts(stage).ShouldBe(1);
        }

        (await stage.SeenAsync(connection)).Count.ShouldBe(30);
    }

    private static int GroupCounts(CatalogueStage stage) =>
        stage.GitLab.Requests.Count(r => r.Path.StartsWith("/api/v4/groups/", StringComparison.Ordinal) && r.Path.EndsWith("/projects", StringComparison.Ordinal));

    private static async Task<CatalogueStage> StageAsync()
    {
        var clock = new ManualClock();
        return await CatalogueStage.StartAsync(await GitLabSandbox.Version("18.9.0-ee").WithProjects(0).WithTimeProvider(clock).StartAsync(), clock);
    }

    /// <summary>The changes of three hours later, with the log of this reading alone.</summary>
    private static async Task NextAsync(CatalogueStage stage, Connection connection)
    {
        stage.Clock.Advance(TimeSpan.FromHours(3));
        stage.GitLab.Requests.Clear();
        await ChangesAsync(stage, connection);
    }

    private static async Task ChangesAsync(CatalogueStage stage, Connection connection) =>
        (await stage.Sync.RunAsync(connection.Id, CancellationToken.None, SyncKind.Changes)).ShouldBe(SyncOutcome.Over);
}
