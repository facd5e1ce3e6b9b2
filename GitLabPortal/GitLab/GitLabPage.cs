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

    /// <summary>What the server's own limit leaves; null when it does not say, which is usual.</summary>
    public RequestBudget? Budget { get; init; }
}

/// <summary>
/// How many requests are left until the limit starts anew. GitLab's <c>RateLimit-Limit</c> counts another period and is of no use here.
/// </summary>
public readonly record struct RequestBudget(int Remaining, DateTimeOffset ResetsAt);

internal static partial class GitLabPaging
{
    public static int? Total(GitLabAnswer answer) =>
        int.TryParse(answer.Header("X-Total"), NumberStyles.None, CultureInfo.InvariantCulture, out var total) ? total : null;

    public static RequestBudget? Budget(GitLabAnswer answer) =>
        int.TryParse(answer.Header("RateLimit-Remaining"), NumberStyles.None, CultureInfo.InvariantCulture, out var remaining)
        && long.TryParse(answer.Header("RateLimit-Reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
        && reset is > 0 and < 253402300799
            ? new(remaining, DateTimeOffset.FromUnixTimeSeconds(reset))
            : null;

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
