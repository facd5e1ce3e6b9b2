using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>
/// Ends a walk that saw everything. What it did not see becomes a tombstone, never a deletion. When much is gone at once, or the list
/// was empty, everything stays as it was and an admin is asked: a server that was restored, a proxy that answers in its place or a token
/// that lost a group look just like a great clearing out.
/// </summary>
internal sealed class CompleteRun(
    IDbContextFactory<PortalDb> contexts, ServerLeases leases, IOptions<SyncOptions> options, IEnumerable<RemovalCleanup> cleanups, TimeProvider time)
{
    /// <param name="lostGroups">Chosen groups that GitLab does not show. What lies below them is left as it was: a person must look first.</param>
    /// <returns>False when the run, its connection or the lease is gone.</returns>
    public async Task<bool> RunAsync(
        Connection connection, SyncRun run, HeldServer server, IReadOnlyList<string> lostGroups, GitLabClient client, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var clues = await AbsenceClues.GatherAsync(Unseen(db, run, lostGroups), Seen(db, run), client, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await leases.ProlongAsync(db, server.ServerId, server.Holder, cancellationToken)) return false;
        var stored = await db.Set<SyncRun>()
            .Include(r => r.Connection)
            .SingleOrDefaultAsync(r => r.Id == run.Id && r.State == SyncState.Running, cancellationToken);
        if (stored is null) return false;

        var now = time.GetUtcNow();
        if (lostGroups.Count > 0)
        {
            stored.ProblemCode = "group-not-found";
            stored.ProblemText = SearchText.Clean(
                $"GitLab does not show {(lostGroups.Count == 1 ? "the group" : "the groups")} {string.Join(", ", lostGroups)} to this token any more. " +
                "Its repositories stay as they were read last. A GitLab admin can give the token's account access again, or a team admin can choose other groups.", 1000);
        }

        stored.State = SyncState.Completed;
        stored.FinishedAt = now;
        stored.Attempts = 0;
        stored.Expected = stored.Seen;
        stored.RetryAt = null;
        (stored.Connection!.Status, stored.Connection.StatusText) = (ConnectionStatus.Working, null);
        await SettleAsync(db, stored, lostGroups, clues, now, cancellationToken);
        await db.Set<SyncRange>().Where(r => r.RunId == run.Id).ExecuteDeleteAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await ForgetOldAsync(db, stored.Connection, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        SyncJournal.Copy(stored, run);
        return true;
    }

    private async Task SettleAsync(
        PortalDb db, SyncRun run, IReadOnlyList<string> lostGroups, AbsenceClues clues, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var question = await db.Set<Disappearance>().SingleOrDefaultAsync(d => d.ConnectionId == run.ConnectionId && d.State == DisappearanceState.Held, cancellationToken);
        // Kept by a person, and listed again meanwhile.
        await db.Set<Disappearance>()
            .Where(d => d.ConnectionId == run.ConnectionId && d.State == DisappearanceState.Kept && !db.Set<RepositorySighting>().Any(s => s.DisappearanceId == d.Id))
            .ExecuteUpdateAsync(d => d.SetProperty(x => x.State, DisappearanceState.Over), cancellationToken);
        var unseen = Unseen(db, run, lostGroups);
        var count = await unseen.CountAsync(cancellationToken);
        if (count == 0)
        {
            if (question is not null) (question.State, question.DecidedAt) = (DisappearanceState.Over, now);
            return;
        }

        // What this walk saw for the first time does not count: somebody else's list may be longer than the own one.
        var known = await db.Set<RepositorySighting>()
            .CountAsync(s => s.ConnectionId == run.ConnectionId && s.MissingSince == null && s.KeptSince == null && s.FirstSeenAt < run.StartedAt, cancellationToken);
        var isTooMuch = run.Seen == 0 || Brake.Holds(options.Value, count, known);
        if (question is null)
        {
            var seen = await db.Set<SyncRun>()
                .Where(r => r.ConnectionId == run.ConnectionId && r.State == SyncState.Completed && r.Id != run.Id)
                .MaxAsync(r => r.FinishedAt, cancellationToken);
            question = new Disappearance { ConnectionId = run.ConnectionId, State = DisappearanceState.Held, FoundAt = now, LastSeenAt = seen ?? run.StartedAt, Count = 0, Known = 0, Cause = "" };
            db.Add(question);
        }

        question.State = isTooMuch ? DisappearanceState.Held : DisappearanceState.Applied;
        (question.Count, question.Known, question.Cause) = (count, Math.Max(count, known), clues.Cause(run.Seen));
        await db.SaveChangesAsync(cancellationToken);
        await clues.ExplainAsync(unseen, run.Connection!, isTooMuch, cancellationToken);
        DateTimeOffset? since = isTooMuch ? null : now;
        await unseen.ExecuteUpdateAsync(
            s => s.SetProperty(x => x.DisappearanceId, question.Id).SetProperty(x => x.MissingSince, since), cancellationToken);
        if (!isTooMuch) return;

        // One server is walked by one at a time: what changed after the end of this connection's last reading, another one read.
        DateTimeOffset? atOnce = now;
        await db.Set<RepositorySighting>()
            .Where(s => s.DisappearanceId == question.Id && s.Repository!.ReadAt > question.LastSeenAt)
            .ExecuteUpdateAsync(s => s.SetProperty(x => x.MissingSince, atOnce), cancellationToken);
    }

    /// <summary>Tombstones end after 30 days, and what nobody sees and nobody picked ends with them.</summary>
    private async Task ForgetOldAsync(PortalDb db, Connection connection, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var oldest = now - Disappearance.UndoWithin;
        var forgotten = await db.Set<RepositorySighting>().Where(s => s.ConnectionId == connection.Id && s.MissingSince < oldest).ExecuteDeleteAsync(cancellationToken);
        await db.Set<Disappearance>()
            .Where(d => d.ConnectionId == connection.Id && d.State != DisappearanceState.Held && d.FoundAt < oldest && (d.DecidedAt == null || d.DecidedAt < oldest))
            .Where(d => !db.Set<RepositorySighting>().Any(s => s.DisappearanceId == d.Id))
            .ExecuteDeleteAsync(cancellationToken);
        if (forgotten == 0) return;
        foreach (var cleanup in cleanups) await cleanup(db, connection.ServerId, cancellationToken);
    }

    private static IQueryable<RepositorySighting> Seen(PortalDb db, SyncRun run) =>
        db.Set<RepositorySighting>().Where(s => s.ConnectionId == run.ConnectionId && s.RunId == run.Id);

    private static IQueryable<RepositorySighting> Unseen(PortalDb db, SyncRun run, IReadOnlyList<string> lostGroups)
    {
        var unseen = db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId == run.ConnectionId && s.RunId != run.Id && s.MissingSince == null && s.KeptSince == null);
        foreach (var group in lostGroups)
        {
            var below = group + "/";
            unseen = unseen.Where(s => s.Repository!.NamespacePath != group && !s.Repository.NamespacePath.StartsWith(below));
        }

        return unseen;
    }
}
