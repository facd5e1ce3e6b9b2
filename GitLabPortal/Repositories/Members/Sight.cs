using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>A connection, and what one person sees through it.</summary>
/// <param name="Scope">Its number in the search index.</param>
/// <param name="IsPersonal">Each member sees what they may open on GitLab themselves.</param>
/// <param name="IsKnown">The person has an account on its server, linked and in good standing.</param>
/// <param name="SeesInternal">GitLab shows that account internal projects.</param>
internal sealed record SeenConnection(Guid Id, string Name, Guid ServerId, long Scope, bool IsPersonal, bool IsKnown, bool SeesInternal);

/// <summary>
/// What one person sees of a team's catalogue: the one place that decides it. Through an open connection, whatever its token sees.
/// Through a personal one, of that what the person may open on GitLab: public rows, internal ones unless GitLab marks the person
/// external, and those of the person's own list. The same condition stands here twice, as a query (<see cref="Visible"/>) and for the
/// search index (<see cref="IndexExpression.Open"/> with <see cref="Own"/>), and once more for counting (<see cref="PersonalGroups"/>).
/// </summary>
internal sealed class Sight
{
    private readonly List<Guid> open;
    private readonly List<Guid> known;
    private readonly List<Guid> inside;

    private Sight(IReadOnlyList<SeenConnection> connections, IReadOnlyList<Guid> identities)
    {
        (All, Identities) = (connections, identities);
        open = [.. connections.Where(c => !c.IsPersonal).Select(c => c.Id)];
        known = [.. connections.Where(c => c is { IsPersonal: true, IsKnown: true }).Select(c => c.Id)];
        inside = [.. connections.Where(c => c is { IsPersonal: true, IsKnown: true, SeesInternal: true }).Select(c => c.Id)];
    }

    /// <summary>The team's connections, by name; the person may see nothing through some.</summary>
    public IReadOnlyList<SeenConnection> All { get; }

    /// <summary>Those through which the person can see anything at all.</summary>
    public IEnumerable<SeenConnection> Useful => All.Where(c => !c.IsPersonal || c.IsKnown);

    /// <summary>The person's GitLab accounts whose own lists count.</summary>
    public IReadOnlyList<Guid> Identities { get; }

    public bool IsPersonal => known.Count > 0;

    public static async Task<Sight> OfAsync(PortalDb db, TeamAccess access, CancellationToken cancellationToken)
    {
        var rows = await (
            from connection in db.Set<Connection>().AsNoTracking()
            join scope in db.Set<SearchScope>() on connection.Id equals scope.ConnectionId
            where connection.TeamId == access.TeamId
            orderby connection.Name
            select new { connection.Id, connection.Name, connection.ServerId, Scope = scope.Id, connection.Audience }).ToListAsync(cancellationToken);
        var isPersonal = !access.IsOperator && rows.Exists(r => r.Audience == ConnectionAudience.Members);
        var identities = isPersonal
            ? await db.Set<GitLabIdentity>().AsNoTracking()
                .Where(i => i.AccountId == access.AccountId && i.State == IdentityState.Active)
                .Select(i => new { i.Id, i.ServerId, i.IsExternal })
                .ToListAsync(cancellationToken)
            : [];
        return new Sight(
            rows.ConvertAll(r => new SeenConnection(
                r.Id, r.Name, r.ServerId, r.Scope, isPersonal && r.Audience == ConnectionAudience.Members,
                identities.Exists(i => i.ServerId == r.ServerId), identities.Exists(i => i.ServerId == r.ServerId && !i.IsExternal))),
            identities.ConvertAll(i => i.Id));
    }

    /// <summary>The same, with some of the connections.</summary>
    public Sight Through(Func<SeenConnection, bool> which) => new([.. All.Where(which)], Identities);

    /// <summary>What the tokens see, whoever asks.</summary>
    public Sight AsToken() => new([.. All.Select(c => c with { IsPersonal = false })], []);

    /// <summary>The repositories that the person sees.</summary>
    public IQueryable<Repository> Visible(PortalDb db)
    {
        var repositories = db.Set<Repository>().AsNoTracking();
        // By the leading column of the key; SQLite otherwise picks the index on RepositoryId and looks at every team's rows.
        if (!IsPersonal && open is [var one])
        {
            return repositories.Where(r => db.Set<RepositorySighting>()
                .Any(s => s.ConnectionId == one && s.RepositoryId == r.Id && s.MissingSince == null));
        }

        if (!IsPersonal)
        {
            return repositories.Where(r => db.Set<RepositorySighting>()
                .Any(s => open.Contains(s.ConnectionId) && s.RepositoryId == r.Id && s.MissingSince == null));
        }

        var identities = Identities.ToList();
        return repositories.Where(r => db.Set<RepositorySighting>().Any(s => s.RepositoryId == r.Id && s.MissingSince == null && (
            open.Contains(s.ConnectionId)
            || (known.Contains(s.ConnectionId) && (
                r.Visibility == RepositoryVisibility.Public
                || (r.Visibility == RepositoryVisibility.Internal && inside.Contains(s.ConnectionId))
                || db.Set<MemberSighting>().Any(m => identities.Contains(m.IdentityId) && m.RepositoryId == r.Id))))));
    }

    /// <summary>Those whose code the person may read, as far as is known: of others the portal does not tell the branch.</summary>
    public IQueryable<long> ReadingCode(PortalDb db)
    {
        var identities = Identities.ToList();
        return db.Set<RepositorySighting>().Where(s => open.Contains(s.ConnectionId) && s.MissingSince == null && s.ReadsCode).Select(s => s.RepositoryId)
            .Concat(db.Set<MemberSighting>().Where(m => identities.Contains(m.IdentityId) && m.ReadsCode).Select(m => m.RepositoryId));
    }

    /// <summary>What is in the person's own list, of the given ones; with whether the person may read the code.</summary>
    public async Task<IReadOnlyDictionary<long, bool>> OwnAsync(PortalDb db, IReadOnlyCollection<long> repositories, CancellationToken cancellationToken)
    {
        if (!IsPersonal) return new Dictionary<long, bool>();
        var identities = Identities.ToList();
        return (await db.Set<MemberSighting>().AsNoTracking()
            .Where(m => identities.Contains(m.IdentityId) && repositories.Contains(m.RepositoryId))
            .Select(m => new { m.RepositoryId, m.ReadsCode })
            .ToListAsync(cancellationToken))
            .GroupBy(m => m.RepositoryId)
            .ToDictionary(g => g.Key, g => g.Any(m => m.ReadsCode));
    }

    /// <summary>Whether the person sees a repository through a connection that sees it.</summary>
    public static bool IsThrough(SeenConnection connection, RepositoryVisibility visibility, bool isOwn) =>
        !connection.IsPersonal || (connection.IsKnown && (isOwn || visibility == RepositoryVisibility.Public || (visibility == RepositoryVisibility.Internal && connection.SeesInternal)));
}
