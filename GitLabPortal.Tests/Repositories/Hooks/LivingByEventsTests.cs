using System.Net;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Hooks;

/// <summary>What happens on GitLab shows in the catalogue, told by real deliveries.</summary>
public sealed class LivingByEventsTests
{
    [Fact]
    public async Task A_project_is_followed_through_its_life_without_reading_any_list()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var (world, other) = (stage.GitLab.World, stage.GitLab.World.AddGroup("elsewhere"));

        var project = world.AddProject(stage.GitLab.World.TopLevelGroups[0], "fresh");
        await stage.QuietAsync();
        (await stage.SeenAsync(connection))[project.Id].ShouldBe(project.FullPath);
        world.Rename(project, "renamed");
        await stage.QuietAsync();
        (await stage.SeenAsync(connection))[project.Id].ShouldEndWith("/renamed");
        world.Transfer(project, other);
        world.Describe(project, "in other words");
        await stage.QuietAsync();
        (await stage.SeenAsync(connection))[project.Id].ShouldBe("elsewhere/renamed");
        (await stage.ReadAsync(db => db.Set<Repository>().SingleAsync(r => r.GitLabId == project.Id))).Description.ShouldBe("in other words");
        world.Delete(project);
        await stage.QuietAsync();
        (await stage.SeenAsync(connection)).ShouldNotContainKey(project.Id);
        (await stage.SightingAsync(connection, project.Id))!.Absence.ShouldBe(Absence.Deleted);

