using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Hooks;

/// <summary>The portal looks at its hooks by itself, every six hours.</summary>
public sealed class LookingAfterHooksTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task After_six_hours_and_not_before()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.World.Delete(stage.GitLab.World.Hooks.Single());

        await CheckedAsync(stage, connection, TimeSpan.FromHours(6) - Minute);
        await RunAsync(stage);
        stage.GitLab.Requests.Count().ShouldBe(0);
        (await stage.ViewAsync(connection)).Trouble.ShouldBeNull();

        await CheckedAsync(stage, connection, TimeSpan.FromHours(6) + Minute);
        await RunAsync(stage);
        (await stage.ViewAsync(connection)).Trouble.ShouldNotBeNull().ShouldContain("somebody removed it there");

        stage.GitLab.Requests.Clear();
        await RunAsync(stage);
        stage.GitLab.Requests.Count().ShouldBe(0);
    }

    [Fact]
    public async Task What_GitLab_switched_off_is_told_and_what_it_switched_on_again_is_well()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var there = stage.GitLab.World.Hooks.Single();

        there.AlertStatus = "disabled";
        await CheckedAsync(stage, connection, TimeSpan.FromHours(7));
        await RunAsync(stage);
        (await stage.ViewAsync(connection)).Trouble.ShouldNotBeNull().ShouldContain("GitLab stopped calling");

        there.AlertStatus = "executable";
        await CheckedAsync(stage, connection, TimeSpan.FromHours(7));
        await RunAsync(stage);
        (await stage.ViewAsync(connection)).Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task A_GitLab_that_is_away_says_nothing_about_its_hook()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.Faults.AnswerEverything(Fault.ServiceUnavailable());
        await CheckedAsync(stage, connection, TimeSpan.FromHours(7));

        await RunAsync(stage);

        stage.GitLab.Requests.Count().ShouldBeGreaterThan(0);
        (await stage.ViewAsync(connection)).Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task Of_two_processes_one_looks()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.World.Delete(stage.GitLab.World.Hooks.Single());
        await CheckedAsync(stage, connection, TimeSpan.FromHours(7));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync(stage)));

        var once = stage.GitLab.Requests.Count();
        await CheckedAsync(stage, connection, TimeSpan.FromHours(7));
        stage.GitLab.Requests.Clear();
        await RunAsync(stage);
        stage.GitLab.Requests.Count().ShouldBe(once);
    }

    [Fact]
    public async Task A_portal_that_was_away_looks_when_it_starts()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.World.Delete(stage.GitLab.World.Hooks.Single());
        await CheckedAsync(stage, connection, TimeSpan.FromDays(2));

        await stage.Portal.RestartAsync();

        await HookStage.EventuallyAsync(async () => (await stage.ViewAsync(connection)).Trouble is not null, "the look after the start");
    }

    [Fact]
    public async Task Nobody_asks_for_the_hook_of_a_removed_connection()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        await CheckedAsync(stage, connection, TimeSpan.FromHours(7));
        await stage.ReadAsync(db => db.Set<Connection>().Where(c => c.Id == connection.Id).ExecuteDeleteAsync());
        stage.GitLab.Requests.Clear();

        await RunAsync(stage);

        stage.GitLab.Requests.Count().ShouldBe(0);
    }

    private static Task RunAsync(HookStage stage) => stage.Get<CheckHook>().RunDueAsync(CancellationToken.None);

    /// <summary>As if the last look were so long ago.</summary>
    private static async Task CheckedAsync(HookStage stage, Connection connection, TimeSpan ago)
    {
        var at = TimeProvider.System.GetUtcNow() - ago;
        (await stage.ReadAsync(db => db.Set<SystemHook>().Where(h => h.ConnectionId == connection.Id).ExecuteUpdateAsync(h => h.SetProperty(x => x.CheckedAt, at)))).ShouldBe(1);
    }
}
