using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Projects;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.Servers;

public sealed class RemovingAServerTests
{
    [Fact]
    public async Task A_server_goes_when_nobody_works_with_it_any_more()
    {
        await using var stage = await SetUpStage.StartAsync();
        var admin = await stage.CheckAsync();
        var plan = await stage.PlanAsync(admin);
        var setUp = (await stage.Get<ApplySetUp>().BeginAsync(plan, stage.Order, default)).Value;
        (await stage.Get<ApplySetUp>().RunAsync(setUp, admin, stage.Order, () => Task.CompletedTask, default)).Problem.ShouldBeNull();
        var server = (await stage.ReadAsync(db => db.Set<Server>().SingleAsync())).Id;

        (await RemoveAsync(stage, server)).ShouldBe("server-in-use");
        (await stage.Get<RemoveConnection>().RunAsync(stage.Access, await stage.ReadAsync(db => db.Set<Connection>().Select(c => c.Id).SingleAsync()), default)).Problem.ShouldBeNull();
        await ChangeAsync(stage, db => db.Add(new Project { TeamId = stage.Access.TeamId, ServerId = server, GitLabId = 1, AddedById = stage.Access.AccountId, AddedAt = TimeProvider.System.GetUtcNow() }));
        (await RemoveAsync(stage, server)).ShouldBe("server-has-projects");
        await ChangeAsync(stage, db => db.Set<Project>().Single().RemovedAt = TimeProvider.System.GetUtcNow());

        (await RemoveAsync(stage, server)).ShouldBeNull();
        (await stage.ReadAsync(db => db.Set<Server>().CountAsync())).ShouldBe(0);
        (await stage.ReadAsync(db => db.Set<ServerApplication>().CountAsync())).ShouldBe(0);
    }

    private static async Task<string?> RemoveAsync(SetUpStage stage, Guid server) =>
        (await stage.Get<RemoveServer>().RunAsync(stage.Order.Actor, server, default)).Problem?.Code;

    private static async Task ChangeAsync(SetUpStage stage, Action<PortalDb> change)
    {
        await using var db = await stage.Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        change(db);
        await db.SaveChangesAsync();
    }
}
