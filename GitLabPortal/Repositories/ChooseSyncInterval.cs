using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>Sets how often one connection is asked for changes.</summary>
public sealed class ChooseSyncInterval(IDbContextFactory<PortalDb> contexts, ConnectionFeed connections, TimeProvider time)
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <param name="every">Null leaves it to the portal's settings.</param>
    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, TimeSpan? every, CancellationToken cancellationToken)
    {
        if (every < Shortest || every > Longest) return new Problem.Invalid("interval-out-of-range", "Choose a time between 5 minutes and 7 days.");

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var name = await db.Set<Connection>()
            .Where(c => c.Id == connectionId && c.TeamId == access.TeamId)
            .Select(c => c.Name)
            .SingleOrDefaultAsync(cancellationToken);
        if (name is null) return new Problem.NotFound("connection-not-found", "This connection is gone. Reload the page to see the current list.");

        var known = await db.Set<SyncInterval>().SingleOrDefaultAsync(i => i.ConnectionId == connectionId, cancellationToken);
        if (known?.Every == every) return Result.Success;
        if (known is not null && every is { } changed) known.Every = changed;
        else if (known is not null) db.Remove(known);
        else db.Add(new SyncInterval { ConnectionId = connectionId, Every = every!.Value });
        db.Record(
            time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.interval-chosen",
            $"Chose to read changes of “{name}” {(every is { } chosen ? $"every {chosen:d\\.hh\\:mm}" : "as often as the portal's settings say")}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        connections.Publish(new ConnectionChanged(connectionId, access.TeamId, ConnectionChange.Updated));
        return Result.Success;
    }
}
