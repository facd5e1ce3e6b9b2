using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>How much may disappear before a person is asked: a server that was restored and a token that lost a group look like a clearing out.</summary>
internal static class Brake
{
    /// <summary>So few may always go: to be asked about each would be a nuisance.</summary>
    public const int AlwaysAllowed = 2;

    public static bool Holds(SyncOptions options, int gone, int known) => gone > AlwaysAllowed && gone > options.MaxMissingShare * known;

    /// <summary>What left the grid since the last complete reading without anybody having been asked: many small losses are a large one.</summary>
    public static async Task<int> GoneSinceFullAsync(PortalDb db, Guid connectionId, CancellationToken cancellationToken)
    {
        var full = await db.Set<SyncRun>()
            .Where(r => r.ConnectionId == connectionId && r.Kind == SyncKind.Full && r.State == SyncState.Completed)
            .OrderByDescending(r => r.StartedAt)
            .Select(r => new { r.StartedAt, r.FinishedAt })
            .FirstOrDefaultAsync(cancellationToken);
        var (begun, finished) = (full?.StartedAt ?? DateTimeOffset.MinValue, full?.FinishedAt ?? DateTimeOffset.MinValue);
        // By single events, and by counting. What the reading itself found is dated with its end.
        var counted = db.Set<Disappearance>().Where(d => d.ConnectionId == connectionId && d.State == DisappearanceState.Applied && d.DecidedAt == null && d.FoundAt > finished);
        return await db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId == connectionId && s.MissingSince > begun)
            .CountAsync(s => s.DisappearanceId == null || counted.Any(d => d.Id == s.DisappearanceId), cancellationToken);
    }
}
