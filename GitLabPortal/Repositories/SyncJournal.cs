using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// What a walk writes. Pages are stored together with how far the walk is by them in one transaction, so that a process that ends at
/// any point repeats at most the pages that were on their way, loses nothing and doubles nothing.
/// </summary>
public sealed class SyncJournal(
    IDbContextFactory<PortalDb> contexts, ServerLeases leases, TimeProvider time, IEnumerable<PageStored>? listeners = null)
{
    /// <summary>A failed run that is younger goes on instead of starting again.</summary>
    private static readonly TimeSpan ResumeFailedWithin = TimeSpan.FromHours(6);

    /// <summary>A failed run goes on only if what it has seen still counts: a walk must not take longer than this from its first page.</summary>
    private static readonly TimeSpan LongestWalk = TimeSpan.FromHours(24);

    /// <summary>
    /// The connection and the run to go on with: the running one, a recent failed one, or a new one. Null when the connection is gone.
    /// </summary>
    internal async Task<(Connection Connection, SyncRun Run)?> OpenAsync(
        Guid connectionId, CancellationToken cancellationToken, SyncKind kind = SyncKind.Full)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var connection = await db.Set<Connection>().AsNoTracking()
            .Include(c => c.Server)
            .Include(c => c.Groups)
            .SingleOrDefaultAsync(c => c.Id == connectionId, cancellationToken);
        if (connection is null) return null;

        var last = await db.Set<SyncRun>()
            .Where(r => r.ConnectionId == connectionId)
            .OrderBy(r => r.State == SyncState.Running ? 0 : 1)
            .ThenByDescending(r => r.StartedAt)
            .ThenByDescending(r => r.Id)
            .FirstOrDefaultAsync(cancellationToken);
        var now = time.GetUtcNow();
        var run = last is { State: SyncState.Running } || CanGoOn(last, connection, now) ? last! : New(db, connection, last, kind, now);
        run.State = SyncState.Running;
        run.FinishedAt = null;
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        db.ChangeTracker.Clear();
        return (connection, run);
    }

    /// <summary>What a walk that goes on has still to read; empty for a new one.</summary>
    internal async Task<IReadOnlyList<WalkRange>> RangesAsync(SyncRun run, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<SyncRange>().AsNoTracking()
            .Where(r => r.RunId == run.Id)
            .OrderBy(r => r.FromId)
            .Select(r => new WalkRange(r.FromId, r.CursorId, r.ToId))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Stores rows, sightings and how far the walk is. False when the run, its connection or the lease is gone: stop.</summary>
    /// <param name="kept">Those that the connection brings into the team, of its server.</param>
    internal async Task<bool> StoreAsync(
        SyncRun run, HeldServer server, WalkBatch batch, IReadOnlyList<Repository> kept, WalkState state, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.OpenForManyRowsAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await leases.ProlongAsync(db, server.ServerId, server.Holder, cancellationToken)) return false;
        var stored = await db.Set<SyncRun>().SingleOrDefaultAsync(r => r.Id == run.Id && r.State == SyncState.Running, cancellationToken);
        if (stored is null) return false;

        var now = time.GetUtcNow();
        // GitLab's ids are unique; a page that repeats one all the same counts it once, as it came last.
        List<Repository> rows = [.. kept.GroupBy(r => r.GitLabId).Select(g => g.Last())];
        CatalogueWriter.Write(db, stored, server.ServerId, rows, now);
        foreach (var from in batch.Finished)
        {
            await db.Set<SyncRange>().Where(r => r.RunId == run.Id && r.FromId == from).ExecuteDeleteAsync(cancellationToken);
        }

        foreach (var range in batch.Changed)
        {
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO SyncRanges (RunId, FromId, CursorId, ToId) VALUES ({run.Id}, {range.From}, {range.Cursor}, {range.To})
                ON CONFLICT (RunId, FromId) DO UPDATE SET CursorId = excluded.CursorId, ToId = excluded.ToId
                """,
                cancellationToken);
        }

        stored.Seen += rows.Count;
        stored.Pages += batch.Requests;
        stored.Attempts = 0;
        stored.HighestId = state.HighestId;
        stored.RequestsAtOnce = state.RequestsAtOnce;
        stored.Expected = state.Total ?? (state.Left is { } left ? stored.Seen + left : stored.Expected);
        (stored.ProblemCode, stored.ProblemText, stored.RetryAt) = (null, null, null);
        foreach (var listener in listeners ?? []) await listener(db, run.ConnectionId, rows, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Copy(stored, run);
        return true;
    }

    /// <summary>From when on changes may be unknown: when the last complete reading began.</summary>
    internal async Task<DateTimeOffset> LastReadAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<SyncRun>()
            .Where(r => r.ConnectionId == connectionId && r.State == SyncState.Completed)
            .MaxAsync(r => r.StartedAt, cancellationToken);
    }

    /// <summary>All changes are read. What is missing is for a complete walk to say.</summary>
    internal async Task<bool> CompleteChangesAsync(SyncRun run, HeldServer server, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await leases.ProlongAsync(db, server.ServerId, server.Holder, cancellationToken)) return false;
        var stored = await db.Set<SyncRun>()
            .Include(r => r.Connection)
            .SingleOrDefaultAsync(r => r.Id == run.Id && r.State == SyncState.Running, cancellationToken);
        if (stored is null) return false;

        (stored.State, stored.FinishedAt, stored.Attempts, stored.Expected, stored.RetryAt) = (SyncState.Completed, time.GetUtcNow(), 0, stored.Seen, null);
        (stored.ProblemCode, stored.ProblemText) = (null, null);
        (stored.Connection!.Status, stored.Connection.StatusText) = (ConnectionStatus.Working, null);
        // Many a day: what they say is in the next one.
        await db.Set<SyncRun>()
            .Where(r => r.ConnectionId == run.ConnectionId && r.Kind == SyncKind.Changes && r.State != SyncState.Running && r.StartedAt < stored.StartedAt)
            .ExecuteDeleteAsync(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Copy(stored, run);
        return true;
    }

    /// <summary>A page did not come: another try at <paramref name="retryAt"/>, or, if that is null, the run has failed. Nothing else changes.</summary>
    /// <param name="isFailure">False when waiting is all there is to it, however often.</param>
    internal async Task<bool> NoteFailureAsync(
        SyncRun run, SyncProblem problem, DateTimeOffset? retryAt, bool isFailure, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var stored = await db.Set<SyncRun>()
            .Include(r => r.Connection)
            .SingleOrDefaultAsync(r => r.Id == run.Id && r.State == SyncState.Running, cancellationToken);
        if (stored is null) return false;

        if (isFailure) stored.Attempts++;
        stored.RequestsAtOnce = run.RequestsAtOnce;
        (stored.ProblemCode, stored.ProblemText, stored.RetryAt) = (problem.Code, problem.Text, retryAt);
        if (retryAt is null)
        {
            (stored.State, stored.FinishedAt) = (SyncState.Failed, time.GetUtcNow());
            (stored.Connection!.Status, stored.Connection.StatusText) = (problem.Status, problem.Text);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Copy(stored, run);
        return true;
    }

    /// <summary>Groups are renamed and moved; the walk compares with the paths that they have now.</summary>
    internal async Task UpdateGroupPathsAsync(Guid connectionId, IReadOnlyDictionary<long, string> paths, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var groups = await db.Set<ConnectionGroup>().Where(g => g.ConnectionId == connectionId).ToListAsync(cancellationToken);
        foreach (var group in groups)
        {
            if (paths.TryGetValue(group.GitLabGroupId, out var path)) group.FullPath = path;
        }

        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>How many repositories of a server are kept, seen by anybody or not.</summary>
    internal async Task<int> CountKnownAsync(Guid serverId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Repository>().CountAsync(r => r.ServerId == serverId, cancellationToken);
    }

    private static SyncRun New(PortalDb db, Connection connection, SyncRun? last, SyncKind kind, DateTimeOffset now)
    {
        var run = new SyncRun
        {
            ConnectionId = connection.Id,
            Kind = kind,
            State = SyncState.Running,
            StartedAt = now,
            // Better than nothing until GitLab tells; above 10,000 it never does.
            Expected = kind == SyncKind.Full && last is { State: SyncState.Completed, Kind: SyncKind.Full, Seen: > 0 } ? last.Seen : null,
        };
        db.Add(run);
        return run;
    }

    // A walk that began with another token, or before the choice of groups changed, has seen what no longer counts.
    private static bool CanGoOn(SyncRun? last, Connection connection, DateTimeOffset now) =>
        last is { State: SyncState.Failed, Kind: SyncKind.Full, Pages: > 0, FinishedAt: { } finished }
        && now - finished < ResumeFailedWithin
        && now - last.StartedAt < LongestWalk
        && !(connection.CheckedAt > finished);

    internal static void Copy(SyncRun from, SyncRun to)
    {
        (to.State, to.FinishedAt, to.Seen, to.Pages) = (from.State, from.FinishedAt, from.Seen, from.Pages);
        (to.HighestId, to.RequestsAtOnce) = (from.HighestId, from.RequestsAtOnce);
        (to.Expected, to.Attempts) = (from.Expected, from.Attempts);
        (to.ProblemCode, to.ProblemText, to.RetryAt) = (from.ProblemCode, from.ProblemText, from.RetryAt);
    }
}

/// <summary>The server that this walk has for itself.</summary>
internal sealed record HeldServer(Guid ServerId, string Holder);

/// <summary>How a walk stands when a batch is stored.</summary>
/// <param name="Total">As GitLab tells; null when it does not.</param>
/// <param name="Left">About how many are left, if that can be estimated.</param>
internal sealed record WalkState(long? HighestId, int RequestsAtOnce, int? Total, int? Left);

/// <summary>What a connection saw, right before it is saved; a higher feature keeps its own notes in the same transaction.</summary>
public delegate Task PageStored(PortalDb db, Guid connectionId, IReadOnlyList<Repository> page, CancellationToken cancellationToken);
