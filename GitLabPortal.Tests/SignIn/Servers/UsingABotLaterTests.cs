using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.Servers;

public sealed class UsingABotLaterTests
{
    private static readonly Func<Task> Ignore = () => Task.CompletedTask;

    [Fact]
    public async Task A_bot_that_was_made_for_no_team_backs_one_later_and_goes_with_the_set_up()
    {
        await using var stage = await SetUpStage.StartAsync();
        var before = stage.State();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin) with { ConnectTeam = null };
        plan.Steps().ShouldNotContain(SetUpSteps.Hook);
        var setUp = (await stage.Get<ApplySetUp>().BeginAsync(plan, stage.Order, default)).Value;
        (await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();
        var server = await stage.ReadAsync(db => db.Set<Server>().SingleAsync());
        (await stage.Get<ServerQueries>().FindAsync(server.Id, default))!.WaitingBot!.Id.ShouldBe(setUp);

        var used = await stage.Get<UseBotToken>().RunAsync(stage.Access, setUp, default);

        used.IsSuccess.ShouldBeTrue(used.Problem?.Message);
        var connection = await stage.ReadAsync(db => db.Set<Connection>().SingleAsync());
        (connection.Id, connection.TokenUsername, connection.Status).ShouldBe((used.Value, plan.BotUsername, ConnectionStatus.Working));
        (await stage.ReadAsync(db => db.Set<ServerSetUp>().SingleAsync())).ProtectedBotToken.ShouldBeNull();
        (await stage.Get<ServerQueries>().FindAsync(server.Id, default))!.WaitingBot.ShouldBeNull();
        (await stage.Get<UseBotToken>().RunAsync(stage.Access, setUp, default)).Problem!.Code.ShouldBe("bot-token-gone");

        (await stage.Get<UndoSetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default)).Problem.ShouldBeNull();
        stage.State().ShouldBe(before);
        await stage.ShouldBeGoneAsync();
    }

    [Fact]
    public async Task A_token_that_was_revoked_meanwhile_is_refused_with_what_was_seen_and_kept()
    {
        await using var stage = await SetUpStage.StartAsync();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin) with { ConnectTeam = null };
        var setUp = (await stage.Get<ApplySetUp>().BeginAsync(plan, stage.Order, default)).Value;
        await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, Ignore, default);
        foreach (var token in stage.GitLab.World.Tokens.Where(t => t.User.Username == plan.BotUsername)) stage.GitLab.World.Revoke(token);

        (await stage.Get<UseBotToken>().RunAsync(stage.Access, setUp, default)).Problem.ShouldBeOfType<GitLabPortal.Kernel.Problem.Refused>().Findings.ShouldNotBeEmpty();

        (await stage.ReadAsync(db => db.Set<Connection>().CountAsync())).ShouldBe(0);
        (await stage.ReadAsync(db => db.Set<SystemHook>().CountAsync())).ShouldBe(0);
    }
}
