using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>What happens to a walk when GitLab, the token or the portal does not hold.</summary>
public sealed class WalkingThroughTroubleTests
{
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
        // Once, because it takes the whole limit; and that is long enough for the answers that come.
        var times = name == "slow" ? 1 : 3;
        if (name == "slow") stage.RequestTimeout = TimeSpan.FromSeconds(10);
        stage.GitLab.Faults.Answer("/api/v4/projects", times, FaultNamed(name), after: 2);
        var problems = new List<string>();
        using var subscription = stage.Feed.Subscribe(p =>
        {
            if (p.RetryAt is not null) problems.Add(p.ProblemText!);
        });

        (await stage.WalkAsync(connection)).ShouldBe(times);

        problems.Count.ShouldBe(times);
        problems[0].ShouldNotContain("Exception");
        (await stage.SeenAsync(connection)).ShouldBe(stage.ProjectIds);
        stage.GitLab.Requests.ProjectListPages.ShouldBe(6 + times);
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
        "slow" => Fault.Hang(),
        "sso" => Fault.SsoLoginPage(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };
}
