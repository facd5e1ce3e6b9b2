using System.Collections.Concurrent;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// Looks into what waits for one server. What a delivery says is never believed: GitLab is asked, through each connection with its own
/// token, so that a doubled, late or forged one costs a request and changes nothing. Many at once cost one walk.
/// </summary>
internal sealed partial class ApplyDeliveries(
    IDbContextFactory<PortalDb> contexts, DeliveryQueue queue, RequestWalk walks, ProjectViews views, StoreViews store, SyncFeed feed, TimeProvider time,
    ILogger<ApplyDeliveries> logger)
{
    /// <summary>Single requests a minute for one server; what comes on top is read by a walk.</summary>
    private const int RequestsPerMinute = 60;

    /// <summary>After this many failures in a row a walk is left to find it.</summary>
    private const int MaxAttempts = 6;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AfterWalk = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterSurprise = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, Queue<DateTimeOffset>> spent = new();

    /// <summary>One call for a server at a time.</summary>
    /// <returns>False when nothing was done, because another process is at it.</returns>
    public async Task<bool> RunAsync(Guid serverId, CancellationToken cancellationToken)
    {
        if (await queue.TakeAsync(serverId, cancellationToken) is not { } held) return false;
        var isSettled = false;
        try
        {
            await ApplyAsync(held, cancellationToken);
            isSettled = true;
            return true;
        }
        finally
        {
            if (!isSettled) await queue.ReleaseAsync(held, time.GetUtcNow() + (cancellationToken.IsCancellationRequested ? TimeSpan.Zero : AfterSurprise), CancellationToken.None);
        }
    }

    private async Task ApplyAsync(HeldDeliveries held, CancellationToken cancellationToken)
    {
        var (connections, isWalked) = await LookAsync(held.ServerId, cancellationToken);
        // Looked into already while a walk went on: again behind it.
        var now = held.Rows.Where(r => !(r.IsRepeated && isWalked)).ToList();
        var plan = DeliveryPlan.Of(now, connections, BudgetOf(held.ServerId) / Math.Max(1, connections.Count));
        var waiting = new HashSet<Guid>();
        foreach (var (connectionId, needed) in plan.Walks)
        {
            if (!await walks.RunAsync(connections.Single(c => c.Id == connectionId), needed, cancellationToken)) waiting.Add(connectionId);
        }

        var seen = new List<ProjectView>();
        foreach (var (connectionId, projectIds) in plan.Projects)
        {
            var worthAsking = await WorthAskingAsync(connectionId, projectIds, plan, cancellationToken);
            if (worthAsking.Count == 0) continue;
            Spend(held.ServerId, worthAsking.Count);
            seen.Add(await views.AskAsync(connections.Single(c => c.Id == connectionId), worthAsking, cancellationToken));
        }

        var stored = new StoredViews(new HashSet<long>(), new HashSet<long>(), []);
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (!await DeliveryQueue.IsHeldAsync(db, held, cancellationToken)) return;
            if (seen.Count > 0) stored = await store.RunAsync(db, held.ServerId, seen, plan, cancellationToken);
            var (retryAfter, at) = (seen.Max(v => v.RetryAfter), time.GetUtcNow());
            await queue.SettleAsync(db, held, row => OutcomeOf(row, plan, stored, waiting.Count > 0, isWalked, retryAfter, at), cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        LogApplied(held.Rows.Count, plan.Walks.Count, seen.Sum(v => v.Seen.Count + v.Absent.Count));
        // Asked for again with the next look, if it cannot begin yet; once it is through, nothing is left to take away.
        var since = held.Rows.Max(r => r.ReceivedAt);
        foreach (var connection in stored.NeedWalk) await walks.RunAsync(connection, new NeededWalk(SyncKind.Full, since), cancellationToken);
        await TellAsync([.. seen.Select(v => v.Connection.Id)], cancellationToken);
    }

    private static DeliveryOutcome OutcomeOf(
        HookDelivery row, DeliveryPlan plan, StoredViews stored, bool isWalkWaiting, bool isWalked, TimeSpan? retryAfter, DateTimeOffset now)
    {
        if (row.IsRepeated && isWalked) return new(now + AfterWalk);
        var isByWalk = row.News is HookNews.Everything or HookNews.GroupMember || (plan.IsCollapsed && row.News is HookNews.Project or HookNews.ProjectGone);
        if (isByWalk) return isWalkWaiting ? new(now + AfterWalk) : DeliveryOutcome.Done;
        if (stored.Unanswered.Contains(row.ProjectId!.Value))
        {
            var delay = FirstDelay * Math.Pow(2, row.Attempts);
            return row.Attempts + 1 < MaxAttempts ? new(now + (retryAfter > delay ? retryAfter.Value : delay), IsFailure: true) : DeliveryOutcome.Done;
        }

        if (stored.Later.Contains(row.ProjectId.Value)) return new(now + Soon);
        return isWalked && !row.IsRepeated ? new(now + AfterWalk, IsRepeated: true) : DeliveryOutcome.Done;
    }

    private async Task<(List<Connection> Connections, bool IsWalked)> LookAsync(Guid serverId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var connections = await db.Set<Connection>().AsNoTracking()
            .Include(c => c.Server)
            .Include(c => c.Groups)
            .Where(c => c.ServerId == serverId)
            .OrderBy(c => c.CreatedAt).ThenBy(c => c.Id)
            .ToListAsync(cancellationToken);
        return (connections, await db.Set<SyncRun>().AnyAsync(r => r.State == SyncState.Running && r.Connection!.ServerId == serverId, cancellationToken));
    }

    /// <summary>Whoever did not see a project need not be asked whether it is gone.</summary>
    private async Task<IReadOnlyCollection<long>> WorthAskingAsync(
        Guid connectionId, IReadOnlyCollection<long> projectIds, DeliveryPlan plan, CancellationToken cancellationToken)
    {
        if (!projectIds.Any(plan.SaysGone)) return projectIds;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var seen = await db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId == connectionId && s.MissingSince == null && projectIds.Contains(s.Repository!.GitLabId))
            .Select(s => s.Repository!.GitLabId)
            .ToListAsync(cancellationToken);
        return [.. projectIds.Where(p => !plan.SaysGone(p) || seen.Contains(p))];
    }

    private async Task TellAsync(IReadOnlyCollection<Guid> connectionIds, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var id in connectionIds)
        {
            // Pages that show the catalogue listen to walks: what the last one said is said again.
            var run = await db.Set<SyncRun>().AsNoTracking().Where(r => r.ConnectionId == id).OrderByDescending(r => r.StartedAt).ThenByDescending(r => r.Id).FirstOrDefaultAsync(cancellationToken);
            if (run is not null) feed.Publish(SyncProgress.Of(run));
        }
    }

    private int BudgetOf(Guid serverId)
    {
        var before = time.GetUtcNow() - TimeSpan.FromMinutes(1);
        if (!spent.TryGetValue(serverId, out var times)) return RequestsPerMinute;
        while (times.TryPeek(out var at) && at <= before) times.Dequeue();
        return RequestsPerMinute - times.Count;
    }

    private void Spend(Guid serverId, int requests)
    {
        var times = spent.GetOrAdd(serverId, _ => new());
        for (; requests > 0; requests--) times.Enqueue(time.GetUtcNow());
    }

    [LoggerMessage(LogLevel.Information, "{Deliveries} deliveries of a system hook: {Walks} walks asked for, {Projects} single projects read")]
    private partial void LogApplied(int deliveries, int walks, int projects);
}
