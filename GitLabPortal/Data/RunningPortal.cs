using Microsoft.Extensions.Options;

namespace GitLabPortal.Data;

/// <summary>
/// Tells other processes on the same data that a portal runs, by a lock on a file: the operating system drops it when the process ends,
/// however it ends.
/// </summary>
public sealed class RunningPortal(IOptions<DataOptions> options) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private FileStream? held;

    /// <summary>Whether a portal, in this process or another one of this machine, runs on the data.</summary>
    public bool IsThere()
    {
        using var file = Take();
        return file is null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Somebody may be looking at this moment, or another portal may run on the same data.
        while ((held = Take()) is null) await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (held is not null) await held.DisposeAsync();
    }

    public override void Dispose()
    {
        held?.Dispose();
        base.Dispose();
    }

    private FileStream? Take()
    {
        var path = options.Value.PortalLockFile;
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            PrivateFiles.Restrict(path);
            return file;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
