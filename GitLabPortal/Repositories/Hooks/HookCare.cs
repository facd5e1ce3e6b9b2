using GitLabPortal.Scheduling;

namespace GitLabPortal.Repositories;

/// <summary>Looks after the hooks that nobody looked at for long, and forgets deliveries that are of no use any more.</summary>
internal sealed class HookCare(DeliveryQueue queue, CheckHook check, Schedule schedule) : IHostedService
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromMinutes(30);

    public Task StartAsync(CancellationToken cancellationToken) => schedule.AddAsync("looking after hooks", RunAsync, Rhythm, TimeSpan.Zero, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await queue.ForgetAsync(cancellationToken);
        await check.RunDueAsync(cancellationToken);
    }
}
