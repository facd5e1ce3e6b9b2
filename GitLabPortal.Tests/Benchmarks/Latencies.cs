using System.Diagnostics;
using System.Globalization;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>How long things took.</summary>
internal sealed class Latencies
{
    private readonly List<double> milliseconds = [];

    public int Count => milliseconds.Count;

    public async Task<T> MeasureAsync<T>(Func<Task<T>> act)
    {
        var started = Stopwatch.GetTimestamp();
        var result = await act();
        Add(Stopwatch.GetElapsedTime(started));
        return result;
    }

    public void Add(TimeSpan elapsed) => milliseconds.Add(elapsed.TotalMilliseconds);

    /// <param name="share">E.g. 0.95.</param>
    public double Percentile(double share) => milliseconds.Order().ElementAt((int)Math.Min(milliseconds.Count - 1, Math.Ceiling(share * milliseconds.Count) - 1));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"p50 {Percentile(0.5),7:0.0}  p95 {Percentile(0.95),7:0.0}  p99 {Percentile(0.99),7:0.0}  max {Percentile(1),7:0.0} ms  ({Count} times)");
}
