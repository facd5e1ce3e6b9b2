using System.Diagnostics;

namespace GitLabPortal.Tests.Harness;

/// <summary>Waits for what happens in the background: looks again until it is there, and gives up after a while.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <returns>The value that was looked for, or the last one that was seen.</returns>
    public static async Task<T> ReadAsync<T>(Func<Task<T>> read, Func<T, bool> isThere)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var value = await read();
            if (isThere(value) || watch.Elapsed > Patience) return value;
            await Task.Delay(50);
        }
    }
}
