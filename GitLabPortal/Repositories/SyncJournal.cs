using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// What a walk writes. Each page is stored together with the cursor in one transaction, so that a process that ends at any point
/// repeats at most one page, loses nothing and doubles nothing.
/// </summary>
public sealed class SyncJournal(IDbContextFactory<PortalDb> contexts, TimeProvider time, IEnumerable<PageStored>? listeners = null)
{
    /// <summary>A failed run that is younger goes on instead of starting again.</summary>
    private static readonly TimeSpan ResumeFailedWithin = TimeSpan.FromHours(6);

    /// <summary>A failed run goes on only if what it has seen still counts: a walk must not take longer than this from its first page.</summary>
    private static readonly TimeSpan LongestWalk = TimeSpan.FromHours(24);

    /// <summary>
    /// The connection and the run to go on with: the running one, a recent failed one, or a new one. Null when the connection is gone.
    /// </summary>
    internal async Task<(Connection Connection, SyncRun Run)?> OpenAsync(Guid connectionId, CancellationToken cancellationToken)
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
        var run = last is { State: SyncState.Running } || CanGoOn(last, connection, now) ? last! : New(db, connection, last, now);
        run.State = SyncState.Running;
        run.FinishedAt = null;
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        db.ChangeTracker.Clear();
        return (connection, run);
    }

    /// <summary>Stores a page, the sightings and the cursor. False when the run or its connection is gone: stop.</summary>
    /// <param name="kept">Those of the page that the connection brings into the team.</param>
    internal async Task<bool> StorePageAsync(
        SyncRun run, Guid serverId, long cursor, IReadOnlyList<GitLabProject> kept, int? expected, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var stored = await db.Set<SyncRun>().SingleOrDefaultAsync(r => r.Id == run.Id && r.State == SyncState.Running, cancellationToken);
        if (stored is null) return false;

        var now = time.GetUtcNow();
        // GitLab's ids are unique; a page that repeats one all the same counts it once, as it came last.
        var projects = kept.GroupBy(p => p.Id).Select(g => g.Last()).ToList();
        var ids = projects.ConvertAll(p => p.Id);
        var known = await db.Set<Repository>()
            .Where(r => r.ServerId == serverId && ids.Contains(r.GitLabId))
            .ToDictionaryAsync(r => r.GitLabId, cancellationToken);
        var knownIds = known.Values.Select(r => r.Id).ToList();
        var sightings = await db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId == run.ConnectionId && knownIds.Contains(s.RepositoryId))
            .ToDictionaryAsync(s => s.RepositoryId, cancellationToken);
        var page = new List<Repository>(projects.Count);
        foreach (var project in projects)
        {
            if (known.TryGetValue(project.Id, out var repository)) CatalogueMapping.Update(repository, project, now);
            else db.Add(repository = CatalogueMapping.New(project, serverId, now));

            page.Add(repository);
            if (repository.Id != 0 && sightings.TryGetValue(repository.Id, out var sighting))
            {
                (sighting.RunId, sighting.MissingSince) = (run.Id, null);
            }
            else
            {
                db.Add(new RepositorySighting { ConnectionId = run.ConnectionId, RepositoryId = repository.Id, Repository = repository, RunId = run.Id });
            }
        }

        stored.CursorId = cursor;
        stored.Seen += projects.Count;
        stored.Pages++;
        stored.Attempts = 0;
        stored.Expected = expected;
        (stored.ProblemCode, stored.ProblemText, stored.RetryAt) = (null, null, null);
        foreach (var listener in listeners ?? []) await listener(db, run.ConnectionId, page, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Copy(stored, run);
        return true;
    }

    /// <summary>The end of the list was reached: what was not seen on the way is missing from now on.</summary>
    /// <param name="lostGroups">Chosen groups that GitLab does not show. What lies below them is left as it was: a person must look first.</param>
    internal async Task<bool> CompleteAsync(SyncRun run, IReadOnlyList<string> lostGroups, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var stored = await db.Set<SyncRun>()
            .Include(r => r.Connection)
            .SingleOrDefaultAsync(r => r.Id == run.Id && r.State == SyncState.Running, cancellationToken);
        if (stored is null) return false;

        var now = time.GetUtcNow();
        await db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId == run.ConnectionId && s.RunId != run.Id && s.MissingSince == null)
            .ExecuteUpdateAsync(s => s.SetProperty(x => x.MissingSince, now), cancellationToken);
        foreach (var group in lostGroups)
        {
            var below = group + "/";
            await db.Set<RepositorySighting>()
                .Where(s => s.ConnectionId == run.ConnectionId && s.MissingSince == now
                    && (s.Repository!.NamespacePath == group || s.Repository.NamespacePath.StartsWith(below)))
                .ExecuteUpdateAsync(s => s.SetProperty(x => x.MissingSince, (DateTimeOffset?)null), cancellationToken);
        }

        if (lostGroups.Count > 0)
        {
            stored.ProblemCode = "group-not-found";
            stored.ProblemText = SearchText.Clean(
                $"GitLab does not show {(lostGroups.Count == 1 ? "the group" : "the groups")} {string.Join(", ", lostGroups)} to this token any more. " +
                "Its repositories stay as they were read last. A GitLab admin can give the token's account access again, or a team admin can choose other groups.", 1000);
        }

        stored.Pages++;
        stored.State = SyncState.Completed;
        stored.FinishedAt = now;
        stored.Attempts = 0;
        stored.Expected = stored.Seen;
        stored.RetryAt = null;
        (stored.Connection!.Status, stored.Connection.StatusText) = (ConnectionStatus.Working, null);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        Copy(stored, run);
        return true;
    }

    /// <summary>A page did not come: another try at <paramref name="retryAt"/>, or, if that is null, the run has failed. Nothing else changes.</summary>
    internal async Task<bool> NoteFailureAsync(
        SyncRun run, SyncProblem problem, DateTimeOffset? retryAt, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var stored = await db.Set<SyncRun>()
            .Include(r => r.Connection)
            .SingleOrDefaultAsync(r => r.Id == run.Id && r.State == SyncState.Running, cancellationToken);
        if (stored is null) return false;

        stored.Attempts++;
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

    private static SyncRun New(PortalDb db, Connection connection, SyncRun? last, DateTimeOffset now)
    {
        var run = new SyncRun
        {
            ConnectionId = connection.Id,
            State = SyncState.Running,
            StartedAt = now,
            // Better than nothing until GitLab tells; above 10,000 it never does.
            Expected = last is { State: SyncState.Completed, Seen: > 0 } ? last.Seen : null,
        };
        db.Add(run);
        return run;
    }

    // A walk that began with another token, or before the choice of groups changed, has seen what no longer counts.
    private static bool CanGoOn(SyncRun? last, Connection connection, DateTimeOffset now) =>
        last is { State: SyncState.Failed, CursorId: > 0, FinishedAt: { } finished }
        && now - finished < ResumeFailedWithin
        && now - last.StartedAt < LongestWalk
        && !(connection.CheckedAt > finished);

    private static void Copy(SyncRun from, SyncRun to)
    {
        (to.State, to.FinishedAt, to.CursorId, to.Seen, to.Pages) = (from.State, from.FinishedAt, from.CursorId, from.Seen, from.Pages);
        (to.Expected, to.Attempts) = (from.Expected, from.Attempts);
        (to.ProblemCode, to.ProblemText, to.RetryAt) = (from.ProblemCode, from.ProblemText, from.RetryAt);
    }
}

/// <summary>What a connection saw, right before it is saved; a higher feature keeps its own notes in the same transaction.</summary>
public delegate Task PageStored(PortalDb db, Guid connectionId, IReadOnlyList<Repository> page, CancellationToken cancellationToken);
