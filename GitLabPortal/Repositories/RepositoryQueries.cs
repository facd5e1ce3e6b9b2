using System.Linq.Expressions;
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
        TeamAccess access, RepositorySearch search, PageRequest page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var connections = await db.Set<Connection>().AsNoTracking()
            .Where(c => c.TeamId == access.TeamId)
            .Select(c => new { c.Id, c.Name })
            .ToDictionaryAsync(c => c.Id, c => c.Name, cancellationToken);
        var visible = search.ConnectionId is { } only ? connections.Keys.Where(id => id == only).ToList() : [.. connections.Keys];
        if (visible.Count == 0) return Page<RepositoryRow>.Empty;

        var pickedRepositories = picked(db, access.TeamId);
        var matches = Filter(VisibleThrough(db, visible), pickedRepositories, search);
        var total = await matches.CountAsync(cancellationToken);
        if (total <= page.Skip) return new Page<RepositoryRow>([], total);

        var rows = await Order(matches, search)
            .Skip(page.Skip)
            .Take(page.Take)
            .Select(r => new { Repository = r, IsPicked = pickedRepositories.Any(p => p.Id == r.Id) })
            .ToListAsync(cancellationToken);
        var ids = rows.ConvertAll(r => r.Repository.Id);
        var all = connections.Keys.ToList();
        var sightings = await db.Set<RepositorySighting>().AsNoTracking()
            .Where(s => ids.Contains(s.RepositoryId) && all.Contains(s.ConnectionId) && s.MissingSince == null)
            .Select(s => new { s.RepositoryId, s.ConnectionId })
            .ToListAsync(cancellationToken);
        var names = sightings.ToLookup(s => s.RepositoryId, s => connections[s.ConnectionId]);
        return new Page<RepositoryRow>(
            rows.ConvertAll(r => Row(r.Repository, r.IsPicked, [.. names[r.Repository.Id].Order(StringComparer.OrdinalIgnoreCase)])), total);
    }

    /// <summary>The choices of the filters: connections, groups and topics that occur in the team's catalogue.</summary>
    public async Task<RepositoryFacets> FacetsAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var connections = await db.Set<Connection>().AsNoTracking()
            .Where(c => c.TeamId == access.TeamId)
            .OrderBy(c => c.Name)
            .Select(c => new ConnectionFacet(c.Id, c.Name))
            .ToListAsync(cancellationToken);
        if (connections.Count == 0) return new RepositoryFacets([], [], []);

        var repositories = VisibleThrough(db, connections.ConvertAll(c => c.Id));
        var namespaces = await repositories
            .GroupBy(r => r.NamespacePath)
            .Select(g => new { Path = g.Key, Count = g.Count() })
            .ToListAsync(cancellationToken);
        var topics = await repositories
            .Where(r => r.Topics != "")
            .GroupBy(r => r.Topics)
            .Select(g => new { Topics = g.Key, Count = g.Count() })
            .ToListAsync(cancellationToken);
        return new RepositoryFacets(
            connections,
            MostUsed(namespaces.SelectMany(n => WithParents(n.Path).Select(path => (path, n.Count)))),
            MostUsed(topics.SelectMany(t => SplitTopics(t.Topics).Select(topic => (topic, t.Count)))));
    }

    /// <summary>How many different repositories the team sees.</summary>
    public async Task<int> CountAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var connections = await db.Set<Connection>().Where(c => c.TeamId == access.TeamId).Select(c => c.Id).ToListAsync(cancellationToken);
        return connections.Count == 0 ? 0 : await VisibleThrough(db, connections).CountAsync(cancellationToken);
    }

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

    private static IQueryable<Repository> Filter(IQueryable<Repository> repositories, IQueryable<Repository> picked, RepositorySearch search)
    {
        // Contains becomes instr(), which knows no pattern: nothing that is typed can have a meaning to the database.
        foreach (var term in search.Terms()) repositories = repositories.Where(r => r.SearchText.Contains(term));

        if (search.Namespace is { } path)
        {
            var folded = path.ToLowerInvariant();
            var below = folded + "/";
            repositories = repositories.Where(r => r.NamespacePath.ToLower() == folded || r.NamespacePath.ToLower().StartsWith(below));
        }

        if (search.Topic is { } topic)
        {
            var entry = $"\n{topic}\n";
            repositories = repositories.Where(r => r.Topics.Contains(entry));
        }

        if (search.Visibility is { } visibility) repositories = repositories.Where(r => r.Visibility == visibility);
        if (search.Archived == ArchivedFilter.Hide) repositories = repositories.Where(r => !r.IsArchived && r.DeletionOn == null);
        if (search.Archived == ArchivedFilter.Only) repositories = repositories.Where(r => r.IsArchived || r.DeletionOn != null);
        if (search.IsEmpty is { } empty) repositories = repositories.Where(r => r.IsEmpty == empty);
        if (search.IsFork is { } fork) repositories = repositories.Where(r => r.IsFork == fork);
        if (search.IsPicked is { } isPicked) repositories = repositories.Where(r => picked.Any(p => p.Id == r.Id) == isPicked);
        return repositories;
    }

    private static IOrderedQueryable<Repository> Order(IQueryable<Repository> repositories, RepositorySearch search)
    {
        var terms = search.Terms();
        var ordered = (search.Sort, search.Descending) switch
        {
            (RepositorySort.Best, _) when terms.Count > 0 => repositories.OrderBy(Rank(string.Join(' ', terms))).ThenBy(Rank(terms[0])),
            (RepositorySort.Name, true) => repositories.OrderByDescending(r => r.Name.ToLower()),
            (RepositorySort.Name, false) => repositories.OrderBy(r => r.Name.ToLower()),
            (RepositorySort.Stars, true) => repositories.OrderByDescending(r => r.Stars),
            (RepositorySort.Stars, false) => repositories.OrderBy(r => r.Stars),
            // Unknown dates come last in both directions.
            (RepositorySort.Activity, false) => repositories.OrderBy(r => r.LastActivityAt == null).ThenBy(r => r.LastActivityAt),
            _ => repositories.OrderByDescending(r => r.LastActivityAt),
        };
        // The id settles ties, so that no row is on two pages or on none.
        return ordered.ThenBy(r => r.FullPath.ToLower()).ThenBy(r => r.Id);
    }

    /// <summary>0 exact path or name, 1 begins with it, 2 a part of the path or a word of the name begins with it, 3 in path or name, 4 elsewhere.</summary>
    private static Expression<Func<Repository, int>> Rank(string text)
    {
        var exactPath = $"{SearchText.PathStart}{text}{SearchText.NameStart}";
        var exactLast = $"/{text}{SearchText.NameStart}";
        var exactName = $"{SearchText.NameStart}{text}{SearchText.RestStart}";
        var pathPrefix = $"{SearchText.PathStart}{text}";
        var namePrefix = $"{SearchText.NameStart}{text}";
        var (part, word, dash, underscore, dot) = ($"/{text}", $" {text}", $"-{text}", $"_{text}", $".{text}");
        return r =>
            r.SearchText.Contains(exactPath) || r.SearchText.Contains(exactLast) || r.SearchText.Contains(exactName) ? 0
            : r.SearchText.Contains(pathPrefix) || r.SearchText.Contains(namePrefix) ? 1
            : r.FullPath.ToLower().Contains(part) || r.FullPath.ToLower().Contains(dash) || r.FullPath.ToLower().Contains(underscore)
                || r.FullPath.ToLower().Contains(dot) || r.Name.ToLower().Contains(word) ? 2
            : r.FullPath.ToLower().Contains(text) || r.Name.ToLower().Contains(text) ? 3
            : 4;
    }

    private static RepositoryRow Row(Repository r, bool isPicked, IReadOnlyList<string> connections) => new(
        r.Id, r.Name, r.FullPath, r.NamespacePath, r.Description, r.Visibility, r.DefaultBranch, r.WebUrl, r.Stars, SplitTopics(r.Topics),
        r.LastActivityAt, r.IsArchived, r.IsEmpty, r.IsFork, r.DeletionOn, isPicked, connections);

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
