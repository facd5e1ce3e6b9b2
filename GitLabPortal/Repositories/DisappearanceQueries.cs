using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>Repositories that GitLab does not show any more, as an admin sees them.</summary>
/// <param name="Count">How many it concerns still; those that came back are not counted.</param>
/// <param name="Known">Out of how many.</param>
/// <param name="DecidedBy">Null when nobody had to decide.</param>
/// <param name="IsPersonal">Each member sees what they may open themselves: the cause names groups, and is for admins.</param>
public sealed record DisappearanceRow(
    Guid Id, DisappearanceState State, DateTimeOffset FoundAt, int Count, int Known, string Cause, string? DecidedBy, bool IsPersonal);

public sealed class DisappearanceQueries(IDbContextFactory<PortalDb> contexts, TimeProvider time)
{
    private const int Most = 5;

    /// <summary>The open question first, then what can still be undone, newest first. For somebody who is being shown the connection.</summary>
    internal async Task<IReadOnlyList<DisappearanceRow>> OfConnectionAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var oldest = time.GetUtcNow() - Disappearance.UndoWithin;
        var rows = await db.Set<Disappearance>().AsNoTracking()
            .Where(d => d.ConnectionId == connectionId && d.State != DisappearanceState.Over)
            .Where(d => d.State == DisappearanceState.Held || d.FoundAt >= oldest)
            .OrderBy(d => d.State == DisappearanceState.Held ? 0 : 1).ThenByDescending(d => d.FoundAt)
            .Select(d => new DisappearanceRow(
                d.Id, d.State, d.FoundAt, db.Set<RepositorySighting>().Count(s => s.DisappearanceId == d.Id), d.Known, d.Cause, d.DecidedBy,
                db.Set<Connection>().Any(c => c.Id == d.ConnectionId && c.Audience == ConnectionAudience.Members)))
            .Take(Most)
            .ToListAsync(cancellationToken);
        return rows.FindAll(r => r.Count > 0);
    }
}
