namespace GitLabPortal.UI;

/// <summary>Times as people say them.</summary>
public static class RelativeTimes
{
    /// <summary>E.g. <c>just now</c>, <c>5 minutes ago</c>, <c>in 23 days</c>.</summary>
    public static string Describe(DateTimeOffset value, DateTimeOffset now)
    {
        var distance = now - value;
        var text = Amount(distance.Duration());
        return text is null ? "just now" : distance < TimeSpan.Zero ? $"in {text}" : $"{text} ago";
    }

    /// <summary>A token that expires on a date is dead from 00:00 UTC of that date: <c>in 23 days</c>, <c>tomorrow</c>, <c>expired 3 days ago</c>.</summary>
    public static string DescribeExpiry(DateOnly date, DateTimeOffset now)
    {
        var days = date.DayNumber - DateOnly.FromDateTime(now.UtcDateTime).DayNumber;
        return days switch
        {
            0 => "expired today",
            -1 => "expired yesterday",
            < 0 => $"expired {-days} days ago",
            1 => "tonight at 00:00 UTC",
            _ => $"in {days} days",
        };
    }

    private static string? Amount(TimeSpan time) => time switch
    {
        { TotalSeconds: < 45 } => null,
        { TotalMinutes: < 60 } => Count(time.TotalMinutes, "minute"),
        { TotalHours: < 24 } => Count(time.TotalHours, "hour"),
        { TotalDays: < 45 } => Count(time.TotalDays, "day"),
        { TotalDays: < 365 } => Count(time.TotalDays / 30.44, "month"),
        _ => Count(time.TotalDays / 365.25, "year"),
    };

    private static string Count(double amount, string unit)
    {
        var whole = Math.Max(1, (int)Math.Round(amount));
        return whole == 1 ? $"1 {unit}" : $"{whole} {unit}s";
    }
}
