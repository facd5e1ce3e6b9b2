namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// Measures what the README claims: <c>dotnet run -c Release --project GitLabPortal.Tests -- bench catalogue</c>. Figures are ratios within
/// one run and counted requests, so that they mean the same on another machine.
/// </summary>
public static class BenchmarkCommand
{
    private static readonly Dictionary<string, Func<string[], CancellationToken, Task<int>>> All = new(StringComparer.Ordinal)
    {
        ["catalogue"] = CatalogueBenchmark.RunAsync,
    };

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is [var name, .. var rest] && All.TryGetValue(name, out var run)) return await run(rest, cancellationToken);
        await Console.Error.WriteLineAsync($"bench {string.Join('|', All.Keys.Order(StringComparer.Ordinal))}");
        return 2;
    }
}
