using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>Sees to it that a connection is walked after something happened: once, however often that is asked.</summary>
internal sealed class RequestWalk(
    IDbContextFactory<PortalDb> contexts, SyncJournal journal, ConnectionFeed connections, SyncFeed feed, TimeProvider time)
{
    /// <summary>Complete walks that events cause are at least this far apart, and three times as far as the last one took.</summary>
    private static readonly TimeSpan LeastRest = TimeSpan.FromSeconds(10);

    /// <returns>False when it cannot begin yet: another walk goes on, which has read older pages already, or the last one was just now.</returns>
    public async Task<bool> RunAsync(Connection connection, NeededWalk needed, CancellationToken cancellationToken)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var runs = db.Set<SyncRun>().AsNoTracking().Where(r => r.ConnectionId == connection.Id);
            // One that failed goes on, or is made anew, by itself.
            if (await runs.AnyAsync(r => r.StartedAt > needed.Since && (r.Kind == SyncKind.Full || needed.Kind == SyncKind.Changes), cancellationToken)) return true;
            if (await runs.AnyAsync(r => r.State == SyncState.Running, cancellationToken)) return false;

            var last = await runs.Where(r => r.Kind == SyncKind.Full && r.FinishedAt != null).OrderByDescending(r => r.StartedAt).FirstOrDefaultAsync(cancellationToken);
            if (last is null) needed = needed with { Kind = SyncKind.Full };
            else if (needed.Kind == SyncKind.Full && time.GetUtcNow() < last.FinishedAt!.Value + Rest(last)) return false;
        }

        // In the database before anybody is told: it is not forgotten if the portal ends now.
        if (await journal.OpenAsync(connection.Id, cancellationToken, needed.Kind) is not var (_, run)) return true;
        feed.Publish(SyncProgress.Of(run));
        connections.Publish(new ConnectionChanged(connection.Id, connection.TeamId, ConnectionChange.SyncRequested));
        // A walk that had failed goes on from where it was: what lies before that is read by the next one.
        return run.StartedAt >= needed.Since && (run.Kind == SyncKind.Full || needed.Kind == SyncKind.Changes);
    }

    private static TimeSpan Rest(SyncRun run)
    {
        var rest = 3 * (run.FinishedAt!.Value - run.StartedAt);
        return rest > LeastRest ? rest : LeastRest;
    }
}
