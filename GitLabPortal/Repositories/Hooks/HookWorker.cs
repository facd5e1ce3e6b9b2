using GitLabPortal.Scheduling;

namespace GitLabPortal.Repositories;

/// <summary>
/// Looks into deliveries soon after they came, gathered for a moment, and again when it is time. What waits is in the database, so that
/// another process takes over what this one leaves.
/// </summary>
internal sealed class HookWorker(
    DeliveryQueue queue, ApplyDeliveries apply, HookFeed deliveries, Schedule schedule, TimeProvider time, ILogger<HookWorker> logger)
    : PlannedWork("looking into deliveries", schedule, time, logger)
{
    /// <summary>Events come in bunches.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(700);

    private static readonly TimeSpan LookAgainAtOther = TimeSpan.FromSeconds(15);

    protected override IEnumerable<IDisposable> Listen() => [deliveries.Subscribe(_ => LookSoon())];

    protected override async Task<IReadOnlyList<Appointment>> PlanAsync(Guid? serverId, CancellationToken cancellationToken) =>
        [.. (await queue.LookAsync(serverId, cancellationToken)).Select(w => new Appointment(w.ServerId, w.ServerId, w.At + Gather, ct => ApplyAsync(w.ServerId, ct)))];

    private async Task<DateTimeOffset?> ApplyAsync(Guid serverId, CancellationToken cancellationToken) =>
        await apply.RunAsync(serverId, cancellationToken) ? null : Time.GetUtcNow() + LookAgainAtOther;
}
