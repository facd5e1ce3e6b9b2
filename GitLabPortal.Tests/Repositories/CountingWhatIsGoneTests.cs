using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>What is gone between two complete readings is found by totals; the sandbox gives none above 10,000, as GitLab.</summary>
public sealed class CountingWhatIsGoneTests
{
    [Fact]
    public async Task Beyond_10000_parts_are_counted_and_only_what_differs_is_read()
    {
        await using var stage = await StageAsync(10_600, maxAtOnce: 4);
        var world = stage.GitLab.World;
        var connection = await stage.ConnectAsync(change: c => c.TokenUserIsAdmin = true);
        await stage.WalkAsync(connection);

        await NextAsync(stage, connection);
        Counts(stage).ShouldBe(3);
        Reads(stage).ShouldBe(0);
        stage.GitLab.Requests.Where(IsCount).ShouldAllBe(r => r.Query.Contains("per_page=1&", StringComparison.Ordinal) && r.Query.Contains("id_before=", StringComparison.Ordinal));

        var lost = world.Projects[6_000];
        world.Delete(lost);
        await NextAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        (await SightingAsync(stage, lost.Id)).Absence.ShouldBe(Absence.Deleted);
        Counts(stage).ShouldBeLessThanOrEqualTo(3 + 6);
        Reads(stage).ShouldBe(1);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);

