using Quartz;

namespace GitLabPortal.Scheduling;

/// <summary>What happens when. Nothing here outlives the process.</summary>
public sealed partial class Schedule(IScheduler scheduler, TimeProvider time, ILogger<Schedule> logger)
{
    private const string Jobs = "jobs";

    /// <summary>Does something again and again, and whenever <see cref="Hurry"/> asks for it; never twice at the same time.</summary>
    /// <param name="every">Null when it is done on demand only. What a machine slept through is done once.</param>
    /// <param name="first">How long from now until the first time.</param>
    public async Task AddAsync(string name, Func<CancellationToken, Task> work, TimeSpan? every, TimeSpan first, CancellationToken cancellationToken)
    {
        await AddJobAsync(new JobKey(name, Jobs), (context, ct) => TryAsync(name, work, context.Scheduler, ct), cancellationToken);
        if (every is not { } interval) return;

        var trigger = TriggerBuilder.Create(time)
            .WithIdentity(name, "rounds")
            .ForJob(name, Jobs)
            .StartAt(time.GetUtcNow() + first)
            .WithSchedule(SimpleScheduleBuilder.Create().WithInterval(interval).RepeatForever().WithMisfireInstruction(SimpleTriggerMisfireInstruction.NowWithExistingCount))
            .Build();
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.Replace, cancellationToken);
    }

    /// <summary>Soon, out of turn. From any thread; asking again before it has begun changes nothing.</summary>
    public void Hurry(string name) => _ = TellAsync(
        () => scheduler.ScheduleTrigger(Once(new TriggerKey(name, "hurry"), new JobKey(name, Jobs), time.GetUtcNow()), TriggerConflict.Keep));

    private async Task TellAsync<T>(Func<ValueTask<T>> order)
    {
        try
        {
            await order();
        }
        catch (SchedulerException e)
        {
            LogNotTaken(e);
        }
    }

    /// <summary>When the appointments of one kind of work stand that are still to come, by their ids.</summary>
    internal async Task<Dictionary<Guid, DateTimeOffset?>> StandingAsync(string kind, CancellationToken cancellationToken) =>
        (await scheduler.QueryTriggers(new TriggerQuery { Group = GroupMatcher<TriggerKey>.GroupEquals(kind), Take = PagedQuery.All }, cancellationToken)).Items
            .ToDictionary(t => Guid.Parse(t.Key.Name), t => t.NextFireTimeUtc);

    /// <summary>One job for each server: of one server one thing after the other.</summary>
    internal async Task SetAsync(
        string kind, Guid id, Guid serverId, DateTimeOffset at, Func<IJobExecutionContext, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var job = new JobKey(serverId.ToString(), kind);
        if (!await scheduler.Exists(job, cancellationToken)) await AddJobAsync(job, work, cancellationToken);
        await scheduler.ScheduleTrigger(Once(new TriggerKey(id.ToString(), kind), job, at, kind), TriggerConflict.Replace, cancellationToken);
    }

    internal async Task UnsetAsync(string kind, Guid id, CancellationToken cancellationToken) =>
        await scheduler.UnscheduleJob(new TriggerKey(id.ToString(), kind), cancellationToken);

    /// <summary>Cancels what is being done. From any thread.</summary>
    internal void CallOff(string firing) => _ = Task.Run(() => TellAsync(() => scheduler.InterruptFireInstance(firing)));

    private async Task AddJobAsync(JobKey key, Func<IJobExecutionContext, CancellationToken, Task> work, CancellationToken cancellationToken) =>
        await scheduler.AddJob(ScheduledJob.Of(key, work), AddJobOptions.Replacing, cancellationToken);

    /// <summary>Late is better than not at all.</summary>
    private ITrigger Once(TriggerKey key, JobKey job, DateTimeOffset at, string? group = null) => TriggerBuilder.Create(time)
        .WithIdentity(key)
        .ForJob(job)
        .WithExecutionGroup(group)
        .StartAt(at)
        .WithSchedule(SimpleScheduleBuilder.Create().WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
        .Build();

    private async Task TryAsync(string name, Func<CancellationToken, Task> work, IScheduler running, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or SchedulerException && (cancellationToken.IsCancellationRequested || running.Status != SchedulerStatus.Running))
        {
            LogNotTaken(e);
        }
        catch (Exception e)
        {
            // A bug, or a database that is busy for too long. It comes round again.
            LogFailed(name, e);
        }
    }

    [LoggerMessage(LogLevel.Error, "The round \"{Name}\" failed; the next one comes in time")]
    private partial void LogFailed(string name, Exception exception);

    [LoggerMessage(LogLevel.Debug, "The portal is closing; the next start looks by itself")]
    private partial void LogNotTaken(Exception exception);

    /// <summary>The one job class: what it does is handed to it, in memory.</summary>
    [DisallowConcurrentExecution]
    internal sealed class ScheduledJob : IJob
    {
        private const string Work = "work";

        public static IJobDetail Of(JobKey key, Func<IJobExecutionContext, CancellationToken, Task> work) =>
            JobBuilder.Create<ScheduledJob>().WithIdentity(key).StoreDurably().UsingJobData(Work, work).Build();

        public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
            await ((Func<IJobExecutionContext, CancellationToken, Task>)context.JobDetail.JobDataMap[Work]!)(context, cancellationToken);
    }
}
