namespace GitLabPortal.Tests.Sandbox;

/// <summary>Holds answers back until so many requests wait for theirs at the same time; lets all through from then on.</summary>
/// <param name="opensAt">Requests.</param>
public sealed class SandboxGate(int opensAt)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    /// <summary>The most that were unanswered at the same time, open or not.</summary>
    public int Most { get; private set; }

    /// <summary>Lets all through from now on.</summary>
    public void Open() => _opened.TrySetResult();

    internal async Task PassAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Most = Math.Max(Most, ++_waiting);
            if (Most >= opensAt)
                _opened.TrySetResult();
        }

        try
        {
            await _opened.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            // Before the answer goes out: whoever has it may ask again at once.
            lock (_lock)
                _waiting--;
        }
    }
}
