using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// The repositories that a team has picked already, as a query on the given context. The projects, which stand above this folder,
/// contribute it.
/// </summary>
public delegate IQueryable<Repository> PickedRepositories(PortalDb db, Guid teamId);

/// <summary>Reads the local catalogue. GitLab is never asked: search works while it is down.</summary>
public sealed class RepositoryQueries(IDbContextFactory<PortalDb> contexts, PickedRepositories picked)
{
    private const int MaxFacets = 100;

    /// <summary>
    /// The repositories that the person sees now through at least one of the team's own connections, and no other: see
    /// <see cref="Sight"/>. One that is seen through several connections is one row. The total is exact.
    /// </summary>
    public async Task<Page<RepositoryRow>> SearchAsync(
        TeamAccess access, RepositorySearch search, PageRequest page, CancellationToken cancellationToken) =>
        await contexts.ReadAsync((snapshot, token) => SearchAsync(snapshot, access, search, page, token), cancellationToken);

    /// <summary>The choices of the filters: the team's connections, and the groups and topics that occur in what the person sees.</summary>
    public Task<RepositoryFacets> FacetsAsync(TeamAccess access, CancellationToken cancellationToken) => contexts.ReadAsync(
        async (snapshot, token) =>
        {
            var sight = await Sight.OfAsync(snapshot.Db, access, token);
            var open = sight.All.Where(c => !c.IsPersonal).Select(c => c.Id).ToList();
            // A repository that several connections see counts for each: only the order of use is wanted.
            var groups = (await snapshot.Db.Set<CatalogueGroup>().AsNoTracking()
                .Where(g => open.Contains(g.ConnectionId) && g.Count > 0)
                .Select(g => new { g.Kind, g.Value, g.Count })
                .ToListAsync(token)).ToLookup(g => g.Kind, g => (g.Value, g.Count));
            var own = PersonalGroups.Count(snapshot, sight);
            return new RepositoryFacets(
                [.. sight.All.Select(c => new ConnectionFacet(c.Id, c.Name))],
                MostUsed(groups[CatalogueGroupKind.Namespace].Concat(own.Namespaces.Select(n => (Value: n.Key, Count: n.Value)))
                    .SelectMany(g => WithParents(g.Value).Select(path => (path, g.Count)))),
                MostUsed(groups[CatalogueGroupKind.Topics].Concat(own.Topics.Select(t => (Value: t.Key, Count: t.Value)))
                    .SelectMany(g => SplitTopics(g.Value).Select(topic => (topic, g.Count)))));
        },
        cancellationToken);

    /// <summary>How many different repositories the person sees, in all or through one connection.</summary>
    public Task<int> CountAsync(TeamAccess access, CancellationToken cancellationToken, Guid? connectionId = null) => contexts.ReadAsync(
        async (snapshot, token) =>
        {
            var search = new RepositorySearch { Archived = ArchivedFilter.Any };
            var sight = (await Sight.OfAsync(snapshot.Db, access, token)).Through(c => connectionId is null || c.Id == connectionId);
            return sight.Useful.Any()
                ? new IndexReader(snapshot, search, sight, []).Count(IndexExpression.Visible(sight.Useful.Select(c => c.Scope), search))
                : 0;
        },
        cancellationToken);

    internal static IReadOnlyList<string> SplitTopics(string topics) => topics.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<Page<RepositoryRow>> SearchAsync(
        Snapshot snapshot, TeamAccess access, RepositorySearch search, PageRequest page, CancellationToken cancellationToken)
    {
        var db = snapshot.Db;
        var all = await Sight.OfAsync(db, access, cancellationToken);
        var sight = all.Through(c => search.ConnectionId is null || c.Id == search.ConnectionId);
        if (!sight.Useful.Any()) return Page<RepositoryRow>.Empty;

        var pickedIds = search.IsPicked is null ? [] : await picked(db, access.TeamId).Select(r => r.Id).ToListAsync(cancellationToken);
        var index = new IndexSearch(snapshot, search, sight, pickedIds, cancellationToken);
        var (ids, total) = index.Run(page.Skip, page.Take);
        if (ids.Count == 0) return new Page<RepositoryRow>([], total);

        // The sightings decide once more, whatever the index holds.
        var connections = all.All.Select(c => c.Id).ToList();
        var seen = (await db.Set<RepositorySighting>().AsNoTracking()
            .Where(s => ids.Contains(s.RepositoryId) && connections.Contains(s.ConnectionId) && s.MissingSince == null)
            .Select(s => new { s.RepositoryId, s.ConnectionId, s.ReadsCode })
            .ToListAsync(cancellationToken))
            .ToLookup(s => s.RepositoryId);
        var own = await all.OwnAsync(db, ids, cancellationToken);
        var pickedRepositories = picked(db, access.TeamId);
        var rows = await db.Set<Repository>().AsNoTracking()
            .Where(r => ids.Contains(r.Id))
            .Select(r => new { Repository = r, IsPicked = pickedRepositories.Any(p => p.Id == r.Id) })
            .ToDictionaryAsync(r => r.Repository.Id, cancellationToken);
        return new Page<RepositoryRow>(
            [
                .. from id in ids
                   let row = rows[id]
                   let through = all.All.Where(c => seen[id].Any(s => s.ConnectionId == c.Id) && Sight.IsThrough(c, row.Repository.Visibility, own.ContainsKey(id))).ToList()
                   where through.Count > 0
                   let readsCode = own.GetValueOrDefault(id) || seen[id].Any(s => s.ReadsCode && through.Exists(c => c.Id == s.ConnectionId && !c.IsPersonal))
                   select Row(row.Repository, row.IsPicked, [.. through.Select(c => c.Name).Order(StringComparer.OrdinalIgnoreCase)], readsCode, index.FormerPath(id)),
            ],
            total);
    }

    private static RepositoryRow Row(Repository r, bool isPicked, IReadOnlyList<string> connections, bool readsCode, string? formerPath) => new(
        r.Id, r.Name, r.FullPath, r.NamespacePath, r.Description, r.Visibility, readsCode ? r.DefaultBranch : null, r.WebUrl, r.Stars, SplitTopics(r.Topics),
        r.LastActivityAt, r.IsArchived, r.IsEmpty, r.IsFork, r.DeletionOn, isPicked, connections, formerPath);

    private static IEnumerable<string> WithParents(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1)) yield return path[..slash];
        yield return path;
    }

    private static List<string> MostUsed(IEnumerable<(string Name, int Count)> uses) => uses
        .GroupBy(u => u.Name, StringComparer.Ordinal)
        .OrderByDescending(g => g.Sum(u => u.Count))
        .Take(MaxFacets)
        .Select(g => g.Key)
        .Order(StringComparer.OrdinalIgnoreCase)
        .ToList();
}
