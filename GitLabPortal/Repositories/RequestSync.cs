using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>Reads a connection's repositories again now. While they are being read, nothing new begins; while only changes are read, everything is read afterwards.</summary>
public sealed class RequestSync(
    IDbContextFactory<PortalDb> contexts, SyncJournal journal, ConnectionFeed connections, SyncFeed feed, TimeProvider time)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var name = await db.Set<Connection>()
            .Where(c => c.Id == connectionId && c.TeamId == access.TeamId)
            .Select(c => c.Name)
            .SingleOrDefaultAsync(cancellationToken);
        if (name is null) return new Problem.NotFound("connection-not-found", "This connection is gone. Reload the page to see the current list.");

        var running = await db.Set<SyncRun>().AsNoTracking().SingleOrDefaultAsync(r => r.ConnectionId == connectionId && r.State == SyncState.Running, cancellationToken);
        if (running is { Kind: SyncKind.Full }) return Result.Success;

        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.sync-requested", name);
        await db.SaveChangesAsync(cancellationToken);
        // The run is in the database before anybody is told: it is not forgotten if the portal ends now.
        if (running is null && await journal.OpenAsync(connectionId, cancellationToken) is var (_, run)) feed.Publish(SyncProgress.Of(run));
        connections.Publish(new ConnectionChanged(connectionId, access.TeamId, ConnectionChange.SyncRequested));
        return Result.Success;
    }
}
