using System.Collections.Concurrent;
using GitLabPortal.Kernel;
using GitLabPortal.Scheduling;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Scheduling;

/// <summary>The clock is the test's. That something is not done is seen by what is done after it.</summary>
public sealed class PlannedWorkTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly Guid First = Guid.NewGuid();
    private static readonly Guid Second = Guid.NewGuid();
    private static readonly Guid Server = Guid.NewGuid();
    private static readonly Guid OtherServer = Guid.NewGuid();

    private readonly ManualClock clock = new();
    private readonly Feed<Guid> news = new();
    private readonly ConcurrentDictionary<Guid, (Guid Server, DateTimeOffset? At)> plan = new();
    private readonly ConcurrentQueue<Guid> kept = new();
    private readonly LogCollector log = new();
    private Func<Guid, CancellationToken, Task<DateTimeOffset?>> keep;
    private int looked;

    public PlannedWorkTests() => keep = (id, _) => Done(id);

    public void Dispose() => log.Dispose();

    [Fact]
    public async Task Is_done_in_time_and_not_before()
    {
        var start = clock.GetUtcNow();
        plan[First] = (Server, start + (60 * Minute));
        plan[Second] = (OtherServer, start + (60 * Minute) - TimeSpan.FromTicks(1));
        await using var work = await StartAsync();
        await PlannedAsync();

        clock.Advance((60 * Minute) - TimeSpan.FromTicks(1));
        await KeptAsync(1);
        kept.ShouldBe([Second]);

        clock.Advance(TimeSpan.FromTicks(1));
        await KeptAsync(2);
        kept.ShouldBe([Second, First]);
    }

    [Fact]
    public async Task What_is_due_at_the_start_is_done_at_once_and_what_is_new_when_somebody_says_so()
    {
        plan[First] = (Server, DateTimeOffset.MinValue);
        await using var work = await StartAsync();
        await KeptAsync(1);

        plan[Second] = (Server, clock.GetUtcNow());
        news.Publish(Second);

        await KeptAsync(2);
        kept.ShouldBe([First, Second]);
    }

    [Fact]
    public async Task What_another_process_planned_is_found_within_a_minute()
    {
        await using var work = await StartAsync();
        await PlannedAsync();
        plan[First] = (Server, clock.GetUtcNow());

        clock.Advance(Minute);

        await KeptAsync(1);
    }

    [Fact]
    public async Task Of_one_server_one_thing_after_the_other_and_two_servers_at_once()
    {
        var servers = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToArray();
        for (var i = 0; i < 16; i++) plan[Guid.NewGuid()] = (servers[i % 4], clock.GetUtcNow());
        var busy = new ConcurrentDictionary<Guid, int>();
        var (now, most, mostOfOne) = (0, 0, 0);
        var two = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new Lock();
        keep = async (id, ct) =>
        {
            var server = plan[id].Server;
            lock (gate)
            {
                most = Math.Max(most, ++now);
                mostOfOne = Math.Max(mostOfOne, busy.AddOrUpdate(server, 1, (_, count) => count + 1));
                if (now == 2) two.TrySetResult();
            }

            // Ends only if a second server is begun meanwhile.
            await two.Task.WaitAsync(TimeSpan.FromSeconds(30), ct);
            lock (gate)
            {
                now--;
                busy[server]--;
            }

            return await Done(id);
        };

        await using var work = await StartAsync();

        await KeptAsync(16);
        (most, mostOfOne).ShouldBe((2, 1));
        kept.Distinct().Count().ShouldBe(16);
    }

    [Fact]
    public async Task What_a_machine_slept_through_is_done_once()
    {
        plan[First] = (Server, clock.GetUtcNow() + (15 * Minute));
        keep = (id, _) => Next(id, 15 * Minute);
        await using var work = await StartAsync();
        await PlannedAsync();

        clock.Advance(TimeSpan.FromDays(3));
        await KeptAsync(1);

        await PlannedAsync();
        plan[Second] = (Server, clock.GetUtcNow());
        news.Publish(Second);
        await KeptAsync(2);
        kept.ShouldBe([First, Second]);
    }

    [Fact]
    public async Task What_somebody_else_did_meanwhile_is_not_done_again()
    {
        plan[First] = (Server, clock.GetUtcNow() + (10 * Minute));
        plan[Second] = (Server, clock.GetUtcNow() + (11 * Minute));
        await using var work = await StartAsync();
        await PlannedAsync();

        // Nobody tells; the appointment stands where it stood.
        plan[First] = (Server, clock.GetUtcNow() + (60 * Minute));
        clock.Advance(11 * Minute);

        await KeptAsync(1);
        kept.ShouldBe([Second]);
    }

    [Fact]
    public async Task What_is_gone_or_waits_for_something_else_than_time_is_not_done()
    {
        plan[First] = (Server, clock.GetUtcNow() + Minute);
        plan[Second] = (Server, clock.GetUtcNow() + Minute);
        var third = Guid.NewGuid();
        plan[third] = (Server, clock.GetUtcNow() + (2 * Minute));
        await using var work = await StartAsync();
        await PlannedAsync();

        plan.TryRemove(First, out _);
        plan[Second] = (Server, null);
        await PlannedAsync();
        clock.Advance(2 * Minute);
        await KeptAsync(1);
        kept.ShouldBe([third]);

        plan[Second] = (Server, clock.GetUtcNow());
        news.Publish(Second);
        await KeptAsync(2);
        kept.ShouldBe([third, Second]);
    }

    [Fact]
    public async Task What_has_moved_to_another_server_is_done_there()
    {
        plan[First] = (Server, clock.GetUtcNow() + Minute);
        await using var work = await StartAsync();
        await PlannedAsync();

        plan[First] = (OtherServer, clock.GetUtcNow() + Minute);
        clock.Advance(Minute);

        await KeptAsync(1);
    }

    [Fact]
    public async Task What_is_not_to_be_tried_yet_waits_although_the_plan_says_now()
    {
        plan[First] = (Server, clock.GetUtcNow());
        var until = clock.GetUtcNow() + (5 * Minute);
        keep = (id, _) => id == First && clock.GetUtcNow() < until ? Task.FromResult<DateTimeOffset?>(until) : Done(id);
        await using var work = await StartAsync();
        await KeptAsync(1);

        await FenceAsync();
        clock.Advance(4 * Minute);
        await FenceAsync();
        kept.Count(id => id == First).ShouldBe(1);

        clock.Advance(Minute);
        await UntilAsync(() => kept.Count(id => id == First) == 2);
    }

    [Fact]
    public async Task A_surprise_is_written_down_and_stops_nobody_else()
    {
        plan[First] = (Server, clock.GetUtcNow());
        keep = (id, _) => id == First ? throw new InvalidOperationException("a bug") : Done(id);
        await using var work = await StartAsync();
        await KeptAsync(1);
        await FenceAsync();

        kept.Count(id => id == First).ShouldBe(1);
        log.Lines.ShouldHaveSingleItem().ShouldContain("a bug");

        clock.Advance(Minute);
        await UntilAsync(() => kept.Count(id => id == First) == 2);
    }

    [Fact]
    public async Task Stopping_cancels_what_is_being_done_and_waits_for_it()
    {
        plan[First] = (Server, clock.GetUtcNow());
        var isOver = false;
        keep = async (_, ct) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            finally
            {
                isOver = true;
            }

            return null;
        };
        await using var work = await StartAsync();
        await KeptAsync(1);

        await work.StopAsync();
        news.Publish(First);

        isOver.ShouldBeTrue();
        log.Lines.ShouldAllBe(line => line.StartsWith("Debug ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Many_appointments_are_moved_as_one()
    {
        for (var i = 0; i < 2_000; i++) plan[Guid.NewGuid()] = (Server, clock.GetUtcNow() + (60 * Minute));
        await using var work = await StartAsync();
        await PlannedAsync();

        foreach (var id in plan.Keys) plan[id] = (Server, null);
        plan[First] = (OtherServer, clock.GetUtcNow() + (61 * Minute));
        await PlannedAsync();
        clock.Advance(61 * Minute);

        await KeptAsync(1);
        kept.ShouldBe([First]);
    }

    private Task<StartedWork> StartAsync() => StartedWork.StartAsync(clock, schedule => new Errands(this, schedule), log);

    /// <summary>For good.</summary>
    private Task<DateTimeOffset?> Done(Guid id)
    {
        plan[id] = (plan[id].Server, null);
        return Task.FromResult<DateTimeOffset?>(null);
    }

    private Task<DateTimeOffset?> Next(Guid id, TimeSpan after)
    {
        plan[id] = (plan[id].Server, clock.GetUtcNow() + after);
        return Task.FromResult<DateTimeOffset?>(null);
    }

    /// <summary>Ends when something else of the same server was done, before and after which the plan was looked into: what was being done is over by then.</summary>
    private async Task FenceAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            var fence = Guid.NewGuid();
            plan[fence] = (Server, clock.GetUtcNow());
            news.Publish(fence);
            await UntilAsync(() => kept.Contains(fence));
            await PlannedAsync();
        }
    }

    /// <summary>Ends when the plan as it is now has become appointments: the look that is asked for begins after those before it.</summary>
    private async Task PlannedAsync()
    {
        // The second look begins when the first has ended.
        for (var i = 0; i < 2; i++)
        {
            var looks = Volatile.Read(ref looked);
            news.Publish(Guid.Empty);
            await UntilAsync(() => Volatile.Read(ref looked) > looks);
        }
    }

    private Task KeptAsync(int count) => UntilAsync(() => kept.Count >= count);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!condition()) await Task.Delay(2, patience.Token);
    }

    private sealed class Errands(PlannedWorkTests test, Schedule schedule) : PlannedWork("errands", schedule, test.clock, test.log.CreateLogger("errands"))
    {
        protected override IEnumerable<IDisposable> Listen() => [test.news.Subscribe(_ => LookSoon())];

        protected override Task<IReadOnlyList<Appointment>> PlanAsync(Guid? serverId, CancellationToken cancellationToken)
        {
            if (serverId is null) Interlocked.Increment(ref test.looked);
            return Task.FromResult<IReadOnlyList<Appointment>>(
            [
                .. test.plan.Where(p => serverId is null || p.Value.Server == serverId).Select(p => new Appointment(p.Key, p.Value.Server, p.Value.At, async ct =>
                {
                    test.kept.Enqueue(p.Key);
                    return await test.keep(p.Key, ct);
                })),
            ]);
        }
    }
}
