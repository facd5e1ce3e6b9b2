using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

public enum DisappearanceDecision
{
    /// <summary>They leave the grid.</summary>
    Accept,

    /// <summary>They stay until GitLab shows them again.</summary>
    Keep,
}

/// <summary>What an admin makes of repositories that GitLab does not show any more. Each decision can be turned round within 30 days.</summary>
public sealed class DecideDisappearance(IDbContextFactory<PortalDb> contexts, SyncFeed feed, TimeProvider time)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid disappearanceId, DisappearanceDecision decision, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var found = await db.Set<Disappearance>()
            .Include(d => d.Connection)
            .SingleOrDefaultAsync(d => d.Id == disappearanceId && d.Connection!.TeamId == access.TeamId, cancellationToken);
        var now = time.GetUtcNow();
        if (found is null || found.State == DisappearanceState.Over || (found.State != DisappearanceState.Held && now - found.FoundAt > Disappearance.UndoWithin))
            return new Problem.NotFound("disappearance-over", "There is nothing to decide any more. Reload the page to see how things are.");

        var wanted = decision == DisappearanceDecision.Accept ? DisappearanceState.Applied : DisappearanceState.Kept;
        // Pressed twice, or by two admins of one mind.
        if (found.State == wanted) return Result.Success;

        (found.State, found.DecidedAt, found.DecidedBy) = (wanted, now, access.AccountName.Length > 200 ? access.AccountName[..200] : access.AccountName);
        DateTimeOffset? missing = wanted == DisappearanceState.Applied ? now : null;
        DateTimeOffset? kept = wanted == DisappearanceState.Kept ? now : null;
        var count = await db.Set<RepositorySighting>()
            .Where(s => s.DisappearanceId == found.Id)
            .Where(s => wanted == DisappearanceState.Applied || s.Repository!.ReadAt <= found.LastSeenAt)
            .ExecuteUpdateAsync(s => s.SetProperty(x => x.MissingSince, missing).SetProperty(x => x.KeptSince, kept), cancellationToken);
        var (action, text) = wanted == DisappearanceState.Applied
            ? ("repositories.disappearance-accepted", "Took {0} repositories that GitLab does not show off the grid of “{1}”")
            : ("repositories.disappearance-kept", "Kept {0} repositories of “{1}” although GitLab does not show them");
        db.Record(now, access.TeamId, access.AccountId, access.AccountName, action, string.Format(null, text, count, found.Connection!.Name));
        await db.SaveChangesAsync(cancellationToken);
        var run = await db.Set<SyncRun>().AsNoTracking().Where(r => r.ConnectionId == found.ConnectionId).OrderByDescending(r => r.StartedAt).FirstOrDefaultAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (run is not null) feed.Publish(SyncProgress.Of(run));
        return Result.Success;
    }
}
