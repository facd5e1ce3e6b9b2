using GitLabPortal.Kernel;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Kernel;

public sealed class NapTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualClock clock = new();

    [Fact]
    public async Task Ends_in_time_and_not_before()
    {
        var taken = new Nap(clock).TakeAsync(Minute, CancellationToken.None);

        clock.Advance(Minute - TimeSpan.FromTicks(1));
        taken.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromTicks(1));

        (await taken.WaitAsync(Minute)).ShouldBeFalse();
        clock.NextTimer.ShouldBeNull();
    }

    [Fact]
    public async Task Many_knocks_end_one_nap_whenever_they_come()
    {
        var nap = new Nap(clock);
        nap.Knock();
        nap.Knock();
        (await nap.TakeAsync(Minute, CancellationToken.None)).ShouldBeTrue();

        var next = nap.TakeAsync(Minute, CancellationToken.None);
        next.IsCompleted.ShouldBeFalse();
        nap.Knock();
        (await next.WaitAsync(Minute)).ShouldBeTrue();
        clock.NextTimer.ShouldBeNull();
    }

    [Fact]
    public async Task Ends_with_an_exception_when_the_worker_is_to_stop()
    {
        using var stopping = new CancellationTokenSource();
        var taken = new Nap(clock).TakeAsync(Minute, stopping.Token);

        await stopping.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(taken);
    }
}
