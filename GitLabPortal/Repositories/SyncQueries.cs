using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>A connection as the catalogue sees it.</summary>
/// <param name="Repositories">How many it sees now.</param>
/// <param name="LastCompletedAt">When a walk last reached the end.</param>
/// <param name="Latest">The running walk, or the last one; null before the first.</param>
/// <param name="IsPersonal">Each member sees of it what they may open on GitLab themselves.</param>
public sealed record ConnectionSync(
    Guid ConnectionId, string Name, ConnectionStatus Status, string? StatusText, int Repositories, DateTimeOffset? LastCompletedAt, SyncProgress? Latest,
    bool IsPersonal = false)
{
    public bool IsRunning => Latest is { State: SyncState.Running };
}

/// <summary>Reads how far the catalogue is.</summary>
public sealed class SyncQueries(IDbContextFactory<PortalDb> contexts)
{
    /// <summary>The team's connections, by name.</summary>
    public async Task<IReadOnlyList<ConnectionSync>> OfTeamAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await ReadAsync(db, db.Set<Connection>().Where(c => c.TeamId == access.TeamId), cancellationToken);
    }

    /// <summary>One connection, for somebody who is being shown it; null when it is gone.</summary>
    internal async Task<ConnectionSync?> OfConnectionAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await ReadAsync(db, db.Set<Connection>().Where(c => c.Id == connectionId), cancellationToken);
        return found is [var one] ? one : null;
    }

    /// <summary>What leaves the team's grid with the connection; null when nothing does.</summary>
    internal async Task<string?> DescribeRemovalAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var sightings = db.Set<RepositorySighting>().Where(s => s.MissingSince == null);
        var count = await sightings
            .Where(s => s.ConnectionId == connectionId)
            .CountAsync(s => !sightings.Any(o => o.RepositoryId == s.RepositoryId && o.ConnectionId != connectionId && o.Connection!.TeamId == s.Connection!.TeamId), cancellationToken);
        return count switch
        {
            0 => null,
            1 => "1 repository that no other connection sees leaves the grid.",
            _ => $"{count:N0} repositories that no other connection sees leave the grid.",
        };
    }

    /// <summary>How often the connection is asked for changes; null when the settings decide. For somebody who is being shown it.</summary>
    internal async Task<TimeSpan?> IntervalAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<SyncInterval>().Where(i => i.ConnectionId == connectionId).Select(i => (TimeSpan?)i.Every).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>The running walk or the last one; null before the first. For somebody who is being shown the connection.</summary>
    internal async Task<SyncProgress?> LatestAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var run = await Latest(db, connectionId).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
        return run is null ? null : SyncProgress.Of(run);
    }

    /// <summary>Runs with the one that counts first.</summary>
    private static IOrderedQueryable<SyncRun> Latest(PortalDb db, Guid connectionId) => db.Set<SyncRun>()
        .Where(r => r.ConnectionId == connectionId)
        .OrderBy(r => r.State == SyncState.Running ? 0 : 1).ThenByDescending(r => r.StartedAt).ThenByDescending(r => r.Id);

    private static async Task<List<ConnectionSync>> ReadAsync(PortalDb db, IQueryable<Connection> connections, CancellationToken cancellationToken)
    {
        var runs = db.Set<SyncRun>();
        var rows = await connections.AsNoTracking()
            .OrderBy(c => c.Name)
            .Select(c => new
            {
                c.Id,
                c.Name,
                c.Status,
                c.StatusText,
                c.Audience,
                Repositories = db.Set<RepositorySighting>().Count(s => s.ConnectionId == c.Id && s.MissingSince == null),
                LastCompletedAt = runs.Where(r => r.ConnectionId == c.Id && r.State == SyncState.Completed).Max(r => r.FinishedAt),
                Latest = runs.Where(r => r.ConnectionId == c.Id)
                    .OrderBy(r => r.State == SyncState.Running ? 0 : 1).ThenByDescending(r => r.StartedAt).ThenByDescending(r => r.Id)
                    .FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(r => new ConnectionSync(
            r.Id, r.Name, r.Status, r.StatusText, r.Repositories, r.LastCompletedAt, r.Latest is null ? null : SyncProgress.Of(r.Latest),
            r.Audience == ConnectionAudience.Members));
    }
}
