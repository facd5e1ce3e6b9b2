using GitLabPortal.Scheduling;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Quartz;

namespace GitLabPortal.Tests.Harness;

/// <summary>Work on a schedule as the portal has it, on the test's clock.</summary>
internal sealed class StartedWork : IAsyncDisposable
{
    private readonly IScheduler scheduler;
    private readonly IHostedService work;

    private StartedWork(IScheduler scheduler, IHostedService work) => (this.scheduler, this.work) = (scheduler, work);

    public static async Task<StartedWork> StartAsync(TimeProvider clock, Func<Schedule, IHostedService> build, LogCollector? log = null)
    {
        var quartzScheduler = await QuartzSchedulerBuilder.Create(quartz =>
        {
            SchedulingFeature.SetUp(quartz);
            quartz.UseTimeProvider(clock);
        }).BuildScheduler();
        var hosted = build(new Schedule(quartzScheduler, clock, new Logger<Schedule>(log is null ? NullLoggerFactory.Instance : new LoggerFactory([log]))));
        await hosted.StartAsync(CancellationToken.None);
        await quartzScheduler.Start();
        return new StartedWork(quartzScheduler, hosted);
    }

    /// <summary>As when the portal ends: what is being done is cancelled and waited for.</summary>
    public async Task StopAsync()
    {
        if (scheduler.Status == SchedulerStatus.Shutdown) return;
        await work.StopAsync(CancellationToken.None);
        await scheduler.Shutdown(waitForJobsToComplete: true);
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
