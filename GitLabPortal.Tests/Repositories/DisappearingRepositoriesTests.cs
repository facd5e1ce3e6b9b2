using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>Nothing is taken for deleted because a list does not show it.</summary>
public sealed class DisappearingRepositoriesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(450)]
    public async Task An_empty_list_changes_nothing(int projects)
    {
        await using var stage = await CatalogueStage.StartAsync(projects);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.Custom(200, "[]"));

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        var held = await HeldAsync(stage, connection);
        (held.State, held.Count, held.Known).ShouldBe((DisappearanceState.Held, projects, projects));
        held.Cause.ShouldStartWith("GitLab listed no project at all.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public async Task Half_a_list_changes_nothing(int atOnce)
    {
        await using var stage = await CatalogueStage.StartAsync(600);
        stage.MaxRequestsAtOnce = atOnce;
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        // Every second project vanishes.
        foreach (var project in stage.GitLab.World.Projects.Where((_, i) => i % 2 == 0)) stage.GitLab.World.StartDestroying(project);

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe(before);
        (await HeldAsync(stage, connection)).Count.ShouldBe(300);
    }

    [Fact]
    public async Task Somebody_elses_longer_list_changes_nothing_of_what_was_there()
    {
        await using var stage = await CatalogueStage.StartAsync(40);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        var world = stage.GitLab.World;
        foreach (var project in world.Projects) world.Delete(project);
        var group = world.AddGroup("strangers");
        for (var i = 0; i < 500; i++) world.AddProject(group, $"stranger-{i}", id: 100_000 + i);

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe([.. before, .. Enumerable.Range(100_000, 500).Select(i => (long)i)]);
        (await HeldAsync(stage, connection)).ShouldSatisfyAllConditions(h => h.Count.ShouldBe(before.Count), h => h.Known.ShouldBe(before.Count));
    }

    [Fact]
    public async Task A_lost_group_is_named_and_all_is_well_when_the_token_gets_it_back()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var (bot, connection, lost) = await TwoGroupsAsync(stage);
        stage.GitLab.World.RemoveMember(bot, lost);

        await stage.WalkAsync(connection);
        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        var held = await HeldAsync(stage, connection);
        (held.Count, held.Known).ShouldBe((5, 15));
        held.Cause.ShouldStartWith("This token lost the group lost:");
        // One question however often it is read, and few requests to find the cause.
        await using (var db = stage.Database.CreateDbContext()) (await db.Set<Disappearance>().CountAsync()).ShouldBe(1);
        stage.GitLab.Requests.Count(r => r.Path.StartsWith("/api/v4/groups/", StringComparison.Ordinal)).ShouldBe(2);

        stage.GitLab.World.AddMember(bot, lost);
        await stage.WalkAsync(connection);
        (await DisappearancesAsync(stage, connection)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_admin_accepts_and_undoes_and_the_project_says_why_it_is_out_of_reach()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var (bot, connection, lost) = await TwoGroupsAsync(stage);
        await PickAsync(stage, "lost/lost-1");
        stage.GitLab.World.RemoveMember(bot, lost);
        await stage.WalkAsync(connection);
        var held = await HeldAsync(stage, connection);
        var decide = new DecideDisappearance(stage.Database, stage.Feed, stage.Clock);

        (await decide.RunAsync(stage.Team, held.Id, DisappearanceDecision.Accept, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        (await decide.RunAsync(stage.Team, held.Id, DisappearanceDecision.Accept, CancellationToken.None)).IsSuccess.ShouldBeTrue();

        (await stage.SeenAsync(connection)).Count.ShouldBe(10);
        var project = (await ProjectsAsync(stage)).ShouldHaveSingleItem();
        (project.State, project.Absence).ShouldBe((ProjectState.NotVisible, Absence.GroupNotShown));
        project.Reason!.ShouldContain("no longer shows its group");

        (await decide.RunAsync(stage.Team, held.Id, DisappearanceDecision.Keep, CancellationToken.None)).IsSuccess.ShouldBeTrue();
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).Count.ShouldBe(15);
        (await ProjectsAsync(stage)).ShouldHaveSingleItem().State.ShouldBe(ProjectState.Available);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<AuditEvent>().OrderBy(e => e.At).Select(e => e.Action).ToListAsync()).Where(a => a.StartsWith("repositories.", StringComparison.Ordinal))
            .ShouldBe(["repositories.disappearance-accepted", "repositories.disappearance-kept"]);
    }

    [Fact]
    public async Task Kept_ones_are_not_asked_about_again_and_count_as_seen_once_GitLab_lists_them()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var (bot, connection, lost) = await TwoGroupsAsync(stage);
        stage.GitLab.World.RemoveMember(bot, lost);
        await stage.WalkAsync(connection);
        var decide = new DecideDisappearance(stage.Database, stage.Feed, stage.Clock);
        await decide.RunAsync(stage.Team, (await HeldAsync(stage, connection)).Id, DisappearanceDecision.Keep, CancellationToken.None);

        await stage.WalkAsync(connection);
        (await DisappearancesAsync(stage, connection)).ShouldHaveSingleItem().State.ShouldBe(DisappearanceState.Kept);

        stage.GitLab.World.AddMember(bot, lost);
        await stage.WalkAsync(connection);
        (await DisappearancesAsync(stage, connection)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Few_leave_at_once_and_can_be_brought_back_for_30_days()
    {
        await using var stage = await CatalogueStage.StartAsync(30);
        var connection = await stage.ConnectAsync(change: c => c.TokenUserIsAdmin = true);
        await stage.WalkAsync(connection);
        var gone = stage.GitLab.World.Projects[3];
        await PickAsync(stage, gone.FullPath);
        stage.GitLab.World.Delete(gone);

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        var row = (await DisappearancesAsync(stage, connection)).ShouldHaveSingleItem();
        (row.State, row.Count).ShouldBe((DisappearanceState.Applied, 1));
        (await ProjectsAsync(stage)).ShouldHaveSingleItem().Reason.ShouldBe("Deleted on GitLab. A GitLab administrator can say whether it can be restored.");

        stage.Clock.Advance(TimeSpan.FromDays(31));
        (await new DecideDisappearance(stage.Database, stage.Feed, stage.Clock).RunAsync(stage.Team, row.Id, DisappearanceDecision.Keep, CancellationToken.None))
            .Problem.ShouldBeOfType<Problem.NotFound>();
        await stage.WalkAsync(connection);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<RepositorySighting>().CountAsync()).ShouldBe(29);
        // The row stays for the project that was picked from it.
        (await db.Set<Repository>().CountAsync()).ShouldBe(30);
        (await db.Set<Disappearance>().CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Only_admins_of_the_own_team_decide()
    {
        await using var stage = await CatalogueStage.StartAsync();
        var (bot, connection, lost) = await TwoGroupsAsync(stage);
        stage.GitLab.World.RemoveMember(bot, lost);
        await stage.WalkAsync(connection);
        var held = await HeldAsync(stage, connection);
        var decide = new DecideDisappearance(stage.Database, stage.Feed, stage.Clock);
        var team = new Team { Id = stage.Team.TeamId, Name = stage.Team.TeamName, Slug = stage.Team.Slug, CreatedAt = default };
        var member = await stage.Database.AddMemberAsync(team, await stage.Database.AddAccountAsync("Mia"), TeamRole.Member);
        var stranger = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));

        (await decide.RunAsync(member, held.Id, DisappearanceDecision.Accept, CancellationToken.None)).Problem.ShouldBeOfType<Problem.Forbidden>();
        (await decide.RunAsync(stranger, held.Id, DisappearanceDecision.Accept, CancellationToken.None)).Problem.ShouldBeOfType<Problem.NotFound>();
        (await stage.SeenAsync(connection)).Count.ShouldBe(15);
    }

    private static async Task<(SandboxUser Bot, Connection Connection, SandboxGroup Lost)> TwoGroupsAsync(CatalogueStage stage)
    {
        var world = stage.GitLab.World;
        var (bot, kept, lost) = (world.AddUser("bot"), world.AddGroup("kept"), world.AddGroup("lost"));
        for (var i = 0; i < 10; i++) world.AddProject(kept, $"kept-{i}");
        for (var i = 0; i < 5; i++) world.AddProject(lost, $"lost-{i}");
        world.AddMember(bot, kept);
        world.AddMember(bot, lost);
        var connection = await stage.ConnectAsync(world.AddToken(bot, ["read_api"]));
        await stage.WalkAsync(connection);
        return (bot, connection, lost);
    }

    private static async Task PickAsync(CatalogueStage stage, string path)
    {
        await using var db = stage.Database.CreateDbContext();
        var repository = await db.Set<Repository>().SingleAsync(r => r.FullPath == path);
        var project = new Project { TeamId = stage.Team.TeamId, ServerId = repository.ServerId, GitLabId = repository.GitLabId, AddedById = stage.Team.AccountId, AddedAt = stage.Clock.GetUtcNow() };
        project.SawAs(repository.Name, repository.FullPath);
        db.Add(project);
        await db.SaveChangesAsync();
    }

    private static async Task<IReadOnlyList<ProjectRow>> ProjectsAsync(CatalogueStage stage) =>
        (await new ProjectQueries(stage.Database).SearchAsync(stage.Team, null, new PageRequest(0, 10), CancellationToken.None)).Items;

    private static Task<IReadOnlyList<DisappearanceRow>> DisappearancesAsync(CatalogueStage stage, Connection connection) =>
        new DisappearanceQueries(stage.Database, stage.Clock).OfConnectionAsync(connection.Id, CancellationToken.None);

    private static async Task<DisappearanceRow> HeldAsync(CatalogueStage stage, Connection connection) =>
        (await DisappearancesAsync(stage, connection)).Single(d => d.State == DisappearanceState.Held);
}
