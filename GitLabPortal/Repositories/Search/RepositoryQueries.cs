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
    /// The repositories that at least one of the team's own connections sees now, and no other. One that is seen through several
    /// connections is one row. The total is exact.
    /// </summary>
    public async Task<Page<RepositoryRow>> SearchAsync(
        TeamAccess access, RepositorySearch search, PageRequest page, CancellationToken cancellationToken) =>
        await contexts.ReadAsync((snapshot, token) => SearchAsync(snapshot, access, search, page, token), cancellationToken);

    /// <summary>The choices of the filters: connections, groups and topics that occur in the team's catalogue.</summary>
    public Task<RepositoryFacets> FacetsAsync(TeamAccess access, CancellationToken cancellationToken) => contexts.ReadAsync(
        async (snapshot, token) =>
        {
            var connections = await ConnectionsAsync(snapshot.Db, access, token);
            var ids = connections.ConvertAll(c => c.Id);
            // A repository that several connections see counts for each: only the order of use is wanted.
            var groups = (await snapshot.Db.Set<CatalogueGroup>().AsNoTracking()
                .Where(g => ids.Contains(g.ConnectionId) && g.Count > 0)
                .ToListAsync(token)).ToLookup(g => g.Kind);
            return new RepositoryFacets(
                connections.ConvertAll(c => new ConnectionFacet(c.Id, c.Name)),
                MostUsed(groups[CatalogueGroupKind.Namespace].SelectMany(g => WithParents(g.Value).Select(path => (path, g.Count)))),
                MostUsed(groups[CatalogueGroupKind.Topics].SelectMany(g => SplitTopics(g.Value).Select(topic => (topic, g.Count)))));
        },
        cancellationToken);

    /// <summary>How many different repositories the team sees.</summary>
    public Task<int> CountAsync(TeamAccess access, CancellationToken cancellationToken) => contexts.ReadAsync(
        async (snapshot, token) =>
        {
            var search = new RepositorySearch { Archived = ArchivedFilter.Any };
            var scopes = (await ConnectionsAsync(snapshot.Db, access, token)).ConvertAll(c => c.Scope);
            return scopes.Count == 0 ? 0 : new IndexReader(snapshot, search, []).Count(IndexExpression.Visible(scopes, search));
        },
        cancellationToken);

    /// <summary>The one place that decides what connections, and so a team, can see.</summary>
    internal static IQueryable<Repository> VisibleThrough(PortalDb db, List<Guid> connections)
    {
        // By the leading column of the key; SQLite otherwise picks the index on RepositoryId and looks at every team's rows.
        var repositories = db.Set<Repository>().AsNoTracking();
        if (connections is [var one])
        {
            return repositories.Where(r => db.Set<RepositorySighting>()
                .Any(s => s.ConnectionId == one && s.RepositoryId == r.Id && s.MissingSince == null));
        }

        return repositories.Where(r => db.Set<RepositorySighting>()
            .Any(s => connections.Contains(s.ConnectionId) && s.RepositoryId == r.Id && s.MissingSince == null));
    }

    internal static IReadOnlyList<string> SplitTopics(string topics) => topics.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<Page<RepositoryRow>> SearchAsync(
        Snapshot snapshot, TeamAccess access, RepositorySearch search, PageRequest page, CancellationToken cancellationToken)
    {
        var db = snapshot.Db;
        var connections = await ConnectionsAsync(db, access, cancellationToken);
        var scopes = connections.Where(c => search.ConnectionId is null || c.Id == search.ConnectionId).ToDictionary(c => c.Id, c => c.Scope);
        if (scopes.Count == 0) return Page<RepositoryRow>.Empty;

        var pickedIds = search.IsPicked is null ? [] : await picked(db, access.TeamId).Select(r => r.Id).ToListAsync(cancellationToken);
        var index = new IndexSearch(snapshot, search, scopes, pickedIds, cancellationToken);
        var (ids, total) = index.Run(page.Skip, page.Take);
        if (ids.Count == 0) return new Page<RepositoryRow>([], total);

        // The sightings decide once more, whatever the index holds.
        var names = connections.ToDictionary(c => c.Id, c => c.Name);
        var all = names.Keys.ToList();
        var seen = (await db.Set<RepositorySighting>().AsNoTracking()
            .Where(s => ids.Contains(s.RepositoryId) && all.Contains(s.ConnectionId) && s.MissingSince == null)
            .Select(s => new { s.RepositoryId, s.ConnectionId, s.ReadsCode })
            .ToListAsync(cancellationToken))
            .ToLookup(s => s.RepositoryId);
        var pickedRepositories = picked(db, access.TeamId);
        var rows = await db.Set<Repository>().AsNoTracking()
            .Where(r => ids.Contains(r.Id))
            .Select(r => new { Repository = r, IsPicked = pickedRepositories.Any(p => p.Id == r.Id) })
            .ToDictionaryAsync(r => r.Repository.Id, cancellationToken);
        return new Page<RepositoryRow>(
            [
                .. from id in ids
                   where seen[id].Any()
                   let row = rows[id]
                   select Row(
                       row.Repository, row.IsPicked, [.. seen[id].Select(s => names[s.ConnectionId]).Order(StringComparer.OrdinalIgnoreCase)],
                       seen[id].Any(s => s.ReadsCode), index.FormerPath(id)),
            ],
            total);
    }

    private static async Task<List<ScopedConnection>> ConnectionsAsync(PortalDb db, TeamAccess access, CancellationToken cancellationToken) => await (
        from connection in db.Set<Connection>().AsNoTracking()
        join scope in db.Set<SearchScope>() on connection.Id equals scope.ConnectionId
        where connection.TeamId == access.TeamId
        orderby connection.Name
        select new ScopedConnection(connection.Id, connection.Name, scope.Id)).ToListAsync(cancellationToken);

    private sealed record ScopedConnection(Guid Id, string Name, long Scope);

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
