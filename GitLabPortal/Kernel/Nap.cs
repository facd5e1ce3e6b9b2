using System.Threading.Channels;

namespace GitLabPortal.Kernel;

/// <summary>How a worker waits: until it is time or until somebody knocks, whichever comes first. Knocks before it wakes count as one.</summary>
public sealed class Nap(TimeProvider time)
{
    private readonly Channel<bool> knocks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Ends the nap, or the next one when the worker is awake. From any thread.</summary>
    public void Knock() => knocks.Writer.TryWrite(true);

    /// <returns>Whether somebody knocked.</returns>
    /// <exception cref="OperationCanceledException">The worker is to stop.</exception>
    public async Task<bool> TakeAsync(TimeSpan length, CancellationToken stopping)
    {
        using var waking = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var knock = knocks.Reader.WaitToReadAsync(waking.Token).AsTask();
        await Task.WhenAny(knock, Task.Delay(length, time, waking.Token));
        await waking.CancelAsync();
        stopping.ThrowIfCancellationRequested();
        return knocks.Reader.TryRead(out _);
    }
}
