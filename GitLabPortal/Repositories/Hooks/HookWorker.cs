using GitLabPortal.Kernel;

namespace GitLabPortal.Repositories;

/// <summary>
/// Looks into deliveries soon after they came, gathered for a moment, and again when a walk has ended; looks after the hooks themselves
/// now and then. What waits is in the database, so that another process takes over what this one leaves.
/// </summary>
internal sealed partial class HookWorker(
    DeliveryQueue queue, ApplyDeliveries apply, CheckHook check, HookFeed deliveries, SyncFeed walks, TimeProvider time, ILogger<HookWorker> logger) : BackgroundService
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan LongestNap = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Housekeeping = TimeSpan.FromMinutes(30);

    private readonly Nap nap = new(time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var onDelivery = deliveries.Subscribe(_ => nap.Knock());
        using var onWalk = walks.Subscribe(p =>
        {
            if (p.State != SyncState.Running) nap.Knock();
        });
        var lookAfter = time.GetUtcNow();
        try
        {
            while (true)
            {
                var rest = LongestNap;
                try
                {
                    var (due, next) = await queue.LookAsync(stoppingToken);
                    foreach (var server in due) await apply.RunAsync(server, stoppingToken);
                    if (next - time.GetUtcNow() is { } wait && wait < rest) rest = wait > Gather ? wait : Gather;
                    if (time.GetUtcNow() >= lookAfter)
                    {
                        lookAfter = time.GetUtcNow() + Housekeeping;
                        await queue.ForgetAsync(stoppingToken);
                        await check.RunDueAsync(stoppingToken);
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A bug, or a database that is busy for too long: what waits stays.
                    LogFailed(e);
                }

                // Events come in bunches.
                if (await nap.TakeAsync(rest, stoppingToken)) await Task.Delay(Gather, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Nothing is lost: it waits in the database.
        }
    }

    [LoggerMessage(LogLevel.Error, "Looking into deliveries of system hooks failed unexpectedly")]
    private partial void LogFailed(Exception exception);
}
