using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Hooks;

/// <summary>Several processes on one database, or one that ended in the middle.</summary>
public sealed class SharingTheQueueTests : IAsyncLifetime
{
    private readonly ManualClock clock = new();
    private TestDb database = null!;
    private Server server = null!;
    private SystemHook hook = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDb.CreateAsync();
        var team = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        server = await database.AddServerAsync();
        var connection = await database.AddConnectionAsync(team, server);
        hook = new SystemHook { ConnectionId = connection.Id, ProtectedSecret = "", SecretKeyId = Guid.Empty, Url = "", CreatedAt = clock.GetUtcNow() };
        await database.SaveAsync(hook);
    }

    public async ValueTask DisposeAsync() => await database.DisposeAsync();

    [Fact]
    public async Task One_delivery_is_looked_into_by_one_process()
    {
        for (var i = 0; i < 50; i++) await AddAsync($"{i}", i);

        var taken = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => NewQueue().TakeAsync(server.Id, default)));

        taken.Count(t => t is not null).ShouldBe(1);
        taken.Single(t => t is not null)!.Rows.Count.ShouldBe(50);
        // What comes meanwhile waits until the first is through.
        await AddAsync("later", 99);
        (await NewQueue().TakeAsync(server.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task What_a_dead_process_held_is_taken_over_at_once_and_what_a_silent_one_held_after_a_while()
    {
        await AddAsync("one", 1);
        (await NewQueue().TakeAsync(server.Id, default)).ShouldNotBeNull();
        var alive = (await RowsAsync()).Single().Holder!;
        (await NewQueue().TakeAsync(server.Id, default)).ShouldBeNull();

        var parts = alive.Split('|');
        await HoldAsync(string.Join('|', parts[0], parts[1], "999999999", "0", "x"));
        (await NewQueue().TakeAsync(server.Id, default)).ShouldNotBeNull();
        await HoldAsync("another machine|elsewhere|1|0|x");
        (await NewQueue().TakeAsync(server.Id, default)).ShouldBeNull();
        clock.Advance(TimeSpan.FromMinutes(5));
        (await NewQueue().TakeAsync(server.Id, default)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_comes_too_late_writes_nothing()
    {
        await AddAsync("one", 1);
        var late = (await NewQueue().TakeAsync(server.Id, default))!;
        clock.Advance(TimeSpan.FromMinutes(5));
        var next = (await NewQueue().TakeAsync(server.Id, default))!;

        await using var db = database.CreateDbContext();
        (await DeliveryQueue.IsHeldAsync(db, late, default)).ShouldBeFalse();
        (await DeliveryQueue.IsHeldAsync(db, next, default)).ShouldBeTrue();
        await NewQueue().SettleAsync(db, late, _ => DeliveryOutcome.Done, default);
        (await RowsAsync()).Single().DoneAt.ShouldBeNull();
        await NewQueue().SettleAsync(db, next, _ => DeliveryOutcome.Done, default);
        (await RowsAsync()).Single().DoneAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task Rows_are_kept_for_a_day()
    {
        await AddAsync("one", 1);
        var held = (await NewQueue().TakeAsync(server.Id, default))!;
        await using (var db = database.CreateDbContext()) await NewQueue().SettleAsync(db, held, _ => DeliveryOutcome.Done, default);
        clock.Advance(TimeSpan.FromHours(23));
        await AddAsync("two", 2);

        await NewQueue().ForgetAsync(default);
        (await RowsAsync()).Count.ShouldBe(2);
        clock.Advance(TimeSpan.FromHours(2));
        await NewQueue().ForgetAsync(default);
        (await RowsAsync()).Single().DeliveryId.ShouldBe("two");
    }

    private DeliveryQueue NewQueue() => new(database, clock);

    private Task AddAsync(string deliveryId, long project) => database.SaveAsync(new HookDelivery
    {
        HookId = hook.Id,
        ServerId = server.Id,
        DeliveryId = deliveryId,
        News = HookNews.Project,
        ProjectId = project + 1,
        ReceivedAt = clock.GetUtcNow(),
        NotBefore = clock.GetUtcNow(),
    });

    private async Task<List<HookDelivery>> RowsAsync()
    {
        await using var db = database.CreateDbContext();
        return await db.Set<HookDelivery>().AsNoTracking().ToListAsync();
    }

    private async Task HoldAsync(string holder)
    {
        await using var db = database.CreateDbContext();
        var until = clock.GetUtcNow() + TimeSpan.FromMinutes(4);
        await db.Set<HookDelivery>().ExecuteUpdateAsync(d => d.SetProperty(x => x.Holder, holder).SetProperty(x => x.HeldUntil, until));
    }
}
