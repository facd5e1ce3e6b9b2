using System.Diagnostics;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>By how much the memory of this process grows at most while it is watched, as the machine sees it.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromMilliseconds(50);

    private readonly long before;
    private readonly Timer timer;
    private long most;

    public MemoryWatch()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        before = most = Now();
        timer = new Timer(_ => most = Math.Max(most, Now()), null, Rhythm, Rhythm);
    }

    public double GrowthInMegabytes => (Math.Max(most, Now()) - before) / 1024.0 / 1024.0;

    public void Dispose() => timer.Dispose();

    private static long Now()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