        // 400 in a row, and one more: a whole part is believed by an empty list.
        foreach (var project in world.Projects.Skip(2_000).Take(400).Append(world.Projects[9_000]).ToList()) world.Delete(project);
        await NextAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        stage.GitLab.Requests.Count().ShouldBeLessThan(60);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);

        var before = await stage.SeenAsync(connection);
        foreach (var project in world.Projects.Where((_, i) => i % 3 == 0).ToList()) world.Delete(project);
        await NextAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(before);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Full);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<Disappearance>().SingleAsync(d => d.State == DisappearanceState.Held)).Count.ShouldBe(before.Count - world.Projects.Count);

        await NextAsync(stage, connection);
        // Whoever is asked already is not asked again, nor is everything read for it.
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
        Counts(stage).ShouldBe(2);
    }

    [Fact]
    public async Task What_the_token_lost_and_got_without_a_change_on_GitLab_shows_with_its_reason()
    {
        await using var stage = await StageAsync(0);
        var world = stage.GitLab.World;
        var (bot, kept, lost, got) = (world.AddUser("bot"), world.AddGroup("kept"), world.AddGroup("lost"), world.AddGroup("got"));
        for (var i = 0; i < 60; i++) world.AddProject(got, $"got-{i}");
        for (var i = 0; i < 400; i++) world.AddProject(kept, $"kept-{i}");
        for (var i = 0; i < 40; i++) world.AddProject(lost, $"lost-{i}");
        world.AddMember(bot, kept);
        world.AddMember(bot, lost);
        // Changed so long ago that the reading of changes does not show them.
        stage.Clock.Advance(TimeSpan.FromHours(6));
        var connection = await stage.ConnectAsync(world.AddToken(bot, ["read_api"]));
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).Count.ShouldBe(440);

        world.RemoveMember(bot, lost);
        world.AddMember(bot, got);
        await NextAsync(stage, connection);

        await using var db = stage.Database.CreateDbContext();
        var rows = await db.Set<RepositorySighting>().Where(s => s.ConnectionId == connection.Id)
            .GroupBy(s => new { s.Repository!.NamespacePath, IsMissing = s.MissingSince != null, s.Absence })
            .Select(g => new { g.Key.NamespacePath, g.Key.IsMissing, g.Key.Absence, Count = g.Count() })
            .ToListAsync();
        rows.Select(r => (r.NamespacePath, r.IsMissing, r.Absence, r.Count)).Order()
            .ShouldBe([("got", false, null, 60), ("kept", false, null, 400), ("lost", true, Absence.GroupNotShown, 40)]);
        var told = await db.Set<Disappearance>().SingleAsync();
        (told.State, told.Count, told.Known).ShouldBe((DisappearanceState.Applied, 40, 500));
        told.Cause.ShouldStartWith("This token lost the group lost:");
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
        // One question about the group, however many lay in it.
        stage.GitLab.Requests.Count(r => r.Path.StartsWith("/api/v4/groups/", StringComparison.Ordinal)).ShouldBe(1);

        world.AddMember(bot, lost);
        await NextAsync(stage, connection);
        (await stage.SeenAsync(connection)).Count.ShouldBe(500);
    }

    [Fact]
    public async Task Many_small_losses_are_a_large_one()
    {
        await using var stage = await StageAsync(300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        for (var i = 0; i < 2; i++)
        {
            foreach (var project in stage.GitLab.World.Projects.Take(25).ToList()) stage.GitLab.World.Delete(project);
            await NextAsync(stage, connection);
            (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
            (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
        }

        foreach (var project in stage.GitLab.World.Projects.Take(25).ToList()) stage.GitLab.World.Delete(project);
        await NextAsync(stage, connection);

        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Full);
    }

    [Fact]
    public async Task A_project_that_is_marked_for_deletion_is_still_there_until_it_is_deleted()
    {
        await using var stage = await StageAsync(300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var project = stage.GitLab.World.Projects[7];
        stage.GitLab.World.MarkForDeletion(project);

        await NextAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldContain(project.Id);
        Counts(stage).ShouldBe(1);

        stage.GitLab.World.StartDestroying(project);
        await NextAsync(stage, connection);
        (await SightingAsync(stage, project.Id)).ShouldSatisfyAllConditions(s => s.MissingSince.ShouldNotBeNull(), s => s.Absence.ShouldBe(Absence.Deleted));
    }

    [Fact]
    public async Task Behind_a_proxy_that_drops_the_totals_nothing_is_concluded_and_little_asked()
    {
        await using var stage = await StageAsync(300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        stage.GitLab.World.Delete(stage.GitLab.World.Projects[50]);
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.ProxyDropsHeaders("X-Total", "X-Total-Pages", "X-Page", "X-Next-Page"));

        await NextAsync(stage, connection);

        (await stage.SeenAsync(connection)).ShouldBe(before);
        Counts(stage).ShouldBe(2);
        (await stage.LastRunAsync(connection)).ShouldSatisfyAllConditions(r => r.Kind.ShouldBe(SyncKind.Changes), r => r.State.ShouldBe(SyncState.Completed));
    }

    [Theory]
    [InlineData("429")]
    [InlineData("502")]
    [InlineData("reset")]
    public async Task When_counting_fails_the_changes_are_read_all_the_same_and_the_next_time_counts(string how)
    {
        await using var stage = await StageAsync(300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        stage.GitLab.World.Delete(stage.GitLab.World.Projects[50]);
        // The first total comes, the second does not.
        stage.GitLab.Faults.AnswerQuery("/api/v4/projects", "simple=true", how switch { "429" => Fault.TooManyRequestsByEndpoint(), "502" => Fault.NginxBadGateway(), _ => Fault.LostAnswer() }, times: 1, after: 1);

        await NextAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(before);
        (await stage.LastRunAsync(connection)).State.ShouldBe(SyncState.Completed);
        (await stage.ReadAsync(connection)).Status.ShouldBe(ConnectionStatus.Working);

        stage.Clock.Advance(TimeSpan.FromMinutes(15));
        await ChangesAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task A_process_that_ends_while_it_counts_has_changed_nothing_and_counts_again()
    {
        await using var stage = await StageAsync(300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        stage.GitLab.World.Delete(stage.GitLab.World.Projects[50]);
        stage.Clock.Advance(TimeSpan.FromHours(3));
        stage.GitLab.Requests.Clear();
        stage.GitLab.Faults.AnswerQuery("/api/v4/projects", "simple=true", Fault.Hang(), times: 1, after: 1);
        using var kill = new CancellationTokenSource();
        var walking = stage.NewSync().RunAsync(connection.Id, kill.Token, SyncKind.Changes);
        (await Eventually.ReadAsync(() => Task.FromResult(Counts(stage)), counts => counts == 2)).ShouldBe(2);
        await kill.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(walking);

        (await stage.SeenAsync(connection)).ShouldBe(before);
        (await stage.NewSync().RunAsync(connection.Id, CancellationToken.None)).ShouldBe(SyncOutcome.Over);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<Disappearance>().SingleAsync()).Count.ShouldBe(1);
        (await stage.LastRunAsync(connection)).ShouldSatisfyAllConditions(r => r.Kind.ShouldBe(SyncKind.Changes), r => r.State.ShouldBe(SyncState.Completed));
    }

    [Fact]
    public async Task Something_that_answers_with_an_empty_list_in_GitLabs_place_takes_nothing_away()
    {
        await using var stage = await StageAsync(300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        stage.GitLab.World.Delete(stage.GitLab.World.Projects[50]);
        // The total of one half is none; the list of it says otherwise.
        stage.GitLab.Faults.AnswerQuery("/api/v4/projects", "simple=true", Fault.Custom(200, "[]", headers: [("X-Total", "0"), ("X-Page", "1")]), times: 1, after: 1);

        await NextAsync(stage, connection);

        (await stage.SeenAsync(connection)).ShouldBe(before);
        await NextAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task Counting_comes_at_its_own_rhythm()
    {
        await using var stage = await StageAsync(300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        await NextAsync(stage, connection);
        Counts(stage).ShouldBe(1);

        stage.GitLab.Requests.Clear();
        for (var i = 0; i < 3; i++)
        {
            stage.Clock.Advance(TimeSpan.FromMinutes(19));
            await ChangesAsync(stage, connection);
            Counts(stage).ShouldBe(0);
        }

        stage.Clock.Advance(TimeSpan.FromMinutes(4));
        await ChangesAsync(stage, connection);
        Counts(stage).ShouldBe(1);
    }

    private static bool IsCount(LoggedRequest request) => request.Path == "/api/v4/projects" && request.Query.Contains("simple=true", StringComparison.Ordinal);

    private static int Counts(CatalogueStage stage) => stage.GitLab.Requests.Count(IsCount);

    /// <summary>Lists that a count led to: bounded on both sides.</summary>
    private static int Reads(CatalogueStage stage) =>
        stage.GitLab.Requests.Count(r => !IsCount(r) && r.Query.Contains("id_before=", StringComparison.Ordinal));

    private static async Task<RepositorySighting> SightingAsync(CatalogueStage stage, long gitLabId)
    {
        await using var db = stage.Database.CreateDbContext();
        return await db.Set<RepositorySighting>().AsNoTracking().SingleAsync(s => s.Repository!.GitLabId == gitLabId);
    }

    private static async Task<CatalogueStage> StageAsync(int projects, int maxAtOnce = 1)
    {
        var clock = new ManualClock();
        var stage = await CatalogueStage.StartAsync(await GitLabSandbox.Version("18.9.0-ee").WithProjects(projects).WithTimeProvider(clock).StartAsync(), clock);
        stage.MaxRequestsAtOnce = maxAtOnce;
        return stage;
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
