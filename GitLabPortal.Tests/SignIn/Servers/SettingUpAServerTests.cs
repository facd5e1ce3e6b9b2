using GitLabPortal.Kernel;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.Servers;

public sealed class SettingUpAServerTests
{
    private static readonly Func<Task> Ignore = () => Task.CompletedTask;

    [Theory]
    [InlineData("16.6.10-ee")]
    [InlineData("18.9.0")]
    [InlineData("19.3.0-ee")]
    public async Task Makes_one_of_each_and_connects_the_team(string version)
    {
        await using var stage = await SetUpStage.StartAsync(GitLabSandbox.WithProjects(20).Version(version).WithAdminMode().WithRelativeRoot("/gitlab"));
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin);

        (await ApplyAsync(stage, plan, admin)).Problem.ShouldBeNull();

        await stage.ShouldBeCompleteAsync(plan);
    }

    [Fact]
    public async Task Planning_changes_nothing()
    {
        await using var stage = await SetUpStage.StartAsync();
        var before = stage.State();

        var admin = await stage.CheckAsync();
        await stage.Get<DraftPlan>().CheckAsync(admin, await stage.PlanAsync(admin), default);

        stage.State().ShouldBe(before);
        stage.GitLab.Requests.All.ShouldAllBe(r => r.Method == "GET");
    }

    [Fact]
    public async Task Undo_leaves_nothing_behind()
    {
        await using var stage = await SetUpStage.StartAsync();
        var before = stage.State();
        var admin = await stage.CheckAsync();
        var setUp = await BeginAsync(stage, await stage.PlanAsync(admin));
        (await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();
        stage.State().ShouldNotBe(before);

        (await stage.Get<UndoSetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();

        stage.State().ShouldBe(before);
        await stage.ShouldBeGoneAsync();
    }

    /// <summary>After the n-th write GitLab has done it, but the answer is lost, as when the portal is killed at this moment.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    public async Task A_lost_answer_doubles_nothing_and_orphans_nothing(int write, bool undo)
    {
        await using var stage = await SetUpStage.StartAsync();
        var before = stage.State();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin);
        var setUp = await BeginAsync(stage, plan);
        stage.GitLab.Faults.Answer("/api/v4", 1, Fault.LostAnswer(), after: write, method: "POST");
        (await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeOfType<Problem.Upstream>();
        stage.GitLab.Faults.Clear();

        await FinishInAnotherProcessAsync(stage, setUp, undo);

        await ShouldHaveEndedAsync(stage, plan, before, undo);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_refused_step_can_be_tried_again(int write)
    {
        await using var stage = await SetUpStage.StartAsync();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin);
        var setUp = await BeginAsync(stage, plan);
        stage.GitLab.Faults.Answer("/api/v4", 1, Fault.InternalServerError(), after: write, method: "POST");
        (await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeOfType<Problem.Upstream>();

        (await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();

        await stage.ShouldBeCompleteAsync(plan);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(5, false)]
    [InlineData(6, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(5, true)]
    [InlineData(6, true)]
    public async Task A_portal_killed_after_a_step_goes_on_or_back(int steps, bool undo)
    {
        await using var stage = await SetUpStage.StartAsync();
        var before = stage.State();
        var plan = await stage.PlanAsync(await stage.CheckAsync());
        var setUp = await BeginAsync(stage, plan);

        (await SetUpChild.RunAndKillAsync(stage, setUp, steps)).ShouldBe(steps);

        await FinishInAnotherProcessAsync(stage, setUp, undo);
        await ShouldHaveEndedAsync(stage, plan, before, undo);
    }

    [Fact]
    public async Task A_failed_undo_can_be_tried_again()
    {
        await using var stage = await SetUpStage.StartAsync();
        var before = stage.State();
        var admin = await stage.CheckAsync();
        var setUp = await BeginAsync(stage, await stage.PlanAsync(admin));
        await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default);
        stage.GitLab.Faults.Answer("/api/v4/users", 1, Fault.LostAnswer(), method: "DELETE");

        (await stage.Get<UndoSetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeOfType<Problem.Upstream>();
        (await stage.Get<UndoSetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();

        stage.State().ShouldBe(before);
        await stage.ShouldBeGoneAsync();
    }

    [Fact]
    public async Task What_somebody_else_made_is_never_taken_for_ours()
    {
        await using var stage = await SetUpStage.StartAsync();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin);
        stage.GitLab.World.AddApplication(plan.ApplicationName, plan.RedirectUri, ["read_user"]);
        var before = stage.State();
        var findings = (await stage.Get<DraftPlan>().CheckAsync(admin, plan, default)).Value!;
        findings.ShouldHaveSingleItem().Code.ShouldBe("setup-application-exists");
        var setUp = await BeginAsync(stage, plan);
        stage.GitLab.Faults.Answer("/api/v4/applications", 1, Fault.LostAnswer(), method: "POST");
        await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default);
        stage.GitLab.World.Applications.Count.ShouldBe(2);

        (await stage.Get<UndoSetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();

        stage.State().ShouldBe(before);
    }

    [Theory]
    [InlineData(true, "setup-username-taken")]
    [InlineData(false, "setup-email-taken")]
    public async Task A_name_or_address_that_is_taken_is_said_before_and_stops_the_step(bool byName, string code)
    {
        await using var stage = await SetUpStage.StartAsync();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin);
        var other = stage.GitLab.World.AddUser(byName ? plan.BotUsername : "other");
        if (!byName) stage.GitLab.World.SetEmail(other, plan.BotEmail);

        (await stage.Get<DraftPlan>().CheckAsync(admin, plan, default)).Value!.ShouldHaveSingleItem().Code.ShouldBe(code);
        (await ApplyAsync(stage, plan, admin)).Problem!.Code.ShouldBe(code);

        stage.GitLab.World.FindUser(other.Id).ShouldNotBeNull();
        stage.GitLab.World.Tokens.ShouldNotContain(t => t.User == other);
    }

    [Fact]
    public async Task Only_what_is_ticked_is_made()
    {
        await using var stage = await SetUpStage.StartAsync();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin) with { WithBot = false, ConnectTeam = null };

        (await ApplyAsync(stage, plan, admin)).Problem.ShouldBeNull();

        stage.GitLab.World.Applications.Count.ShouldBe(1);
        stage.GitLab.World.Users.ShouldNotContain(u => u.Username.StartsWith("gitlabportal", StringComparison.Ordinal));
        (await stage.Get<ApplySetUp>().BeginAsync(plan with { WithApplication = false }, stage.Order, default)).Problem!.Code.ShouldBe("setup-empty");
    }

    [Fact]
    public async Task A_server_that_allows_less_than_a_year_gets_a_token_of_its_own_maximum()
    {
        await using var stage = await SetUpStage.StartAsync();
        stage.GitLab.World.Settings.MaximumTokenLifetimeInDays = 30;
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin);

        (await ApplyAsync(stage, plan, admin)).Problem.ShouldBeNull();

        await stage.ShouldBeCompleteAsync(plan);
    }

    [Theory]
    [InlineData("18.9.0-ee", true, true)]
    [InlineData("18.9.0-ee", false, false)]
    [InlineData("18.9.0", true, false)]
    [InlineData("19.3.0", true, true)]
    public async Task A_service_account_where_the_server_offers_it(string version, bool licensed, bool offered)
    {
        await using var stage = await SetUpStage.StartAsync(GitLabSandbox.WithProjects(20).Version(version));
        stage.GitLab.World.Settings.IsLicensed = licensed;
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin) with { AsServiceAccount = admin.OffersServiceAccounts };

        (await ApplyAsync(stage, plan, admin)).Problem.ShouldBeNull();

        admin.OffersServiceAccounts.ShouldBe(offered);
        stage.GitLab.World.Users.Single(u => u.Username == plan.BotUsername).Kind.ShouldBe(offered ? SandboxUserKind.ServiceAccount : SandboxUserKind.Human);
        await stage.ShouldBeCompleteAsync(plan);
    }

    [Fact]
    public async Task A_second_set_up_waits_for_the_first_one_to_be_finished_or_undone()
    {
        await using var stage = await SetUpStage.StartAsync();
        var plan = await stage.PlanAsync(await stage.CheckAsync());
        await BeginAsync(stage, plan);

        (await stage.Get<ApplySetUp>().BeginAsync(plan, stage.Order, default)).Problem!.Code.ShouldBe("setup-unfinished");
    }

    private static async Task FinishInAnotherProcessAsync(SetUpStage stage, Guid setUp, bool undo)
    {
        // A killed process keeps its right to work until a request of its own would have ended.
        await using var services = Processes.Open(stage.Portal.DataDirectory, later: TimeSpan.FromMinutes(2));
        var admin = await stage.CheckAsync(services: services);
        var result = undo
            ? await services.GetRequiredService<UndoSetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)
            : await services.GetRequiredService<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default);
        result.Problem.ShouldBeNull();
    }

    private static async Task ShouldHaveEndedAsync(SetUpStage stage, SetUpPlan plan, string before, bool undo)
    {
        if (!undo)
        {
            await stage.ShouldBeCompleteAsync(plan);
            return;
        }

        stage.State().ShouldBe(before);
        await stage.ShouldBeGoneAsync();
    }

    private static async Task<Guid> BeginAsync(SetUpStage stage, SetUpPlan plan)
    {
        var begun = await stage.Get<ApplySetUp>().BeginAsync(plan, stage.Order, default);
        begun.IsSuccess.ShouldBeTrue(begun.Problem?.Message);
        return begun.Value;
    }

    private static async Task<Result> ApplyAsync(SetUpStage stage, SetUpPlan plan, AdminToken admin) =>
        await stage.Get<ApplySetUp>().RunAsync(await BeginAsync(stage, plan), admin, stage.Order, Ignore, default);
}
