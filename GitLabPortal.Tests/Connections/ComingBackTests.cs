using GitLabPortal.Connections;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

/// <summary>A project is team + server + GitLab id: it outlives the connection it was picked through.</summary>
public sealed class ComingBackTests
{
    [Fact]
    public async Task Projects_survive_a_removed_connection_and_come_back_when_the_server_is_connected_again()
    {
        await using var stage = await ConnectionStage.StartAsync(GitLabSandbox.WithProjects(40));
        var first = await stage.ConnectAsync();
        await stage.SyncAsync(first);
        var all = await stage.ReadAsync(db => db.Set<Repository>().Where(r => !r.IsArchived).OrderBy(r => r.GitLabId).ToListAsync());
        await stage.Get<PickRepositories>().RunAsync(stage.Owner, [all[0].Id, all[1].Id], default);
        (await AvailabilityAsync(stage)).ShouldAllBe(a => a == ProjectState.Available);

        (await stage.Get<RemoveConnection>().RunAsync(stage.Owner, first, default)).IsSuccess.ShouldBeTrue();

        (await AvailabilityAsync(stage)).ShouldAllBe(a => a == ProjectState.ServerNotConnected);
        (await stage.CountAsync<Project>()).ShouldBe(2);
        (await stage.CountAsync<RepositorySighting>()).ShouldBe(0);
        (await stage.CountAsync<Repository>()).ShouldBe(2, "names of repositories that nobody sees or picked are not kept");

        var second = await stage.ConnectAsync();
        await stage.SyncAsync(second);

        (await AvailabilityAsync(stage)).ShouldBe([ProjectState.Available, ProjectState.Available]);
        (await stage.CountAsync<Project>()).ShouldBe(2);
        (await stage.ReadAsync(db => db.Set<Repository>().CountAsync(r => !r.IsArchived))).ShouldBe(all.Count);
    }

    [Fact]
    public async Task Removing_one_of_two_connections_keeps_what_the_other_sees()
    {
        await using var stage = await ConnectionStage.StartAsync(GitLabSandbox.WithProjects(20));
        var first = await stage.ConnectAsync(name: "One");
        var second = await stage.ConnectAsync(name: "Two");
        await stage.SyncAsync(first);
        await stage.SyncAsync(second);
        var before = await stage.CountAsync<Repository>();

        await stage.Get<RemoveConnection>().RunAsync(stage.Owner, first, default);

        (await stage.CountAsync<Repository>()).ShouldBe(before);
        (await stage.CountAsync<RepositorySighting>()).ShouldBe(before);
    }

    [Fact]
    public async Task A_project_that_the_team_lost_does_not_show_what_another_team_still_sees()
    {
        await using var stage = await ConnectionStage.StartAsync(GitLabSandbox.WithProjects(0));
        var group = stage.GitLab.World.AddGroup("platform");
        var secret = stage.GitLab.World.AddProject(group, "engine", "Engine", SandboxVisibility.Private);
        stage.GitLab.World.AddMember(stage.Bot, group);
        var mine = await stage.ConnectAsync();
        await stage.SyncAsync(mine);
        var row = await stage.ReadAsync(db => db.Set<Repository>().SingleAsync());
        await stage.Get<PickRepositories>().RunAsync(stage.Owner, [row.Id], default);
        var others = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Eve"));
        var root = stage.GitLab.World.AddToken(stage.GitLab.World.Root, ["api", "read_user", "read_repository"], expiresInDays: 90);
        var theirs = await stage.ConnectAsync(root, others);

        stage.GitLab.World.RemoveMember(stage.Bot, group);
        stage.GitLab.World.Rename(secret, "merger-talks", "Merger talks");
        stage.GitLab.World.Describe(secret, "Nobody may know");
        await stage.SyncAsync(theirs);
        await stage.SyncAsync(mine);

        var projects = stage.Get<ProjectQueries>();
        var seen = (await projects.SearchAsync(stage.Owner, "", new(0, 10), default)).Items.Single();
        (seen.State, seen.Name, seen.FullPath).ShouldBe((ProjectState.NotVisible, "Engine", "platform/engine"));
        (seen.HttpCloneUrl, seen.SshCloneUrl, seen.DefaultBranch, seen.LastActivityAt, seen.WebUrl).ShouldBe((null, null, null, null, ""));
        (await projects.SearchAsync(stage.Owner, "merger", new(0, 10), default)).Items.ShouldBeEmpty();
        (await projects.SearchAsync(stage.Owner, "engine", new(0, 10), default)).Items.Count.ShouldBe(1);
        (await stage.ReadAsync(db => db.Set<Repository>().SingleAsync())).Name.ShouldBe("Merger talks");
    }

    private static async Task<IReadOnlyList<ProjectState>> AvailabilityAsync(ConnectionStage stage) =>
        [.. (await stage.Get<ProjectQueries>().SearchAsync(stage.Owner, "", new(0, 10), default)).Items.Select(p => p.State)];
}
