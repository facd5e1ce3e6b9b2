using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class ReadingAConnectionTests
{
    [Fact]
    public async Task Five_thousand_projects_take_51_list_requests_and_none_for_a_single_one()
    {
        await using var stage = await CatalogueStage.StartAsync(5000);
        var connection = await stage.ConnectAsync();
        var progress = new List<SyncProgress>();
        using var subscription = stage.Feed.Subscribe(progress.Add);

        (await stage.WalkAsync(connection)).ShouldBe(0);

        stage.ProjectIds.Count().ShouldBe(5000);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo(51);
        stage.GitLab.Requests.Count(r => r.Path != "/api/v4/projects").ShouldBe(0);
        var run = await stage.LastRunAsync(connection);
        (run.State, run.Seen, run.Pages).ShouldBe((SyncState.Completed, 5000, stage.GitLab.Requests.ProjectListPages));
        (await stage.ReadAsync(connection)).Status.ShouldBe(ConnectionStatus.Working);
        progress.Select(p => p.Seen).ShouldBe([0, .. Enumerable.Range(1, 50).Select(i => i * 100), 5000, 5000]);
        progress.Skip(1).ShouldAllBe(p => p.Expected == 5000);
        progress[^1].State.ShouldBe(SyncState.Completed);
    }

    [Fact]
    public async Task Keeps_what_GitLab_says_of_a_project()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var group = world.AddGroup("sub", parent: world.AddGroup("Platform"));
        var api = world.AddProject(group, "api", "Ünsere API", SandboxVisibility.Internal, "<b>bold</b>\u0001 \u202Eevil", topics: ["go", "c++"], defaultBranch: "trunk");
        world.AddProject(group, "old", archived: true, empty: true, forkedFrom: api);
        world.MarkForDeletion(world.AddProject(group, "going"));
        var connection = await stage.ConnectAsync();

        await stage.WalkAsync(connection);

        var rows = (await stage.Queries.SearchAsync(stage.Team, new() { Archived = ArchivedFilter.Any }, new PageRequest(0, 10), CancellationToken.None)).Items;
        var row = rows.Single(r => r.FullPath == "Platform/sub/api");
        (row.Name, row.NamespacePath, row.Visibility, row.DefaultBranch).ShouldBe(("Ünsere API", "Platform/sub", RepositoryVisibility.Internal, "trunk"));
        row.Description.ShouldBe("<b>bold</b>   evil");
        row.Topics.ShouldBe(["go", "c++"]);
        row.WebUrl.ShouldBe($"{stage.GitLab.ExternalUrl}/Platform/sub/api");
        row.LastActivityAt.ShouldNotBeNull();
        var old = rows.Single(r => r.FullPath == "Platform/sub/old");
        (old.IsArchived, old.IsEmpty, old.IsFork).ShouldBe((true, true, true));
        rows.Single(r => r.DeletionOn is not null).FullPath.ShouldStartWith("Platform/sub/going-deletion_scheduled-");
    }

    [Fact]
    public async Task What_is_gone_becomes_missing_and_comes_back_when_it_is_seen_again()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var (group, user) = (world.AddGroup("team"), world.AddUser("bot"));
        var project = world.AddProject(group, "one");
        var lost = world.AddProject(world.AddGroup("other"), "two");
        world.AddMember(user, group);
        world.AddMember(user, lost);
        var connection = await stage.ConnectAsync(world.AddToken(user, ["read_api"]));
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).ShouldBe([project.Id, lost.Id]);

        world.RemoveMember(user, lost);
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).ShouldBe([project.Id]);
        await using (var db = stage.Database.CreateDbContext()) (await db.Set<Repository>().CountAsync()).ShouldBe(2);

        world.AddMember(user, lost);
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).ShouldBe([project.Id, lost.Id]);
    }

    [Fact]
    public async Task A_rename_and_a_transfer_keep_the_identity()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var project = world.AddProject(world.AddGroup("before"), "old-name");
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var id = (await AllAsync(stage)).ShouldHaveSingleItem().Id;

        world.Rename(project, "new-name", "New name");
        world.Transfer(project, world.AddGroup("after"));
        await stage.WalkAsync(connection);

        var row = (await AllAsync(stage)).ShouldHaveSingleItem();
        (row.Id, row.FullPath, row.Name).ShouldBe((id, "after/new-name", "New name"));
        (await stage.Queries.SearchAsync(stage.Team, new() { Text = "old-name" }, new PageRequest(0, 9), CancellationToken.None)).Total.ShouldBe(0);
    }

    [Fact]
    public async Task Memberships_leave_out_what_the_account_merely_may_see()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var (group, user) = (world.AddGroup("mine"), world.AddUser("bot"));
        var mine = world.AddProject(group, "own");
        world.AddProject(world.AddGroup("open", visibility: SandboxVisibility.Public), "public", visibility: SandboxVisibility.Public);
        world.AddMember(user, group);
        var token = world.AddToken(user, ["read_api"]);
        var all = await stage.ConnectAsync(token, name: "All");
        var memberships = await stage.ConnectAsync(token, name: "Memberships", change: c => c.Coverage = ConnectionCoverage.Memberships);

        await stage.WalkAsync(all);
        await stage.WalkAsync(memberships);

        (await stage.SeenAsync(all)).Count.ShouldBe(2);
        (await stage.SeenAsync(memberships)).ShouldBe([mine.Id]);
    }

    [Fact]
    public async Task Chosen_groups_bring_what_lies_below_them_also_after_they_were_renamed()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var group = world.AddGroup("plat");
        var direct = world.AddProject(group, "direct");
        var nested = world.AddProject(world.AddGroup("sub", parent: group), "nested");
        world.AddProject(world.AddGroup("platform"), "looks-alike");
        var connection = await stage.ConnectAsync(change: c =>
        {
            c.Coverage = ConnectionCoverage.Groups;
            c.Groups.Add(new ConnectionGroup { ConnectionId = c.Id, GitLabGroupId = group.Id, FullPath = "plat" });
        });

        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).ShouldBe([direct.Id, nested.Id]);

        world.Rename(group, "renamed");
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).ShouldBe([direct.Id, nested.Id]);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<ConnectionGroup>().SingleAsync()).FullPath.ShouldBe("renamed");
    }

    [Fact]
    public async Task A_chosen_group_that_is_not_shown_any_more_is_told_and_hides_nothing()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var (user, kept, lost) = (world.AddUser("bot"), world.AddGroup("kept"), world.AddGroup("lost"));
        var (first, second) = (world.AddProject(kept, "first"), world.AddProject(lost, "second"));
        world.AddMember(user, kept);
        world.AddMember(user, lost);
        var connection = await stage.ConnectAsync(world.AddToken(user, ["read_api"]), change: c =>
        {
            c.Coverage = ConnectionCoverage.Groups;
            c.Groups.Add(new ConnectionGroup { ConnectionId = c.Id, GitLabGroupId = kept.Id, FullPath = "kept" });
            c.Groups.Add(new ConnectionGroup { ConnectionId = c.Id, GitLabGroupId = lost.Id, FullPath = "lost" });
        });
        await stage.WalkAsync(connection);

        world.RemoveMember(user, lost);
        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe([first.Id, second.Id]);
        var run = await stage.LastRunAsync(connection);
        (run.State, run.ProblemCode).ShouldBe((SyncState.Completed, "group-not-found"));
        run.ProblemText!.ShouldContain("lost");
    }

    [Fact]
    public async Task Two_teams_on_one_server_see_what_their_own_token_sees()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var world = stage.GitLab.World;
        var (ours, theirs, bot) = (world.AddGroup("ours"), world.AddGroup("theirs"), world.AddUser("bot"));
        var own = world.AddProject(ours, "own");
        world.AddProject(theirs, "secret");
        world.AddMember(bot, ours);
        var other = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));
        await stage.WalkAsync(await stage.ConnectAsync(world.AddToken(bot, ["read_api"])));
        await stage.WalkAsync(await stage.ConnectAsync(team: other));

        (await AllAsync(stage)).ShouldHaveSingleItem().FullPath.ShouldBe(own.FullPath);
        (await stage.Queries.SearchAsync(other, new(), new PageRequest(0, 9), CancellationToken.None)).Total.ShouldBe(2);
    }

    private static async Task<IReadOnlyList<RepositoryRow>> AllAsync(CatalogueStage stage) =>
        (await stage.Queries.SearchAsync(stage.Team, new(), new PageRequest(0, 100), CancellationToken.None)).Items;
}
