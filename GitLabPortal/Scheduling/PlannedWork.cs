using System.Collections.Concurrent;

namespace GitLabPortal.Scheduling;

/// <summary>Something to do at a time.</summary>
/// <param name="Id">Whom or what it is for; a plan names each once.</param>
/// <param name="ServerId">The GitLab it asks. Of one server one thing after the other.</param>
/// <param name="At">Null while something else than time decides: who knows more, looks again.</param>
/// <param name="KeepAsync">Does it. The result is the time before which it shall not be tried again, whatever the plan says.</param>
public sealed record Appointment(Guid Id, Guid ServerId, DateTimeOffset? At, Func<CancellationToken, Task<DateTimeOffset?>> KeepAsync);

/// <summary>
/// A kind of work that the database knows the times of. The plan is looked into at the start, whenever somebody knows more, after each
/// piece of work, and once a minute because other processes use the same database; what it says becomes appointments. An appointment is
/// a hint: when its time has come the plan is asked again, so that nothing is done that was done already or is not wanted any more.
/// </summary>
public abstract partial class PlannedWork(string name, Schedule schedule, TimeProvider time, ILogger logger) : IHostedService
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterSurprise = TimeSpan.FromMinutes(1);

    /// <summary>Not before this time.</summary>
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> held = new();

    /// <summary>What is being done, with the name of its firing.</summary>
    private readonly ConcurrentDictionary<Guid, string> doing = new();

    private IReadOnlyList<IDisposable> subscriptions = [];

    protected TimeProvider Time { get; } = time;

    private string PlanName => $"{name}: plan";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await schedule.AddAsync(PlanName, LookAsync, Rhythm, TimeSpan.Zero, cancellationToken);
        subscriptions = [.. Listen()];
    }

    /// <summary>Hears nothing any more. What is being done ends with the schedule.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var subscription in subscriptions) subscription.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>Listens to what changes the plan and calls <see cref="LookSoon"/> then.</summary>
    protected abstract IEnumerable<IDisposable> Listen();

    /// <param name="serverId">Of one server only; null for all.</param>
    protected abstract Task<IReadOnlyList<Appointment>> PlanAsync(Guid? serverId, CancellationToken cancellationToken);

    protected void LookSoon() => schedule.Hurry(PlanName);

    /// <summary>Cancels what is being done for this one.</summary>
    protected void CallOff(Guid id)
    {
        if (doing.TryGetValue(id, out var firing)) schedule.CallOff(firing);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var standing = await schedule.StandingAsync(name, cancellationToken);
        var plan = await PlanAsync(serverId: null, cancellationToken);
        var now = Time.GetUtcNow();
        foreach (var next in plan)
        {
            standing.Remove(next.Id, out var known);
            // Whoever is at it looks again afterwards.
            if (doing.ContainsKey(next.Id)) continue;
            if (TimeOf(next) is not { } at)
            {
                if (known is not null) await schedule.UnsetAsync(name, next.Id, cancellationToken);
            }
            else if (known != at && !(known <= now && at <= now))
            {
                await schedule.SetAsync(
                    name, next.Id, next.ServerId, at > now ? at : now, (context, ct) => KeepAsync(Guid.Parse(context.Trigger.Key.Name), next.ServerId, context.FireInstanceId, ct), cancellationToken);
            }
        }

        foreach (var gone in standing.Keys)
        {
            held.TryRemove(gone, out _);
            await schedule.UnsetAsync(name, gone, cancellationToken);
        }
    }

    private async Task KeepAsync(Guid id, Guid serverId, string firing, CancellationToken cancellationToken)
    {
        if (!doing.TryAdd(id, firing)) return;
        try
        {
            var due = (await PlanAsync(serverId, cancellationToken)).FirstOrDefault(a => a.Id == id);
            if (due is null || !(TimeOf(due) <= Time.GetUtcNow())) return;
            if (await due.KeepAsync(cancellationToken) is { } later) held[id] = later;
            else held.TryRemove(id, out _);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shutting down, or called off. What was done so far is in the database.
        }
        catch (Exception e)
        {
            // A bug. The portal goes on; this one waits a little, so that it does not spin.
            LogFailed(name, id, e);
            held[id] = Time.GetUtcNow() + AfterSurprise;
        }
        finally
        {
            doing.TryRemove(id, out _);
            LookSoon();
        }
    }

    private DateTimeOffset? TimeOf(Appointment appointment) =>
        appointment.At is { } at && held.TryGetValue(appointment.Id, out var until) && until > at ? until : appointment.At;

    [LoggerMessage(LogLevel.Error, "\"{Name}\" for {Id} failed unexpectedly")]
    private partial void LogFailed(string name, Guid id, Exception exception);
}
