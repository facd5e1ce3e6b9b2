using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>The groups that a connection brings into its team, as GitLab shows them now.</summary>
/// <param name="Shown">Their paths by their ids.</param>
/// <param name="Lost">Paths of those that GitLab does not show.</param>
internal sealed record ChosenGroups(IReadOnlyDictionary<long, string> Shown, IReadOnlyList<string> Lost)
{
    public IReadOnlyCollection<string> Paths { get; } = [.. Shown.Values, .. Lost];
}

/// <summary>
/// Looks for what is gone between two complete readings, right after the changes were read: counts, looks closer where the totals
/// differ, and hides what is not shown any more. It is for a complete reading to find out when that is much, because only that one asks an
/// admin. Nothing is kept of a count that breaks off: the next one begins anew.
/// </summary>
internal sealed partial class FindAbsences(
    IDbContextFactory<PortalDb> contexts, SyncJournal journal, ServerLeases leases, IOptions<SyncOptions> options, TimeProvider time, ILogger<FindAbsences> logger)
{
    /// <summary>Looking closer costs less than half of what a complete reading would, but need not cost less than this.</summary>
    private const int CheapAnyway = 20;

    private sealed record Found(int Difference, bool WantsAll);

    /// <param name="run">That of the changes, not yet completed.</param>
    /// <returns>Whether everything should be read now.</returns>
    public async Task<bool> RunAsync(Connection connection, SyncRun run, HeldServer server, ChosenGroups? groups, GitLabClient client, CancellationToken cancellationToken)
    {
        var begun = time.GetUtcNow();
        if (!await IsDueAsync(connection.Id, begun, cancellationToken)) return false;
        try
        {
            var found = groups is null
                ? await CountAllAsync(connection, run, server, client, begun, cancellationToken)
                : await CountGroupsAsync(connection, server, groups, client, cancellationToken);
            return found is not null && await NoteAsync(connection.Id, found, begun, cancellationToken);
        }
        catch (GitLabException e)
        {
            // The changes are read all the same, and the next time counts again.
            LogFailure(connection.Id, e.Code, e.Status);
            return false;
        }
    }

    /// <summary>What should be shown: a person is not asked twice, and what was kept by one is known to be missing.</summary>
    private static IQueryable<RepositorySighting> Live(PortalDb db, Guid connectionId) => db.Set<RepositorySighting>()
        .Where(s => s.ConnectionId == connectionId && s.MissingSince == null && s.KeptSince == null && s.DisappearanceId == null);

    private async Task<bool> IsDueAsync(Guid connectionId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var lately = now - options.Value.CountInterval;
        return !await db.Set<AbsenceCheck>().AnyAsync(c => c.ConnectionId == connectionId && c.CountedAt > lately, cancellationToken)
            && !await db.Set<SyncRun>().AnyAsync(r => r.ConnectionId == connectionId && r.Kind == SyncKind.Full && r.StartedAt > lately, cancellationToken);
    }

    private async Task<Found?> CountAllAsync(
        Connection connection, SyncRun run, HeldServer server, GitLabClient client, DateTimeOffset begun, CancellationToken cancellationToken)
    {
        var query = new ProjectListQuery { MembershipOnly = connection.Coverage == ConnectionCoverage.Memberships };
        long[] known;
        long highest;
        int goneBefore;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            known = await Live(db, connection.Id).Select(s => s.Repository!.GitLabId).Order().ToArrayAsync(cancellationToken);
            // What the token does not see at present may be shown to it again.
            highest = await db.Set<Repository>().Where(r => r.ServerId == connection.ServerId).MaxAsync(r => (long?)r.GitLabId, cancellationToken) ?? 0;
            goneBefore = await Brake.GoneSinceFullAsync(db, connection.Id, cancellationToken);
        }

        var (room, fresh) = (options.Value.MaxRepositories - known.Length, 0);
        var questions = new CountQuestions(
            (after, before, ct) => HoldingAsync(server, () => client.Projects.CountAsync(Between(query, after, before), ct), ct),
            (after, before, ct) => HoldingAsync(server, () => client.Projects.ListFirstAsync(Between(query, after, before), ct), ct),
            (after, before, ct) => HoldingAsync(server, async () => (await client.Projects.ListAsync(Between(query, after, before), ct)).Items.Count == 0, ct),
            async (rows, ct) => (fresh += rows.Count) <= room
                && await journal.StoreAsync(
                    run, server, WalkBatch.Single, [.. rows.Select(p => CatalogueMapping.New(p, connection.ServerId, time.GetUtcNow()))], new WalkState(null, 0, null, null), ct));
        var walk = new CountWalk(
            known,
            highest,
            questions,
            Math.Max(CheapAnyway, known.Length / (2 * WalkPlan.PageSize)),
            gone => Brake.Holds(options.Value, goneBefore + gone, goneBefore + known.Length),
            time);
        var verdict = await walk.RunAsync(cancellationToken);
        if (verdict is CountVerdict.NoTotals) LogNoTotals(connection.Id);
        else LogCounted(connection.Id, known.Length, walk.Requests, walk.Gone.Count, fresh);
        // A complete reading finds them, too; it also asks about them.
        if (verdict is CountVerdict.TooMuch) return new Found(walk.Difference, WantsAll: true);
        if (walk.Gone.Count > 0 && !await HideAsync(connection, run, server, [.. walk.Gone], begun, client, cancellationToken)) return new Found(walk.Difference, WantsAll: true);
        return verdict is CountVerdict.Stopped ? null : new Found(walk.Difference, WantsAll: false);
    }

    /// <summary>GitLab cannot list a group by parts of the ids, but it counts it, up to 10,000: fewer than known, and everything is read.</summary>
    private async Task<Found> CountGroupsAsync(
        Connection connection, HeldServer server, ChosenGroups groups, GitLabClient client, CancellationToken cancellationToken)
    {
        var missing = 0;
        foreach (var (id, path) in groups.Shown)
        {
            // Its projects are counted with those of the group above.
            if (groups.Paths.Any(p => path.StartsWith(p + "/", StringComparison.OrdinalIgnoreCase))) continue;

            var counted = await HoldingAsync(server, () => client.Projects.CountInGroupAsync(id, cancellationToken), cancellationToken);
            if (counted.IsLowerBound) continue;
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var below = path + "/";
            var known = await Live(db, connection.Id)
                .CountAsync(s => s.Repository!.NamespacePath == path || s.Repository.NamespacePath.StartsWith(below), cancellationToken);
            missing += Math.Max(0, known - counted.Count);
        }

        return new Found(missing, WantsAll: missing > 0);
    }

    private static ProjectListQuery Between(ProjectListQuery query, long after, long before) => query with { IdAfter = after, IdBefore = before };

    /// <summary>Slow answers must not cost the server's lease.</summary>
    private async Task<T> HoldingAsync<T>(HeldServer server, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        var answer = await ask();
        await leases.ProlongAsync(server.ServerId, server.Holder, cancellationToken);
        return answer;
    }

    /// <returns>False when an admin must be asked.</returns>
    private async Task<bool> HideAsync(
        Connection connection, SyncRun run, HeldServer server, long[] gone, DateTimeOffset begun, GitLabClient client, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // What an event has brought meanwhile is there.
        var unseen = Live(db, connection.Id).Where(s => EF.Parameter(gone).Contains(s.Repository!.GitLabId) && s.FirstSeenAt < begun && s.Repository!.ReadAt <= begun);
        var seen = Live(db, connection.Id).Where(s => !EF.Parameter(gone).Contains(s.Repository!.GitLabId));
        var clues = await AbsenceClues.GatherAsync(unseen, seen, client, cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await leases.ProlongAsync(db, server.ServerId, server.Holder, cancellationToken)) return true;
        // Removed, or with another token since: what the old one does not see does not count.
        if (!await db.Set<Connection>().AnyAsync(c => c.Id == connection.Id && c.ProtectedToken == connection.ProtectedToken, cancellationToken)) return true;

        var count = await unseen.CountAsync(cancellationToken);
        if (count == 0) return true;
        var known = await Live(db, connection.Id).CountAsync(cancellationToken);
        var before = await Brake.GoneSinceFullAsync(db, connection.Id, cancellationToken);
        if (Brake.Holds(options.Value, before + count, before + known)) return false;

        var now = time.GetUtcNow();
        var seenAt = await db.Set<SyncRun>()
            .Where(r => r.ConnectionId == connection.Id && r.State == SyncState.Completed)
            .MaxAsync(r => r.FinishedAt, cancellationToken);
        var disappearance = new Disappearance
        {
            ConnectionId = connection.Id,
            State = DisappearanceState.Applied,
            FoundAt = now,
            LastSeenAt = seenAt ?? run.StartedAt,
            Count = count,
            Known = known,
            Cause = clues.Cause(known - count),
        };
        db.Add(disappearance);
        await db.SaveChangesAsync(cancellationToken);
        await clues.ExplainAsync(unseen, connection, isTooMuch: false, cancellationToken);
        DateTimeOffset? since = now;
        await unseen.ExecuteUpdateAsync(s => s.SetProperty(x => x.DisappearanceId, disappearance.Id).SetProperty(x => x.MissingSince, since), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <returns>Whether everything is to be read. A difference that a complete reading did not settle waits for the next regular one.</returns>
    private async Task<bool> NoteAsync(Guid connectionId, Found found, DateTimeOffset begun, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await db.Set<Connection>().AnyAsync(c => c.Id == connectionId, cancellationToken)) return false;
        var check = await db.Set<AbsenceCheck>().SingleOrDefaultAsync(c => c.ConnectionId == connectionId, cancellationToken);
        if (check is null) db.Add(check = new AbsenceCheck { ConnectionId = connectionId, CountedAt = begun });
        check.CountedAt = begun;
        var isAsBefore = check.ReadAllFor == found.Difference && begun - check.ReadAllAt < options.Value.FullInterval;
        var readsAll = found.WantsAll && !isAsBefore;
        if (readsAll) (check.ReadAllAt, check.ReadAllFor) = (begun, found.Difference);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return readsAll;
    }

    [LoggerMessage(LogLevel.Information, "Counted {Known} repositories of connection {ConnectionId} in {Requests} requests: {Gone} are gone, {Fresh} were not known")]
    private partial void LogCounted(Guid connectionId, int known, int requests, int gone, int fresh);

    [LoggerMessage(LogLevel.Information, "GitLab gives connection {ConnectionId} no totals: what is gone shows when everything is read")]
    private partial void LogNoTotals(Guid connectionId);

    [LoggerMessage(LogLevel.Warning, "Counting the repositories of connection {ConnectionId} met {Code} (status {Status})")]
    private partial void LogFailure(Guid connectionId, string code, int? status);
}
