using System.Globalization;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary><c>bench &lt;name&gt;</c>: measures one thing and prints what it saw. Never part of a test: machines differ.</summary>
internal static class BenchmarkCommand
{
    private static readonly Dictionary<string, Func<TextWriter, CancellationToken, Task>> All = new(StringComparer.Ordinal)
    {
        ["diagnosis"] = DiagnosisBenchmark.RunAsync,
    };

    public static async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken)
    {
        if (args is [var name] && All.TryGetValue(name, out var benchmark))
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            await benchmark(Console.Out, cancellationToken);
            return 0;
        }

        await Console.Error.WriteLineAsync($"Give one of: {string.Join(", ", All.Keys)}");
        return 2;
    }
}
