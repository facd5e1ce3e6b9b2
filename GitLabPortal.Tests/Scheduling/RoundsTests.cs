using System.Collections.Concurrent;
using GitLabPortal.Scheduling;
using GitLabPortal.Tests.Harness;
using Microsoft.Extensions.Hosting;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Scheduling;

public sealed class RoundsTests : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualClock clock = new();
    private readonly LogCollector log = new();
    private readonly ConcurrentQueue<DateTimeOffset> rounds = new();
    private Schedule schedule = null!;
    private Func<CancellationToken, Task> work = _ => Task.CompletedTask;

    public void Dispose() => log.Dispose();

    [Fact]
    public async Task Come_in_time_and_not_before()
    {
        var start = clock.GetUtcNow();
        await using var started = await StartAsync(every: 30 * Minute, first: 30 * Minute);

        for (var i = 1; i <= 3; i++)
        {
            clock.Advance((30 * Minute) - TimeSpan.FromTicks(1));
            clock.Advance(TimeSpan.FromTicks(1));
            await RoundsAsync(i);
        }

        rounds.ShouldBe([start + (30 * Minute), start + (60 * Minute), start + (90 * Minute)]);
    }

    [Fact]
    public async Task What_a_machine_slept_through_comes_once()
    {
        await using var started = await StartAsync(every: 30 * Minute, first: TimeSpan.Zero);
        await RoundsAsync(1);

        clock.Advance(TimeSpan.FromDays(2));
        await RoundsAsync(2);
        clock.Advance(30 * Minute);
        await RoundsAsync(3);

        rounds.Last().ShouldBe(rounds.ElementAt(1) + (30 * Minute));
    }

    [Fact]
    public async Task Come_out_of_turn_once_for_all_who_ask_and_once_more_when_somebody_asks_meanwhile()
    {
        var begun = new SemaphoreSlim(0);
        var goOn = new SemaphoreSlim(0);
        work = async ct =>
        {
            begun.Release();
            await goOn.WaitAsync(ct);
        };
        await using var started = await StartAsync(every: null, first: TimeSpan.Zero);

        schedule.Hurry("rounds");
        (await begun.WaitAsync(TimeSpan.FromMinutes(2))).ShouldBeTrue();
        for (var i = 0; i < 10; i++) schedule.Hurry("rounds");
        goOn.Release();
        (await begun.WaitAsync(TimeSpan.FromMinutes(2))).ShouldBeTrue();
        rounds.Count.ShouldBe(2);

        // Nothing is left of the ten: the next one that begins is the one that is asked for now.
        goOn.Release();
        await Eventually.ReadAsync(() => Task.FromResult(goOn.CurrentCount), count => count == 0);
        schedule.Hurry("rounds");
        (await begun.WaitAsync(TimeSpan.FromMinutes(2))).ShouldBeTrue();
        rounds.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_round_that_fails_is_written_down_and_the_next_one_comes()
    {
        work = _ => throw new InvalidOperationException("a bug");
        await using var started = await StartAsync(every: Minute, first: TimeSpan.Zero);
        await RoundsAsync(1);

        clock.Advance(Minute);

        await RoundsAsync(2);
        await started.StopAsync();
        log.Lines.Count(line => line.StartsWith("Error ", StringComparison.Ordinal) && line.Contains("a bug", StringComparison.Ordinal)).ShouldBe(2);
    }

    private Task<StartedWork> StartAsync(TimeSpan? every, TimeSpan first) => StartedWork.StartAsync(
        clock,
        built =>
        {
            schedule = built;
            return new Host(ct => built.AddAsync("rounds", RunAsync, every, first, ct));
        },
        log);

    private Task RunAsync(CancellationToken cancellationToken)
    {
        rounds.Enqueue(clock.GetUtcNow());
        return work(cancellationToken);
    }

    private async Task RoundsAsync(int count) =>
        (await Eventually.ReadAsync(() => Task.FromResult(rounds.Count), seen => seen >= count)).ShouldBe(count);

    private sealed class Host(Func<CancellationToken, Task> start) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => start(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
