using System.Globalization;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Rack::Attack as an administrator switches it on: so many requests per caller and period, counted in fixed windows.</summary>
public sealed class SandboxThrottle(int requests, TimeSpan period)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Window, int Count)> _counts = new(StringComparer.Ordinal);

    internal Answer? Refuse(string caller, DateTimeOffset now)
    {
        int observed;
        lock (_lock)
        {
            var window = now.UtcTicks / period.Ticks;
            observed = _counts.TryGetValue(caller, out var count) && count.Window == window ? count.Count + 1 : 1;
            _counts[caller] = (window, observed);
        }

        return observed > requests ? Refusal(now, requests, period, observed, WindowEnd(now) - now) : null;
    }

    internal void Describe(Answer answer, string caller, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_counts.TryGetValue(caller, out var count))
                Write(answer, requests, period, count.Count, WindowEnd(now));
        }
    }

    internal static Answer Refusal(DateTimeOffset now, int limit, TimeSpan period, int observed, TimeSpan retryAfter)
    {
        var reset = now + retryAfter;
        return Write(Answer.Text(429, "Retry later\n", "text/plain"), limit, period, observed, reset)
            .With("RateLimit-ResetTime", reset.ToString("R", CultureInfo.InvariantCulture))
            .With("Retry-After", Text(Math.Max(1, (long)Math.Ceiling(retryAfter.TotalSeconds))));
    }

    /// <summary>The limit is given per minute, rounded up, while the other numbers count the true period.</summary>
    private static Answer Write(Answer answer, int limit, TimeSpan period, int observed, DateTimeOffset reset) => answer
        .With("RateLimit-Limit", Text((long)Math.Ceiling(limit / period.TotalMinutes)))
        .With("RateLimit-Name", "throttle_authenticated_api")
        .With("RateLimit-Observed", Text(observed))
        .With("RateLimit-Remaining", Text(Math.Max(0, limit - observed)))
        .With("RateLimit-Reset", Text(reset.ToUnixTimeSeconds()));

    private DateTimeOffset WindowEnd(DateTimeOffset now) => new(((now.UtcTicks / period.Ticks) + 1) * period.Ticks, TimeSpan.Zero);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
