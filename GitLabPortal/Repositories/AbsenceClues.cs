using System.Globalization;
using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>What can be found out about repositories that a walk did not see, by a handful of requests however many they are.</summary>
/// <param name="GoneGroups">Top-level groups of which nothing was seen and which GitLab does not show either.</param>
/// <param name="ShownGroups">Top-level groups of which nothing was seen although GitLab shows them.</param>
/// <param name="Namespaces">Where the unseen ones lay, and how many in each.</param>
internal sealed record AbsenceClues(
    IReadOnlyList<string> GoneGroups, IReadOnlyList<string> ShownGroups, IReadOnlyList<(string Path, int Count)> Namespaces)
{
    private const int GroupsToAsk = 3;

    public static async Task<AbsenceClues> GatherAsync(
        IQueryable<RepositorySighting> unseen, IQueryable<RepositorySighting> seen, GitLabClient client, CancellationToken cancellationToken)
    {
        var rows = await unseen
            .GroupBy(s => s.Repository!.NamespacePath)
            .Select(g => new { Path = g.Key, Count = g.Count() })
            .ToListAsync(cancellationToken);
        var (gone, shown) = (new List<string>(), new List<string>());
        foreach (var top in rows.GroupBy(r => r.Path.Split('/')[0], StringComparer.Ordinal).OrderByDescending(g => g.Sum(r => r.Count)).Select(g => g.Key))
        {
            if (gone.Count + shown.Count == GroupsToAsk) break;
            var below = top + "/";
            if (top.Length == 0 || await seen.AnyAsync(s => s.Repository!.NamespacePath == top || s.Repository.NamespacePath.StartsWith(below), cancellationToken)) continue;
            try
            {
                (await client.Groups.IsShownAsync(top, cancellationToken) ? shown : gone).Add(top);
            }
            catch (GitLabException)
            {
                // Then the cause stays unknown; the walk itself is complete.
                break;
            }
        }

        return new AbsenceClues(gone, shown, rows.ConvertAll(r => (r.Path, r.Count)));
    }

    /// <summary>Notes with each why it is missing, as far as that is known.</summary>
    /// <param name="isTooMuch">More than is believed without asking.</param>
    public async Task ExplainAsync(IQueryable<RepositorySighting> unseen, Connection connection, bool isTooMuch, CancellationToken cancellationToken)
    {
        // An administrator's token sees whatever is there. Not when much is gone: it may be an administrator's no longer.
        var seesAll = connection is { TokenUserIsAdmin: true, Coverage: ConnectionCoverage.Everything } && !isTooMuch;
        Absence? usual = seesAll ? Absence.Deleted : Absence.NotShown;
        Absence? deleted = Absence.Deleted;
        Absence? group = Absence.GroupNotShown;
        await unseen.ExecuteUpdateAsync(s => s.SetProperty(x => x.Absence, usual), cancellationToken);
        await unseen.Where(s => s.Repository!.DeletionOn != null).ExecuteUpdateAsync(s => s.SetProperty(x => x.Absence, deleted), cancellationToken);
        foreach (var path in GoneGroups)
        {
            var below = path + "/";
            await unseen
                .Where(s => s.Repository!.NamespacePath == path || s.Repository.NamespacePath.StartsWith(below))
                .ExecuteUpdateAsync(s => s.SetProperty(x => x.Absence, group), cancellationToken);
        }
    }

    /// <summary>What is likely to have happened, for an admin of the team.</summary>
    public string Cause(int seen) => SearchText.Clean(Words(seen), 1000);

    private string Words(int seen)
    {
        if (seen == 0)
        {
            return "GitLab listed no project at all. Usually the token's account lost its memberships, the server was set up anew, or something in front of it answers in its place.";
        }

        if (GoneGroups.Count > 0)
        {
            var rest = Namespaces.Where(n => !GoneGroups.Contains(n.Path.Split('/')[0], StringComparer.Ordinal)).Sum(n => n.Count);
            var others = rest == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" Another {rest:N0} lay elsewhere.");
            return $"This token lost {List(GoneGroups)}: GitLab does not show {(GoneGroups.Count == 1 ? "it" : "them")} any more. Access was taken away, or {(GoneGroups.Count == 1 ? "it was" : "they were")} deleted or renamed.{others}";
        }

        if (ShownGroups.Count > 0)
        {
            return $"Nothing below {List(ShownGroups)} is listed any more although GitLab still shows the group. The projects were deleted or moved, or the token's account lost access to them.";
        }

        return Namespaces is [(var path, 1)]
            ? $"It lay in {path}. It was deleted or moved, or the token's account lost access to it."
            : Namespaces.Count == 1
            ? $"All of them lay in {Namespaces[0].Path}. They were deleted or moved, or the token's account lost access to them."
            : string.Create(CultureInfo.InvariantCulture, $"They lay in {Namespaces.Count:N0} groups. Usually the token's account lost memberships, or the server was restored from an older copy.");
    }

    private static string List(IReadOnlyList<string> groups) => groups.Count == 1 ? $"the group {groups[0]}" : $"the groups {string.Join(", ", groups)}";
}
