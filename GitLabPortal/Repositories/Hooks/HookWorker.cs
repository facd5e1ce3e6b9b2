using System.Threading.Channels;

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

    private readonly Channel<bool> knocks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var onDelivery = deliveries.Subscribe(_ => knocks.Writer.TryWrite(true));
        using var onWalk = walks.Subscribe(p =>
        {
            if (p.State != SyncState.Running) knocks.Writer.TryWrite(true);
        });
        var lookAfter = time.GetUtcNow();
        try
        {
            while (true)
            {
                var nap = LongestNap;
                try
                {
                    var (due, next) = await queue.LookAsync(stoppingToken);
                    foreach (var server in due) await apply.RunAsync(server, stoppingToken);
                    if (next - time.GetUtcNow() is { } wait && wait < nap) nap = wait > Gather ? wait : Gather;
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

                await NapAsync(nap, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Nothing is lost: it waits in the database.
        }
    }

    private async Task NapAsync(TimeSpan length, CancellationToken stopping)
    {
        using var waking = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var knock = knocks.Reader.WaitToReadAsync(waking.Token).AsTask();
        var isKnocked = await Task.WhenAny(knock, Task.Delay(length, time, waking.Token)) == knock;
        await waking.CancelAsync();
        stopping.ThrowIfCancellationRequested();
        if (!isKnocked) return;

        // Events come in bunches.
        await Task.Delay(Gather, time, stopping);
        knocks.Reader.TryRead(out _);
    }

    [LoggerMessage(LogLevel.Error, "Looking into deliveries of system hooks failed unexpectedly")]
    private partial void LogFailed(Exception exception);
}
