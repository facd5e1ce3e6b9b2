using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.Servers;

/// <summary>What somebody changed on GitLab after a set-up is seen with a new admin token, and put right by the same page.</summary>
public sealed class RepairingAServerTests : IAsyncLifetime
{
    private static readonly Func<Task> Ignore = () => Task.CompletedTask;

    private SetUpStage stage = null!;
    private SetUpPlan plan = null!;
    private Guid first;

    public async ValueTask InitializeAsync()
    {
        stage = await SetUpStage.StartAsync();
        var admin = await stage.CheckAsync();
        plan = await stage.PlanAsync(admin);
        first = (await stage.Get<ApplySetUp>().BeginAsync(plan, stage.Order, default)).Value;
        (await stage.Get<ApplySetUp>().RunAsync(first, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();
    }

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    [Fact]
    public async Task What_is_as_it_was_made_needs_no_repair()
    {
        var page = await OpenAsync();

        page.PlanFindings.Select(f => f.Code).ShouldBe([CheckDrift.ApplicationCode, CheckDrift.BotCode, CheckDrift.TokenCode, CheckDrift.HookCode]);
        page.PlanFindings.ShouldAllBe(f => f.Status == FindingStatus.Passed);
        page.Plan!.HasAnything.ShouldBeFalse();
    }

    [Fact]
    public async Task A_bot_whose_token_was_revoked_is_kept_and_gets_another_token_for_the_same_connection()
    {
        var bot = Bot();
        var connection = await stage.ReadAsync(db => db.Set<Connection>().SingleAsync());
        foreach (var token in stage.GitLab.World.Tokens.Where(t => t.User == bot)) stage.GitLab.World.Revoke(token);

        var page = await OpenAsync();
        page.Plan!.ShouldSatisfyAllConditions(
            p => p.ReuseBot.ShouldBeTrue(),
            p => p.WithApplication.ShouldBeFalse(),
            p => p.Steps().ShouldBe([SetUpSteps.Bot, SetUpSteps.BotToken, SetUpSteps.Connection]));
        await ApplyAsync(page);

        stage.GitLab.World.Users.Count(u => u.Username.StartsWith("gitlabportal-bot", StringComparison.Ordinal)).ShouldBe(1);
        var alive = stage.GitLab.World.Tokens.Where(t => t.User == bot && !t.IsRevoked).ShouldHaveSingleItem();
        var repaired = await stage.ReadAsync(db => db.Set<Connection>().SingleAsync());
        (repaired.Id, repaired.TokenId, repaired.Status).ShouldBe((connection.Id, alive.Id, ConnectionStatus.Working));
        stage.GitLab.World.Applications.Count.ShouldBe(1);

        // Undoing the repair takes back the token alone; undoing the first set-up the rest.
        var repair = await stage.ReadAsync(db => db.Set<ServerSetUp>().Where(s => s.Id != first).Select(s => s.Id).SingleAsync());
        (await stage.Get<UndoSetUp>().RunAsync(repair, await stage.CheckAsync(), stage.Order, Ignore, default)).Problem.ShouldBeNull();
        Bot().ShouldBe(bot);
        alive.IsRevoked.ShouldBeTrue();
    }

    [Fact]
    public async Task A_hook_that_was_deleted_is_made_again()
    {
        stage.GitLab.World.Delete(stage.GitLab.World.Hooks.Single());

        var page = await OpenAsync();
        page.PlanFindings.Single(f => f.Code == CheckDrift.HookCode).Title.ShouldContain("deleted on GitLab");
        page.Plan!.Steps().ShouldBe([SetUpSteps.Hook]);
        await ApplyAsync(page);

        (await OpenAsync()).PlanFindings.ShouldAllBe(f => f.Status == FindingStatus.Passed);
        stage.GitLab.World.Hooks.Count.ShouldBe(1);
        (await stage.ReadAsync(db => db.Set<SystemHook>().CountAsync())).ShouldBe(1);
    }

    [Fact]
    public async Task A_hook_that_was_changed_is_put_right_in_place_and_undoing_the_repair_leaves_it()
    {
        var hook = stage.GitLab.World.Hooks.Single();
        stage.GitLab.World.Change(hook, url: hook.Url.Replace(stage.PortalAddress, "https://old.example.com", StringComparison.Ordinal));

        var page = await OpenAsync();
        page.PlanFindings.Single(f => f.Code == CheckDrift.HookCode).Title.ShouldContain("another address");
        await ApplyAsync(page);

        stage.GitLab.World.Hooks.ShouldHaveSingleItem().ShouldBe(hook);
        hook.Url.ShouldStartWith(stage.PortalAddress);
        var repair = await stage.ReadAsync(db => db.Set<ServerSetUp>().Where(s => s.Id != first).Select(s => s.Id).SingleAsync());
        (await stage.Get<UndoSetUp>().RunAsync(repair, await stage.CheckAsync(), stage.Order, Ignore, default)).Problem.ShouldBeNull();
        stage.GitLab.World.Hooks.Count.ShouldBe(1);
        (await stage.ReadAsync(db => db.Set<SystemHook>().CountAsync())).ShouldBe(1);
    }

    [Fact]
    public async Task Another_address_of_the_portal_keeps_the_old_application_until_the_new_one_has_worked()
    {
        const string Moved = "https://moved.example.com";
        var old = stage.GitLab.World.Applications.Single();
        var page = await OpenAsync(Moved);
        page.PlanFindings.Single(f => f.Code == CheckDrift.ApplicationCode).Title.ShouldContain("another address");
        page.Plan = page.Plan! with { WithHook = false };
        await ApplyAsync(page);
        stage.GitLab.World.Applications.Count.ShouldBe(2);
        (await OpenAsync(Moved)).RemovableApplications.ShouldBeEmpty();
        var id = await stage.ReadAsync(db => db.Set<Server>().Select(s => s.Id).SingleAsync());
        (await stage.Get<ServerQueries>().FindAsync(id, default))!.OldApplications.ShouldHaveSingleItem().IsReplaced.ShouldBeFalse();

        await WorkedAsync();
        var last = await OpenAsync(Moved);
        last.Plan = last.Plan! with { WithHook = false };
        last.Plan.OldApplications.ShouldHaveSingleItem().RedirectUri.ShouldBe(plan.RedirectUri);
        await ApplyAsync(last);

        stage.GitLab.World.Applications.ShouldHaveSingleItem().ShouldNotBe(old);
        (await stage.ReadAsync(db => db.Set<ServerApplication>().SingleAsync())).RedirectUri.ShouldStartWith(Moved);
    }

    private SandboxUser Bot() => stage.GitLab.World.Users.Single(u => u.Username == plan.BotUsername);

    /// <summary>As when somebody signed in by it.</summary>
    private async Task WorkedAsync()
    {
        await using var db = await stage.Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        await db.Set<ServerApplication>().Where(a => a.State == ApplicationState.Current)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.WorkedAt, TimeProvider.System.GetUtcNow()));
    }

    private async Task<AdminSetUp> OpenAsync(string? portalAddress = null)
    {
        var page = ActivatorUtilities.CreateInstance<AdminSetUp>(stage.Portal.Services);
        (page.Url, page.AllowPlainHttp) = (stage.BaseUrl, true);
        await page.CheckServerAsync(Right, default);
        await page.CheckTokenAsync(Right, stage.NewAdminToken().Secret, portalAddress ?? stage.PortalAddress, default);
        page.Problem.ShouldBeNull(page.Problem?.Message);
        page.Step.ShouldBe(AdminSetUpStep.Plan);
        return page;
    }

    private SetUpRight Right => new(stage.Order.Actor, IsAdministrator: true);

    private async Task ApplyAsync(AdminSetUp page)
    {
        await page.ApplyAsync(Right, stage.Order, null, () => { }, default);
        page.Problem.ShouldBeNull(page.Problem?.Message);
        page.Step.ShouldBe(AdminSetUpStep.Done);
    }
}
