using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class WalkingInParallelTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    [InlineData(16)]
    public async Task Five_thousand_projects_take_51_list_requests_and_one_more_for_each_range(int ceiling)
    {
        await using var stage = await ParallelStageAsync(5000, ceiling);
        var connection = await stage.ConnectAsync();
        var ranges = new HashSet<long>();
        using var subscription = stage.Feed.Subscribe(_ =>
        {
            using var db = stage.Database.CreateDbContext();
            ranges.UnionWith(db.Set<SyncRange>().Select(r => r.FromId));
        });

        (await stage.WalkAsync(connection)).ShouldBe(0);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo(51 + ranges.Count);
        stage.GitLab.Requests.Count(r => r.Path != "/api/v4/projects").ShouldBe(0);
        var run = await stage.LastRunAsync(connection);
        (run.State, run.Seen, run.Pages).ShouldBe((SyncState.Completed, 5000, stage.GitLab.Requests.ProjectListPages));
        await using var check = stage.Database.CreateDbContext();
        (await check.Set<SyncRange>().CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Requests_are_on_their_way_at_the_same_time_but_never_more_than_allowed()
    {
        // Enough to be worth six parts.
        await using var stage = await ParallelStageAsync(12_000, 6);
        var connection = await stage.ConnectAsync();
        // By then it knows that the server bears six; without six on their way nobody gets an answer.
        var gate = new SandboxGate(opensAt: 6);
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.Held(gate), after: 12);

        await stage.WalkAsync(connection);

        gate.Most.ShouldBe(6);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task Ids_that_lie_in_clusters_are_divided_again()
    {
        await using var stage = await ParallelStageAsync(0, 8);
        var world = stage.GitLab.World;
        var group = world.AddGroup("all");
        long id = 0;
        // Nine tenths lie in the last hundredth of the ids.
        for (var i = 0; i < 300; i++) world.AddProject(group, $"early-{i}", id: id += 3000);
        for (var i = 0; i < 2700; i++) world.AddProject(group, $"late-{i}", id: ++id);
        var connection = await stage.ConnectAsync();

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        // 31 pages if one came after the other.
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo(31 + 24);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(199)]
    [InlineData(250)]
    [InlineData(401)]
    public async Task Small_lists_are_read_to_the_end(int projects)
    {
        await using var stage = await ParallelStageAsync(projects, 8);
        var connection = await stage.ConnectAsync();

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        (await stage.LastRunAsync(connection)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(SyncState.Completed), r => r.Seen.ShouldBe(projects));
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo((projects / 100) + 3);
    }

    [Theory]
    [InlineData("13.12.15")]
    [InlineData("15.0.0-ee")]
    [InlineData("19.0.0-ee")]
    public async Task Old_and_new_servers_are_divided_alike(string version)
    {
        await using var stage = await CatalogueStage.StartAsync(await GitLabSandbox.Version(version).WithProjects(1200).StartAsync());
        stage.MaxRequestsAtOnce = 4;
        var connection = await stage.ConnectAsync();

        await stage.WalkAsync(connection);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task Refusals_make_it_slower_and_lose_nothing()
    {
        await using var stage = await ParallelStageAsync(3000, 8);
        var connection = await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/projects", times: 5, Fault.TooManyRequestsByEndpoint(40), after: 12);
        var most = 0;
        using var subscription = stage.Feed.Subscribe(p =>
        {
            using var db = stage.Database.CreateDbContext();
            var run = db.Set<SyncRun>().Single();
            if (p.RetryAt is null) most = Math.Max(most, run.RequestsAtOnce);
            else run.RequestsAtOnce.ShouldBeLessThan(most);
        });

        (await stage.WalkAsync(connection)).ShouldBeInRange(1, 5);

        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        (await stage.LastRunAsync(connection)).Seen.ShouldBe(3000);
        most.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task Waits_before_the_limit_of_the_server_is_used_up()
    {
        var clock = new ManualClock();
        await using var gitLab = await GitLabSandbox.WithProjects(6000).WithTimeProvider(clock).StartAsync();
        await using var stage = await CatalogueStage.StartAsync(gitLab, clock);
        stage.MaxRequestsAtOnce = 8;
        gitLab.World.Settings.Throttle = new SandboxThrottle(50, TimeSpan.FromHours(1));
        var connection = await stage.ConnectAsync();

        var outcome = await stage.Sync.RunAsync(connection.Id, CancellationToken.None);

        outcome.RetryAt.ShouldNotBeNull();
        gitLab.Requests.Count(r => r.Status == 429).ShouldBe(0);
        var run = await stage.LastRunAsync(connection);
        (run.State, run.ProblemCode, run.Attempts).ShouldBe((SyncState.Running, "rate-limit-near", 0));
        run.Seen.ShouldBeGreaterThan(1500);
        gitLab.World.Settings.Throttle = null;
        stage.Clock.Advance(outcome.RetryAt!.Value - stage.Clock.GetUtcNow());
        await stage.WalkAsync(connection);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
    }

    [Fact]
    public async Task Projects_that_come_go_and_move_during_a_walk_end_up_right()
    {
        await using var stage = await ParallelStageAsync(3000, 6);
        var world = stage.GitLab.World;
        var connection = await stage.ConnectAsync();
        var (target, step) = (world.AddGroup("moved-here"), 0);
        var ids = stage.ProjectIds.ToList();
        using var subscription = stage.Feed.Subscribe(p =>
        {
            if (p.State != SyncState.Running || p.Seen == 0 || step >= 20) return;
            var at = ids[^(1 + (step++ * 7))];
            world.AddProject(target, $"made-{step}");
            world.Rename(world.FindProject(at)!, $"renamed-{step}");
            world.Transfer(world.FindProject(at - 1) ?? world.FindProject(at)!, target);
            if (world.FindProject(at - 3) is { } doomed) world.Delete(doomed);
        });
        await stage.WalkAsync(connection);
        step.ShouldBeGreaterThan(3);
        step = 20;
        // Each project as it was at the moment its page was read; the next walk knows the rest.
        await stage.WalkAsync(connection);

        await using var db = stage.Database.CreateDbContext();
        var paths = await db.Set<Repository>().Where(r => db.Set<RepositorySighting>().Any(s => s.RepositoryId == r.Id && s.MissingSince == null))
            .ToDictionaryAsync(r => r.GitLabId, r => r.FullPath, TestContext.Current.CancellationToken);
        paths.OrderBy(p => p.Key).ShouldBe(world.Projects.Select(p => KeyValuePair.Create(p.Id, p.FullPath)));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(2, true)]
    public async Task Half_a_list_is_not_taken_for_a_whole_one(int ceiling, bool isLastPageLate)
    {
        await using var stage = await ParallelStageAsync(2000, ceiling);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        stage.GitLab.Faults.Answer("/api/v4/projects", times: 1, Fault.Custom(200, "[]"), after: 6);
        var gate = new SandboxGate(opensAt: isLastPageLate ? int.MaxValue : 1);
        stage.GitLab.Faults.AnswerQuery("/api/v4/projects", "sort=desc", Fault.Held(gate));

        var walking = stage.WalkAsync(connection);
        if (isLastPageLate)
        {
            // All but the page from the other side, which tells where the list ends, is stored by then: also that it ends after five hundred.
            (await Eventually.ReadAsync(async () => (await stage.LastRunAsync(connection)).Pages, pages => pages == 6)).ShouldBe(6);
            gate.Open();
        }

        await walking;

        (await stage.SeenAsync(connection)).ShouldBe(before);
        (await stage.LastRunAsync(connection)).ShouldSatisfyAllConditions(r => r.State.ShouldBe(SyncState.Completed), r => r.Seen.ShouldBe(2000));
    }

    private static async Task<CatalogueStage> ParallelStageAsync(int projects, int ceiling)
    {
        var stage = await CatalogueStage.StartAsync(projects);
        stage.MaxRequestsAtOnce = ceiling;
        return stage;
    }
}
