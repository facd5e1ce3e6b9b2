using System.Globalization;
using System.Runtime.InteropServices;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// What the README claims in figures, to be measured by anybody: <c>dotnet run -c Release --project GitLabPortal.Tests -- bench NAME</c>.
/// Ratios and counts of one run, never a test: machines differ.
/// </summary>
public static class BenchmarkCommand
{
    private static readonly Dictionary<string, Func<string[], CancellationToken, Task<int>>> Benchmarks = new(StringComparer.Ordinal)
    {
        ["catalogue"] = CatalogueBenchmark.RunAsync,
        ["diagnosis"] = DiagnosisBenchmark.RunAsync,
        ["search"] = SearchBenchmark.RunAsync,
        ["grid"] = GridBenchmark.RunAsync,
    };

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is not [var name, .. var rest] || !Benchmarks.TryGetValue(name, out var benchmark))
        {
            await Console.Error.WriteLineAsync($"bench {string.Join(" | ", Benchmarks.Keys)}");
            return 2;
        }

#if DEBUG
        await Console.Error.WriteLineAsync("This is a debug build: its figures mean nothing. Add -c Release.");
#endif
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{name} on {TimeProvider.System.GetUtcNow():yyyy-MM-dd}: {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores"));
        return await benchmark(rest, cancellationToken);
    }
}