        stage.GitLab.Requests.ProjectListPages.ShouldBe(0);
        stage.SingleReads.ShouldBeInRange(4, 5);
    }

    [Fact]
    public async Task Each_team_sees_only_what_its_own_token_sees()
    {
        await using var stage = await HookStage.StartAsync();
        var admin = await stage.ConnectWithHookAsync();
        var (world, secret) = (stage.GitLab.World, stage.GitLab.World.AddGroup("board"));
        var (open, person) = (world.AddGroup("open"), world.AddUser("ann"));
        world.AddMember(person, open);
        var theirs = await stage.ConnectAsync(world.AddToken(person, ["read_api"]), await stage.AddTeamAsync("Other"), "Theirs");

        var project = world.AddProject(open, "plan");
        var hidden = world.AddProject(secret, "merger");
        await stage.QuietAsync();
        (await stage.SeenAsync(theirs)).Keys.ShouldContain(project.Id);
        (await stage.SeenAsync(theirs)).Keys.ShouldNotContain(hidden.Id);
        (await stage.SeenAsync(admin)).Keys.ShouldContain(hidden.Id);

        world.Transfer(project, secret);
        world.Rename(project, "layoffs");
        await stage.QuietAsync();

        (await stage.SeenAsync(admin))[project.Id].ShouldBe("board/layoffs");
        (await stage.SeenAsync(theirs)).Keys.ShouldNotContain(project.Id);
        (await stage.SightingAsync(theirs, project.Id))!.Absence.ShouldBe(Absence.NotShown);
    }

    [Fact]
    public async Task What_a_connection_does_not_bring_is_not_brought_by_events()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var (world, person) = (stage.GitLab.World, stage.GitLab.World.AddUser("ann"));
        var (chosen, passed) = (world.AddGroup("chosen"), world.AddGroup("passed-over", visibility: SandboxVisibility.Public));
        world.AddMember(person, chosen);
        var members = await stage.ConnectAsync(world.AddToken(person, ["read_api"]), name: "Members", change: c => c.Coverage = ConnectionCoverage.Memberships);
        var groups = await stage.ConnectAsync(name: "Groups", change: c =>
        {
            c.Coverage = ConnectionCoverage.Groups;
            c.Groups.Add(new ConnectionGroup { ConnectionId = c.Id, GitLabGroupId = chosen.Id, FullPath = "chosen" });
        });

        var (inside, outside) = (world.AddProject(chosen, "inside"), world.AddProject(passed, "outside", visibility: SandboxVisibility.Public));
        await stage.QuietAsync();

        foreach (var connection in new[] { members, groups })
        {
            (await stage.SeenAsync(connection)).Keys.ShouldContain(inside.Id);
            (await stage.SeenAsync(connection)).Keys.ShouldNotContain(outside.Id);
        }
    }

    [Fact]
    public async Task Forged_late_doubled_and_disordered_events_change_nothing_that_is_not_so()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var (world, project) = (stage.GitLab.World, stage.GitLab.World.Projects[0]);

        await stage.DeliverAsync($$"""{"event_name":"project_destroy","project_id":{{project.Id}}}""");
        await stage.DeliverAsync($$"""{"event_name":"project_rename","project_id":{{world.Projects[1].Id}},"path_with_namespace":"made/up"}""");
        await stage.DeliverAsync("""{"event_name":"project_create","project_id":999999}""");
        stage.GitLab.Hooks.SendTwice = true;
        stage.GitLab.Hooks.Hold();
        var brief = world.AddProject(world.TopLevelGroups[0], "brief");
        world.Rename(project, "first");
        world.Rename(project, "second");
        world.Delete(brief);
        stage.GitLab.Hooks.Release(reversed: true);
        await stage.QuietAsync();

        await ShouldBeAsGitLabIsAsync(stage, connection);
        (await stage.SeenAsync(connection))[project.Id].ShouldEndWith("/second");
        stage.GitLab.Requests.ProjectListPages.ShouldBe(0);
    }

    [Fact]
    public async Task A_tombstone_is_undone_by_the_next_sight()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var project = stage.GitLab.World.Projects[0];
        stage.GitLab.Faults.Answer($"/api/v4/projects/{project.Id}", times: 1, Fault.Custom(404, """{"message":"404 Project Not Found"}"""));

        await stage.DeliverAsync($$"""{"event_name":"project_destroy","project_id":{{project.Id}}}""");
        await stage.QuietAsync();
        (await stage.SeenAsync(connection)).Keys.ShouldNotContain(project.Id);
        stage.GitLab.World.Describe(project, "still here");
        await stage.QuietAsync();

        await ShouldBeAsGitLabIsAsync(stage, connection);
    }

    [Theory]
    [InlineData("404 route")]
    [InlineData("500")]
    [InlineData("HTML")]
    [InlineData("other project")]
    public async Task An_answer_that_is_none_takes_nothing_away(string how)
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var project = stage.GitLab.World.Projects[0];
        var fault = how switch
        {
            "404 route" => Fault.Custom(404, """{"error":"404 Not Found"}"""),
            "500" => Fault.InternalServerError(),
            "HTML" => Fault.SsoLoginPage(),
            _ => Fault.Custom(200, """{"id":4711,"name":"x","path_with_namespace":"x/y"}"""),
        };
        stage.GitLab.Faults.Answer($"/api/v4/projects/{project.Id}", fault);

        await stage.DeliverAsync($$"""{"event_name":"project_destroy","project_id":{{project.Id}}}""");
        await HookStage.EventuallyAsync(() => Task.FromResult(stage.SingleReads > 0), "GitLab is asked");
        await HookStage.EventuallyAsync(async () => (await stage.DeliveriesAsync())[^1] is { Attempts: > 0, Holder: null } or { DoneAt: not null }, "it is looked into");

        (await stage.SeenAsync(connection)).Keys.ShouldContain(project.Id);
    }

    [Fact]
    public async Task Renaming_a_group_of_a_thousand_projects_costs_one_walk()
    {
        await using var stage = await HookStage.StartAsync(GitLabSandbox.Version("18.9.0-ee"));
        var world = stage.GitLab.World;
        var group = world.AddGroup("platform");
        for (var i = 0; i < 1000; i++) world.AddProject(group, $"service-{i:0000}");
        var connection = await stage.ConnectWithHookAsync();
        await AgeWalksAsync(stage);

        world.Rename(group, "foundation");
        await stage.GitLab.Hooks.IdleAsync();
        await HookStage.EventuallyAsync(async () => (await stage.SeenAsync(connection)).Values.All(p => p.StartsWith("foundation/", StringComparison.Ordinal)), "all are renamed");
        await stage.QuietAsync();

        stage.SingleReads.ShouldBe(0);
        // Ten full pages, the empty ones that prove an end, and one that is asked for from the other side.
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo(16);
        (await stage.ReadAsync(db => db.Set<SyncRun>().CountAsync(r => r.ConnectionId == connection.Id && r.Kind == SyncKind.Full))).ShouldBe(2);
    }

    [Fact]
    public async Task A_renamed_person_moves_all_of_their_projects()
    {
        await using var stage = await HookStage.StartAsync();
        var person = stage.GitLab.World.AddUser("ann");
        var project = stage.GitLab.World.AddProject(person.Namespace, "dotfiles");
        var connection = await stage.ConnectWithHookAsync();
        await AgeWalksAsync(stage);

        stage.GitLab.World.Rename(person, "annie");
        await HookStage.EventuallyAsync(async () => (await stage.SeenAsync(connection))[project.Id] == "annie/dotfiles", "the new path");
    }

    [Fact]
    public async Task Many_changes_at_once_are_read_as_changes_and_not_one_by_one()
    {
        await using var stage = await HookStage.StartAsync(GitLabSandbox.WithProjects(60));
        var connection = await stage.ConnectWithHookAsync();

        // One after the other they might be looked into in bunches that are small enough to ask one by one. While somebody writes, none is stored.
        var projects = stage.GitLab.World.Projects.Where(p => p.Namespace is SandboxGroup).Take(40).ToList();
        stage.GitLab.Hooks.Lose = true;
        foreach (var project in projects) stage.GitLab.World.Rename(project, project.Path + "-new");
        await using (var busy = await stage.Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync())
        {
            await using var transaction = await busy.Database.BeginTransactionAsync();
            var told = await Task.WhenAll(projects.Select(p => stage.DeliverAsync($$"""{"event_name":"project_rename","project_id":{{p.Id}}}""")));
            told.ShouldAllBe(s => s == HttpStatusCode.Accepted);
            await transaction.RollbackAsync();
        }

        await HookStage.EventuallyAsync(async () => (await stage.SeenAsync(connection)).Values.Count(p => p.EndsWith("-new", StringComparison.Ordinal)) == 40, "all are renamed");
        await stage.QuietAsync();

        // Those that were stored first, while the rest waited for their transaction, may have been asked for one by one.
        stage.SingleReads.ShouldBeLessThanOrEqualTo(DeliveryPlan.MaxProjects);
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThan(10);
        await ShouldBeAsGitLabIsAsync(stage, connection);
    }

    [Fact]
    public async Task A_connections_own_account_joining_a_group_has_that_connection_read_again()
    {
        await using var stage = await HookStage.StartAsync();
        var admin = await stage.ConnectWithHookAsync();
        var (world, person) = (stage.GitLab.World, stage.GitLab.World.AddUser("ann"));
        var (group, stranger) = (world.AddGroup("club"), world.AddUser("bob"));
        var project = world.AddProject(group, "minutes");
        var theirs = await stage.ConnectAsync(world.AddToken(person, ["read_api"]), name: "Theirs");
        await stage.QuietAsync();
        await AgeWalksAsync(stage);
        var walks = await WalksAsync(stage, admin);

        world.AddMember(stranger, group);
        await stage.QuietAsync();
        (await WalksAsync(stage, theirs)).ShouldBe(1);
        world.AddMember(person, group);
        await HookStage.EventuallyAsync(async () => (await stage.SeenAsync(theirs)).ContainsKey(project.Id), "the new project");
        await stage.QuietAsync();

        (await WalksAsync(stage, theirs)).ShouldBe(2);
        (await WalksAsync(stage, admin)).ShouldBe(walks);
    }

    [Fact]
    public async Task A_lost_event_is_mended_by_the_next_walk()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.Hooks.Lose = true;
        stage.GitLab.World.Rename(stage.GitLab.World.Projects[0], "unheard-of");
        stage.GitLab.World.Delete(stage.GitLab.World.Projects[1]);
        stage.GitLab.World.AddProject(stage.GitLab.World.TopLevelGroups[0], "unannounced");

        (await stage.Get<RequestSync>().RunAsync(stage.Team, connection.Id, default)).Problem.ShouldBeNull();
        await stage.QuietAsync();

        await ShouldBeAsGitLabIsAsync(stage, connection);
    }

    [Fact]
    public async Task An_event_while_a_walk_goes_on_is_seen_at_once_and_right_in_the_end()
    {
        await using var stage = await HookStage.StartAsync(GitLabSandbox.WithProjects(250));
        var connection = await stage.ConnectWithHookAsync();
        var (world, renamed, deleted) = (stage.GitLab.World, stage.GitLab.World.Projects[3], stage.GitLab.World.Projects[5]);
        // Each page takes its picture of the world and arrives much later.
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.Drip(bytesPerPiece: 16_384, pause: TimeSpan.FromMilliseconds(40)));
        await stage.Get<RequestSync>().RunAsync(stage.Team, connection.Id, default);
        await HookStage.EventuallyAsync(() => Task.FromResult(stage.GitLab.Requests.ProjectListPages > 0), "the walk has begun");

        world.Rename(renamed, "during-the-walk");
        world.Delete(deleted);
        await stage.GitLab.Hooks.IdleAsync();
        await stage.QuietAsync();

        await ShouldBeAsGitLabIsAsync(stage, connection);
    }

    [Fact]
    public async Task More_than_a_few_disappearing_by_single_events_is_for_a_walk_and_an_admin_to_decide()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var before = await stage.SeenAsync(connection);
        // The token lost most of what it saw, and each project is spoken of.
        stage.GitLab.World.SetAdmin(stage.GitLab.World.Root, false);
        foreach (var id in before.Keys.Take(8)) await stage.DeliverAsync($$"""{"event_name":"project_update","project_id":{{id}}}""");
        await HookStage.EventuallyAsync(async () => await stage.ReadAsync(db => db.Set<Disappearance>().AnyAsync(d => d.State == DisappearanceState.Held)), "the question");
        await stage.QuietAsync();

        (await stage.SeenAsync(connection)).Count.ShouldBeGreaterThanOrEqualTo(before.Count - Brake.AlwaysAllowed);
    }

    private static Task<int> WalksAsync(HookStage stage, Connection connection) =>
        stage.ReadAsync(db => db.Set<SyncRun>().CountAsync(r => r.ConnectionId == connection.Id && r.Kind == SyncKind.Full));

    /// <summary>As if the last walks had been an hour ago: walks that events cause keep a distance.</summary>
    private static Task<int> AgeWalksAsync(HookStage stage) => stage.ReadAsync(async db =>
    {
        foreach (var run in await db.Set<SyncRun>().AsNoTracking().ToListAsync())
        {
            var (started, finished) = (run.StartedAt - TimeSpan.FromHours(1), run.FinishedAt - TimeSpan.FromHours(1));
            await db.Set<SyncRun>().Where(r => r.Id == run.Id).ExecuteUpdateAsync(r => r.SetProperty(x => x.StartedAt, started).SetProperty(x => x.FinishedAt, finished));
        }

        return 0;
    });

    private static async Task ShouldBeAsGitLabIsAsync(HookStage stage, Connection connection) =>
        (await stage.SeenAsync(connection)).OrderBy(p => p.Key)
            .ShouldBe(stage.GitLab.World.Projects.Where(p => !p.IsBeingDestroyed).Select(p => KeyValuePair.Create(p.Id, p.FullPath)));
}
