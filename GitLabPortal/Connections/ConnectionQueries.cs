using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>A connection as its team sees it: everything but the token.</summary>
public sealed record ConnectionCard
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required string BaseUrl { get; init; }
    public required ConnectionStatus Status { get; init; }
    public required string? StatusText { get; init; }
    public required string? Version { get; init; }
    public required bool? IsEnterprise { get; init; }
    public required TokenKind TokenKind { get; init; }
    public required string? TokenName { get; init; }
    public required string? TokenUsername { get; init; }
    public required bool TokenUserIsBot { get; init; }
    public required DateOnly? TokenExpiresOn { get; init; }
    public required bool IsReadOnly { get; init; }
    public required bool AllowsPlainHttp { get; init; }
    public IReadOnlyList<ShownCertificate> Authorities { get; init; } = [];
    public string? BrowserUrl { get; init; }
    public required ConnectionCoverage Coverage { get; init; }
    public required IReadOnlyList<string> Groups { get; init; }
    public required string CreatedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset? CheckedAt { get; init; }
    public required IReadOnlyList<Finding> Findings { get; init; }
}

public sealed class ConnectionQueries(IDbContextFactory<PortalDb> contexts, TimeProvider time)
{
    /// <summary>The team's connections, by name.</summary>
    public async Task<IReadOnlyList<ConnectionCard>> ForTeamAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Set<Connection>()
            .AsNoTracking()
            .Where(c => c.TeamId == access.TeamId)
            .OrderBy(c => c.Name)
            .Select(c => new
            {
                Connection = c,
                c.Server!.BaseUrl,
                c.Server.Version,
                c.Server.IsEnterprise,
                CreatedBy = c.CreatedBy!.Name,
                Groups = c.Groups.OrderBy(g => g.FullPath).Select(g => g.FullPath).ToList(),
            })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(r => new ConnectionCard
        {
            Id = r.Connection.Id,
            Name = r.Connection.Name,
            BaseUrl = r.BaseUrl,
            Status = r.Connection.Status,
            StatusText = r.Connection.StatusText,
            Version = r.Version,
            IsEnterprise = r.IsEnterprise,
            TokenKind = r.Connection.TokenKind,
            TokenName = r.Connection.TokenName,
            TokenUsername = r.Connection.TokenUsername,
            TokenUserIsBot = r.Connection.TokenUserIsBot,
            TokenExpiresOn = r.Connection.TokenExpiresOn,
            IsReadOnly = r.Connection.IsReadOnly,
            AllowsPlainHttp = r.Connection.AllowsPlainHttp,
            Authorities = TrustedAuthorities.Parse(r.Connection.TrustedAuthorities, time).Value?.All ?? [],
            BrowserUrl = r.Connection.BrowserUrl,
            Coverage = r.Connection.Coverage,
            Groups = r.Groups,
            CreatedBy = r.CreatedBy,
            CreatedAt = r.Connection.CreatedAt,
            CheckedAt = r.Connection.CheckedAt,
            // They may name a project that was tried, which not every member may know of.
            Findings = r.Connection.Audience == ConnectionAudience.Members && !access.Can(TeamRole.Admin)
                ? [.. ConnectionTokens.ReadFindings(r.Connection.Findings).Where(f => !f.Facts.Any(fact => fact.Label == DiagnosisReport.ProjectFact))]
                : ConnectionTokens.ReadFindings(r.Connection.Findings),
        })];
    }

    /// <summary>The names of the team's connections to a server; more than one is right for servers that need several group tokens.</summary>
    public async Task<IReadOnlyList<string>> NamesForServerAsync(TeamAccess access, string baseUrl, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Connection>()
            .Where(c => c.TeamId == access.TeamId && c.Server!.BaseUrl == baseUrl)
            .OrderBy(c => c.Name)
            .Select(c => c.Name)
            .ToListAsync(cancellationToken);
    }

    /// <summary>The slug of the team that has a connection; null when there is no such connection. For the command line, which names no team.</summary>
    internal async Task<string?> TeamOfAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Connection>().Where(c => c.Id == connectionId).Select(c => c.Team!.Slug).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>How many people will see what a connection brings.</summary>
    public async Task<int> MemberCountAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<TeamMember>().CountAsync(m => m.TeamId == access.TeamId, cancellationToken);
    }
}

/// <summary>
/// What a higher feature shows among the facts of a connection's card; the component takes <c>ConnectionId</c>, <c>CanManage</c> and
/// <c>Authorize</c>.
/// </summary>
public sealed record ConnectionCardPart(Type Component);

/// <summary>What a higher feature has to say at the top of a connection's card; the component takes the same.</summary>
public sealed record ConnectionCardNotice(Type Component);

/// <summary>Says in a sentence what removing a connection means for a higher feature; null when nothing.</summary>
public delegate Task<string?> RemovalConsequence(Guid connectionId, CancellationToken cancellationToken);

/// <summary>
/// Forgets what nobody can see any more after a connection to the server is gone. Runs in the transaction of the removal.
/// </summary>
public delegate Task RemovalCleanup(PortalDb db, Guid serverId, CancellationToken cancellationToken);

/// <summary>Reads a connection's repositories again now; the catalogue, higher on the ladder, does it.</summary>
public delegate Task<Result> SyncRequest(TeamAccess access, Guid connectionId, CancellationToken cancellationToken);
