using System.Globalization;
using System.Text.RegularExpressions;

namespace GitLabPortal.GitLab;

/// <summary>One page of a list.</summary>
/// <param name="Items">In GitLab's order.</param>
/// <param name="Total">As GitLab counts; null for keyset paging and above 10,000.</param>
/// <param name="HasMore">Keyset paging: there may be more, ask on with the last id; the end is an empty page.</param>
public sealed record GitLabPage<T>(IReadOnlyList<T> Items, int? Total, bool HasMore)
{
    /// <summary>
    /// Host (and port) that GitLab's own links name when it is not the one we asked: its external_url is another address.
    /// Only to be told to people; never followed.
    /// </summary>
    public string? LinkHost { get; init; }

    /// <summary>Null when GitLab limits nothing, or does not say.</summary>
    public GitLabRateLimit? RateLimit { get; init; }
}

/// <summary>What GitLab says of its limit for this account, as far as headers show it, on every answer from 18.6 on.</summary>
/// <param name="PerMinute">Rounded to a minute whatever the real period is; not to be computed with.</param>
/// <param name="Observed">Requests in the real period so far.</param>
/// <param name="Remaining">Requests left in the real period.</param>
/// <param name="ResetsAt">When the period starts anew.</param>
public sealed record GitLabRateLimit(int PerMinute, int Observed, int Remaining, DateTimeOffset? ResetsAt);

internal static partial class GitLabPaging
{
    public static int? Total(GitLabAnswer answer) =>
        int.TryParse(answer.Header("X-Total"), NumberStyles.None, CultureInfo.InvariantCulture, out var total) ? total : null;

    public static GitLabRateLimit? RateLimit(GitLabAnswer answer) =>
        Number(answer, "RateLimit-Limit") is { } limit && Number(answer, "RateLimit-Remaining") is { } remaining
            ? new((int)limit, (int)(Number(answer, "RateLimit-Observed") ?? 0), (int)remaining, ResetsAt(answer))
            : null;

    private static DateTimeOffset? ResetsAt(GitLabAnswer answer) =>
        Number(answer, "RateLimit-Reset") is { } seconds and > 0 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>No limit and no time of this century is longer.</summary>
    private static long? Number(GitLabAnswer answer, string header) =>
        uint.TryParse(answer.Header(header), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && (header == "RateLimit-Reset" || number <= int.MaxValue) ? number : null;

    public static bool IsOffsetPage(GitLabAnswer answer) => answer.Header("X-Page") is not null;

    /// <summary>GitLab sends the header empty on the last page; a proxy may drop it, then a full page suggests another.</summary>
    public static bool HasNext(GitLabAnswer answer, int count, int perPage) =>
        answer.Header("X-Next-Page") is { } next ? next.Length > 0 : count >= perPage;

    public static string? LinkHost(GitLabAnswer answer, Uri asked)
    {
        if (answer.Header("Link") is not { } link || TargetPattern().Match(link) is not { Success: true } match) return null;
        return Uri.TryCreate(match.Groups["target"].Value, UriKind.Absolute, out var target) && target.Authority.Length > 0
            && !string.Equals(target.Authority, asked.Authority, StringComparison.OrdinalIgnoreCase)
            ? target.Authority
            : null;
    }

    [GeneratedRegex("<(?<target>[^>]{1,4000})>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TargetPattern();
}
