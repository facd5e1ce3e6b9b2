using System.Globalization;
using System.Text.RegularExpressions;
using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

/// <summary>
/// Reads what changed since a time, page by page: what was pushed to by <c>last_activity_at</c>, what was renamed, moved or made by
/// <c>updated_at</c>. A few requests however large the server is; it says nothing about what is gone.
/// </summary>
internal static partial class ChangesWalk
{
    /// <summary>
    /// GitLab writes <c>last_activity_at</c> at most once an hour, and the clocks of two machines differ: what changed so long before
    /// the last reading is read again.
    /// </summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromMinutes(90);

    /// <param name="version">As GitLab says it; null when unknown.</param>
    /// <param name="store">False ends it.</param>
    public static async Task<bool> RunAsync(
        GitLabClient client, ProjectListQuery query, string? version, DateTimeOffset since, Func<GitLabPage<GitLabProject>, Task<bool>> store,
        CancellationToken cancellationToken)
    {
        if (KnowsUpdatedFilter(version) && !await UpdatedAsync(client, query, since, store, cancellationToken)) return false;

        var active = query with { ActiveAfter = since };
        while (true)
        {
            var page = await client.Projects.ListAsync(active, cancellationToken);
            if (page.Items.Count == 0) return true;
            if (!await store(page)) return false;
            active = active with { IdAfter = page.Items.Max(p => p.Id) };
        }
    }

    /// <summary>Since 15.10. A server that does not tell its version is asked, and recognised by its answer.</summary>
    internal static bool KnowsUpdatedFilter(string? version) =>
        version is null || VersionPattern().Match(version) is not { Success: true } match
        || (int.Parse(match.Groups["major"].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups["minor"].Value, CultureInfo.InvariantCulture)).CompareTo((15, 10)) >= 0;

    /// <summary>
    /// Goes on behind the last time of a page instead of by page numbers: what is changed meanwhile moves to the end of the list, and
    /// would move everything behind it to a page that was read already.
    /// </summary>
    private static async Task<bool> UpdatedAsync(
        GitLabClient client, ProjectListQuery query, DateTimeOffset since, Func<GitLabPage<GitLabProject>, Task<bool>> store, CancellationToken cancellationToken)
    {
        var (after, number) = (since, 1);
        while (true)
        {
            var page = await client.Projects.ListUpdatedAsync(query with { UpdatedAfter = after }, number, cancellationToken);
            // An older server takes no notice of the filter and would list everything; a second of tolerance for rounding.
            if (page.Items.Any(p => p.UpdatedAt is null || p.UpdatedAt < after - TimeSpan.FromSeconds(1))) return true;
            if (page.Items.Count > 0 && !await store(page)) return false;
            if (!page.HasMore || page.Items.Count == 0) return true;

            var last = page.Items.Max(p => p.UpdatedAt!.Value);
            (after, number) = last > after ? (last, 1) : (after, number + 1);
        }
    }

    [GeneratedRegex(@"^(?<major>\d{1,4})\.(?<minor>\d{1,4})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VersionPattern();
}
