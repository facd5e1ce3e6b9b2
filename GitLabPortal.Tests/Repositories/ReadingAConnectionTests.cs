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
        progress.Select(p => p.Seen).ShouldBe([0, .. Enumerable.Range(1, 50).Select(i => i * 100), 5000]);
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
    public async Task A_restart_at_any_point_loses_nothing_and_repeats_at_most_one_page()
    {
        await using var stage = await CatalogueStage.StartAsync(1500);
        var random = new Random(7);
        var connection = await stage.ConnectAsync();
        var kills = 0;
        while (true)
        {
            using var kill = new CancellationTokenSource();
            var left = random.Next(1, 4);
            // After a page was stored, or, by a request that hangs, while one is on its way.
            using var subscription = stage.Feed.Subscribe(p =>
            {
                if (p.State == SyncState.Running && --left == 0) kill.Cancel();
            });
            try
            {
                await stage.NewSync().RunAsync(connection.Id, kill.Token);
                break;
            }
            catch (OperationCanceledException)
            {
                kills++;
            }
        }

        kills.ShouldBeGreaterThan(3);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo(16 + kills);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<SyncRun>().CountAsync()).ShouldBe(1);
        (await db.Set<Repository>().CountAsync()).ShouldBe(1500);
        (await stage.LastRunAsync(connection)).Seen.ShouldBe(1500);
    }

    public static TheoryData<string> PassingFaults => new("rack-attack", "endpoint-limit", "500", "502-workhorse", "502-nginx", "503", "reset", "lost", "truncated", "slow", "sso");

    [Theory]
    [MemberData(nameof(PassingFaults))]
    public async Task A_fault_in_the_middle_is_waited_out_and_the_walk_goes_on_where_it_was(string name)
    {
        await using var stage = await CatalogueStage.StartAsync(450);
        var connection = await stage.ConnectAsync();
        if (name == "slow") stage.RequestTimeout = TimeSpan.FromSeconds(1);
        stage.GitLab.Faults.Answer("/api/v4/projects", times: 3, FaultNamed(name), after: 2);
        var problems = new List<string>();
        using var subscription = stage.Feed.Subscribe(p =>
        {
            if (p.RetryAt is not null) problems.Add(p.ProblemText!);
        });

        (await stage.WalkAsync(connection)).ShouldBe(3);

        problems.Count.ShouldBe(3);
        problems[0].ShouldNotContain("Exception");
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        stage.GitLab.Requests.ProjectListPages.ShouldBe(6 + 3);
        var run = await stage.LastRunAsync(connection);
        (run.State, run.Seen, run.Attempts, run.ProblemText).ShouldBe((SyncState.Completed, stage.ProjectIds.Count(), 0, null));
    }

    [Theory]
    [InlineData("rack-attack")]
    [InlineData("endpoint-limit")]
    public async Task Waits_as_long_as_GitLab_asks(string name)
    {
        await using var stage = await CatalogueStage.StartAsync(10);
        var connection = await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", times: 1, FaultNamed(name));

        var outcome = await stage.Sync.RunAsync(connection.Id, CancellationToken.None);

        (outcome.RetryAt!.Value - stage.Clock.GetUtcNow()).ShouldBeInRange(TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(41));
        var run = await stage.LastRunAsync(connection);
        (run.State, run.ProblemText, run.RetryAt).ShouldBe((SyncState.Running, "GitLab asks us to slow down.", outcome.RetryAt));
        // Nobody knocks before, not even after a restart.
        (await stage.NewSync().RunAsync(connection.Id, CancellationToken.None)).ShouldBe(outcome);
        stage.GitLab.Requests.ProjectListPages.ShouldBe(1);
    }

    [Theory]
    [InlineData("500")]
    [InlineData("rack-attack")]
    [InlineData("truncated")]
    public async Task Gives_up_after_many_failures_without_a_page_and_a_later_walk_goes_on(string name)
    {
        await using var stage = await CatalogueStage.StartAsync(250);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        stage.Clock.Advance(TimeSpan.FromHours(1));
        stage.GitLab.Requests.Clear();
        stage.GitLab.Faults.Answer("/api/v4/projects", FaultNamed(name), after: 1);

        (await stage.WalkAsync(connection)).ShouldBe(SyncConnection.MaxAttempts - 1);

        var failed = await stage.LastRunAsync(connection);
        (failed.State, failed.Seen).ShouldBe((SyncState.Failed, 100));
        failed.ProblemText.ShouldNotBeNull();
        // A partial walk hides nothing.
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);

        stage.GitLab.Faults.Clear();
        stage.GitLab.Requests.Clear();
        stage.Clock.Advance(TimeSpan.FromHours(1));
        await stage.WalkAsync(connection);
        (await stage.LastRunAsync(connection)).ShouldSatisfyAllConditions(
            run => run.Id.ShouldBe(failed.Id), run => run.State.ShouldBe(SyncState.Completed), run => run.Seen.ShouldBe(250));
        stage.GitLab.Requests.ProjectListPages.ShouldBe(3);
        (await stage.ReadAsync(connection)).ShouldSatisfyAllConditions(c => c.Status.ShouldBe(ConnectionStatus.Working), c => c.StatusText.ShouldBeNull());
    }

    [Fact]
    public async Task A_dead_token_stops_at_once_and_hides_nothing()
    {
        await using var stage = await CatalogueStage.StartAsync(150);
        var token = stage.GitLab.World.AddToken(stage.GitLab.World.Root, ["read_api"]);
        var connection = await stage.ConnectAsync(token);
        await stage.WalkAsync(connection);
        stage.GitLab.World.Revoke(token);

        (await stage.WalkAsync(connection)).ShouldBe(0);

        var run = await stage.LastRunAsync(connection);
        (run.State, run.ProblemCode).ShouldBe((SyncState.Failed, "token-revoked"));
        var after = await stage.ReadAsync(connection);
        (after.Status, after.StatusText).ShouldBe((ConnectionStatus.TokenRefused, run.ProblemText));
        run.ProblemText!.ShouldContain("revoked");
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task A_blocked_account_and_a_missing_scope_are_told_apart()
    {
        await using var stage = await CatalogueStage.StartAsync(5);
        var user = stage.GitLab.World.AddUser("bot");
        var blocked = await stage.ConnectAsync(stage.GitLab.World.AddToken(user, ["read_api"]), name: "Blocked");
        var scope = await stage.ConnectAsync(stage.GitLab.World.AddToken(stage.GitLab.World.Root, ["read_user"]), name: "Scope");
        stage.GitLab.World.Block(user);

        await stage.WalkAsync(blocked);
        await stage.WalkAsync(scope);

        (await stage.LastRunAsync(blocked)).ProblemCode.ShouldBe("account-blocked");
        (await stage.LastRunAsync(scope)).ProblemCode.ShouldBe("token-scope-missing");
        (await stage.ReadAsync(scope)).Status.ShouldBe(ConnectionStatus.TokenRefused);
    }

    [Fact]
    public async Task A_lost_key_asks_for_the_token_again_without_calling_GitLab()
    {
        await using var stage = await CatalogueStage.StartAsync(5);
        var connection = await stage.ConnectAsync();
        await stage.SetTokenAsync(connection, "glpat-x", TestSecrets.NewProtector());

        await stage.WalkAsync(connection);

        (await stage.ReadAsync(connection)).Status.ShouldBe(ConnectionStatus.TokenLost);
        stage.GitLab.Requests.Count().ShouldBe(0);
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

    [Fact]
    public async Task A_connection_that_is_removed_meanwhile_ends_its_walk_quietly()
    {
        await using var stage = await CatalogueStage.StartAsync(500);
        var connection = await stage.ConnectAsync();
        using var subscription = stage.Feed.Subscribe(p =>
        {
            if (p.Seen != 200) return;
            using var db = stage.Database.CreateDbContext();
            db.Set<Connection>().Where(c => c.Id == connection.Id).ExecuteDelete();
        });

        (await stage.Sync.RunAsync(connection.Id, CancellationToken.None)).ShouldBe(SyncOutcome.Over);

        stage.GitLab.Requests.ProjectListPages.ShouldBe(3);
        await using var check = stage.Database.CreateDbContext();
        (await check.Set<RepositorySighting>().CountAsync()).ShouldBe(0);
        (await stage.Sync.RunAsync(connection.Id, CancellationToken.None)).ShouldBe(SyncOutcome.Over);
    }

    private static async Task<IReadOnlyList<RepositoryRow>> AllAsync(CatalogueStage stage) =>
        (await stage.Queries.SearchAsync(stage.Team, new(), new PageRequest(0, 100), CancellationToken.None)).Items;

    private static Fault FaultNamed(string name) => name switch
    {
        "rack-attack" => Fault.TooManyRequestsByRackAttack(40),
        "endpoint-limit" => Fault.TooManyRequestsByEndpoint(40),
        "500" => Fault.InternalServerError(),
        "502-workhorse" => Fault.GitLabIsNotResponding(),
        "502-nginx" => Fault.NginxBadGateway(),
        "503" => Fault.ServiceUnavailable(),
        "reset" => Fault.ResetMidBody(),
        "lost" => Fault.LostAnswer(),
        "truncated" => Fault.TruncatedJson(),
        "slow" => Fault.Delay(TimeSpan.FromSeconds(5)),
        "sso" => Fault.SsoLoginPage(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
