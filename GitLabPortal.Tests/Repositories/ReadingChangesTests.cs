using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class ReadingChangesTests
{
    [Theory]
    [InlineData("18.9.0-ee")]
    [InlineData("15.10.0")]
    public async Task Two_hundred_changes_of_many_projects_take_at_most_ten_requests(string version)
    {
        await using var stage = await StageAsync(version, 3000);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        stage.Clock.Advance(TimeSpan.FromHours(6));
        var (world, group) = (stage.GitLab.World, stage.GitLab.World.AddGroup("fresh"));
        var projects = world.Projects;
        for (var i = 0; i < 80; i++) world.Rename(projects[i * 7], $"renamed-{i}");
        for (var i = 0; i < 70; i++) world.Push(projects[1000 + (i * 7)]);
        for (var i = 0; i < 50; i++) world.AddProject(group, $"made-{i}");
        stage.GitLab.Requests.Clear();

        await ChangesAsync(stage, connection);

        stage.GitLab.Requests.Count().ShouldBeLessThanOrEqualTo(10);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        await SameAsync(stage);
        (await stage.LastRunAsync(connection)).ShouldSatisfyAllConditions(r => r.Kind.ShouldBe(SyncKind.Changes), r => r.State.ShouldBe(SyncState.Completed));
    }

    [Fact]
    public async Task Changes_within_the_hour_before_the_last_reading_are_not_missed()
    {
        await using var stage = await StageAsync("18.9.0-ee", 300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var project = stage.GitLab.World.Projects[5];
        stage.GitLab.World.Rename(project, "moved-meanwhile");
        // A reading whose clock is ahead of GitLab's by most of an hour.
        stage.Clock.Advance(TimeSpan.FromMinutes(55));
        await using (var db = stage.Database.CreateDbContext())
        {
            var now = stage.Clock.GetUtcNow();
            db.Add(new SyncRun { ConnectionId = connection.Id, State = SyncState.Completed, StartedAt = now, FinishedAt = now });
            await db.SaveChangesAsync();
        }

        await ChangesAsync(stage, connection);

        await SameAsync(stage);
    }

    [Fact]
    public async Task Old_servers_are_asked_for_activity_alone_and_never_for_everything()
    {
        await using var stage = await StageAsync("15.9.0", 1500);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        stage.Clock.Advance(TimeSpan.FromHours(6));
        stage.GitLab.World.Push(stage.GitLab.World.Projects[10]);
        stage.GitLab.Requests.Clear();

        await ChangesAsync(stage, connection);

        // The version is unknown here: one request finds out that the filter is.
        stage.GitLab.Requests.Count(r => r.Path == "/api/v4/projects" && !IsCount(r)).ShouldBe(3);
        (await stage.LastRunAsync(connection)).Seen.ShouldBeInRange(1, 99);
    }

    [Fact]
    public async Task Hundreds_of_changes_at_one_moment_are_all_read()
    {
        await using var stage = await StageAsync("18.9.0-ee", 900);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        stage.Clock.Advance(TimeSpan.FromHours(6));
        // The clock stands still: all have the same time.
        foreach (var project in stage.GitLab.World.Projects.Take(350)) stage.GitLab.World.Describe(project, "the same moment");

        await ChangesAsync(stage, connection);

        await using var db = stage.Database.CreateDbContext();
        (await db.Set<Repository>().CountAsync(r => r.Description == "the same moment")).ShouldBe(350);
    }

    [Fact]
    public async Task What_is_gone_shows_by_a_count_and_is_found_without_reading_everything()
    {
        await using var stage = await StageAsync("18.9.0-ee", 300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        stage.GitLab.World.Delete(stage.GitLab.World.Projects[0]);
        stage.Clock.Advance(TimeSpan.FromMinutes(30));

        // Too early to count again.
        await ChangesAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(before);

        stage.Clock.Advance(TimeSpan.FromHours(3));
        stage.GitLab.Requests.Clear();
        await ChangesAsync(stage, connection);
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
        stage.GitLab.Requests.Count(IsCount).ShouldBeLessThanOrEqualTo(4);

        stage.Clock.Advance(TimeSpan.FromHours(3));
        stage.GitLab.Requests.Clear();
        await ChangesAsync(stage, connection);
        stage.GitLab.Requests.Count(IsCount).ShouldBe(1);
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
    }

    [Fact]
    public async Task When_too_much_is_gone_by_the_count_an_admin_is_asked_once()
    {
        await using var stage = await StageAsync("18.9.0-ee", 300);
        var connection = await stage.ConnectAsync();
        await stage.WalkAsync(connection);
        var before = await stage.SeenAsync(connection);
        foreach (var project in stage.GitLab.World.Projects.Take(200).ToList()) stage.GitLab.World.Delete(project);
        stage.Clock.Advance(TimeSpan.FromHours(3));

        await ChangesAsync(stage, connection);

        (await stage.SeenAsync(connection)).ShouldBe(before);
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<Disappearance>().SingleAsync()).State.ShouldBe(DisappearanceState.Held);
        stage.Clock.Advance(TimeSpan.FromHours(3));
        await ChangesAsync(stage, connection);
        // Nobody has answered: reading it all again would say the same.
        (await stage.LastRunAsync(connection)).Kind.ShouldBe(SyncKind.Changes);
    }

    [Fact]
    public async Task The_worker_reads_changes_often_and_everything_once_a_day()
    {
        await using var stage = await StageAsync("18.9.0-ee", 1500);
        var connection = await stage.ConnectAsync();
        var first = stage.WhenAsync(p => p.State == SyncState.Completed);
        await using var worker = await stage.StartWorkerAsync();
        (await first).Kind.ShouldBe(SyncKind.Full);

        (await NextAsync(stage, TimeSpan.FromMinutes(20))).ShouldBe(SyncKind.Changes);
        (await NextAsync(stage, TimeSpan.FromMinutes(20))).ShouldBe(SyncKind.Changes);
        var begun = stage.Clock.GetUtcNow();
        for (var hours = 0; hours < 30 && await NextAsync(stage, TimeSpan.FromHours(1)) != SyncKind.Full; hours++)
        {
            // Only changes until a day has passed.
        }

        (stage.Clock.GetUtcNow() - begun).ShouldBeInRange(TimeSpan.FromHours(20), TimeSpan.FromHours(28));
        await worker.StopAsync();
        await using var db = stage.Database.CreateDbContext();
        (await db.Set<SyncRun>().CountAsync(r => r.ConnectionId == connection.Id && r.Kind == SyncKind.Changes)).ShouldBe(1);
    }

    [Fact]
    public async Task Under_maintenance_no_connection_of_the_server_asks_before_it_is_over()
    {
        await using var stage = await StageAsync("18.9.0-ee", 30);
        await stage.ConnectAsync(name: "One");
        await stage.ConnectAsync(name: "Two");
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.ServiceUnavailable(900));
        var waiting = stage.WhenAsync(p => p.RetryAt is not null);
        await using var worker = await stage.StartWorkerAsync();
        await waiting;
        stage.GitLab.Faults.Clear();

        var finished = 0;
        var both = stage.WhenAsync(p => p.State == SyncState.Completed && Interlocked.Increment(ref finished) == 2);
        stage.Clock.Advance(TimeSpan.FromMinutes(14));
        stage.GitLab.Requests.ProjectListPages.ShouldBeLessThanOrEqualTo(2);
        while (!both.IsCompleted)
        {
            stage.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5);
        }

        await both;
        await worker.StopAsync();
    }

    private static bool IsCount(LoggedRequest request) => request.Query.Contains("simple=true", StringComparison.Ordinal);

    private static async Task<CatalogueStage> StageAsync(string version, int projects)
    {
        var clock = new ManualClock();
        return await CatalogueStage.StartAsync(await GitLabSandbox.Version(version).WithProjects(projects).WithTimeProvider(clock).StartAsync(), clock);
    }

    private static async Task ChangesAsync(CatalogueStage stage, Connection connection) =>
        (await stage.Sync.RunAsync(connection.Id, CancellationToken.None, SyncKind.Changes)).ShouldBe(SyncOutcome.Over);

    /// <summary>What is read when so much time has passed. None passes while it is read: on a slow machine that would be days.</summary>
    private static async Task<SyncKind> NextAsync(CatalogueStage stage, TimeSpan after)
    {
        var next = stage.WhenAsync(p => p.State == SyncState.Completed);
        stage.Clock.Advance(after);
        return (await next).Kind;
    }

    /// <summary>The catalogue says what the server says.</summary>
    private static async Task SameAsync(CatalogueStage stage)
    {
        await using var db = stage.Database.CreateDbContext();
        var stored = await db.Set<Repository>().OrderBy(r => r.GitLabId).Select(r => new { r.GitLabId, r.FullPath, r.LastActivityAt }).ToListAsync();
        stored.Select(r => (r.GitLabId, r.FullPath, Milliseconds(r.LastActivityAt!.Value)))
            .ShouldBe(stage.GitLab.World.Projects.Select(p => (p.Id, p.FullPath, Milliseconds(p.LastActivityAt))));
    }

    private static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
