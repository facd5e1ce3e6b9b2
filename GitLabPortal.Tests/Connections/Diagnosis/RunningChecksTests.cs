using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class RunningChecksTests : ServerProbing
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private static Finding Passed(string code) => Finding.Passed(code, code, "seen");

    private static PlannedCheck Check(string name, Func<CancellationToken, Task<IReadOnlyList<Finding>>> run, params string[] needs) => new(name, $"The {name}", $"doing {name}", Long, run) { Needs = needs };

    [Fact]
    public async Task What_needs_nothing_of_each_other_runs_at_the_same_time_and_is_told_in_order()
    {
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        var plan = new CheckPlan(
        [
            // Each ends only when the other has begun.
            Check("one", async ct => { first.SetResult(); await second.Task.WaitAsync(ct); return [Passed("one")]; }),
            Check("two", async ct => { second.SetResult(); await first.Task.WaitAsync(ct); return [Passed("two")]; }),
        ]);

        (await plan.RunAsync(null, None)).Select(f => (f.Code, f.Phase)).ShouldBe([("one", "one"), ("two", "two")]);
    }

    [Fact]
    public async Task What_needs_a_failed_check_says_so_and_does_not_run()
    {
        var ran = false;
        var plan = new CheckPlan(
        [
            Check("one", _ => Task.FromResult<IReadOnlyList<Finding>>([Finding.Failed("bad", "Bad", "seen", "fix", FixOwner.You)])),
            Check("two", _ => { ran = true; return Task.FromResult<IReadOnlyList<Finding>>([]); }, "one"),
            Check("three", _ => Task.FromResult<IReadOnlyList<Finding>>([]), "two"),
        ]);

        var findings = await plan.RunAsync(null, None);

        ran.ShouldBeFalse();
        findings.Skip(1).Select(f => (f.Status, f.Title, f.Seen)).ShouldBe(
            [(FindingStatus.Waiting, "The two", "Waits for: The one."), (FindingStatus.Waiting, "The three", "Waits for: The two.")]);
    }

    [Fact]
    public async Task A_check_that_hangs_is_given_up_by_name()
    {
        var plan = new CheckPlan([Check("one", async ct => { await Task.Delay(Timeout.Infinite, ct); return []; }) with { Limit = TimeSpan.FromMilliseconds(50) }]);

        var finding = (await plan.RunAsync(null, None)).ShouldHaveSingleItem();

        (finding.Code, finding.Seen).ShouldBe(("no-answer-in-time", "Time ran out while doing one."));
    }

    [Fact]
    public async Task A_bug_in_one_check_ends_the_others()
    {
        var hasEnded = false;
        var plan = new CheckPlan(
        [
            Check("one", _ => throw new InvalidOperationException("bug")),
            Check("two", async ct =>
            {
                try
                {
                    await Task.Delay(Timeout.Infinite, ct);
                    return [];
                }
                finally
                {
                    hasEnded = true;
                }
            }),
        ]);

        await Should.ThrowAsync<InvalidOperationException>(() => plan.RunAsync(null, None));

        hasEnded.ShouldBeTrue();
    }

    [Fact]
    public async Task Leaving_while_all_kinds_of_requests_hang_closes_every_socket()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.Hang());
        using var leaving = new CancellationTokenSource();
        var probe = new ServerProbe(Outbound.Http, TimeProvider.System).RunAsync(gitlab.Url.AbsoluteUri, true, null, leaving.Token);
        while (gitlab.Requests.Count() < 2) await Task.Delay(5, None);

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => probe);
        // A request is done with, in the sandbox, when its connection is gone.
        while (gitlab.Requests.All.Any(r => r.Duration == TimeSpan.Zero)) await Task.Delay(5, None);
    }

    [Fact]
    public async Task A_dead_address_does_not_keep_a_living_one_waiting()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        // So patient that the dead address ends with the whole check and not before.
        using var patient = new TestOutbound(new GitLabPortal.Security.OutboundOptions { AllowedNetworks = ["127.0.0.0/8"], ConnectTimeout = TimeSpan.FromMinutes(5) });
        patient.Name("two.example", "10.9.8.7", "127.0.0.1");
        var (isDialled, isGivenUp, hungMeanwhile) = (false, false, false);
        patient.Dial = async (endPoint, cancellation) =>
        {
            if (endPoint.Address.ToString() != "10.9.8.7") return await GitLabPortal.Security.OutboundGuard.DialAsync(endPoint, cancellation);
            isDialled = true;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
                return Stream.Null;
            }
            finally
            {
                isGivenUp = true;
            }
        };
        using var stop = new CancellationTokenSource();

        var report = new ServerProbe(patient.Http, TimeProvider.System).RunAsync($"http://two.example:{gitlab.Url.Port}", true, new WhenConnected(() =>
        {
            hungMeanwhile = isDialled && !isGivenUp;
            stop.Cancel();
        }), stop.Token);

        // Stopped only to save time: where it has come to by then does not matter.
        await ((Task)report).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        hungMeanwhile.ShouldBeTrue();
    }
}
