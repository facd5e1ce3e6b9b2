using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>Deliveries of one server that one process looks into.</summary>
internal sealed record HeldDeliveries(Guid ServerId, string Holder, IReadOnlyList<HookDelivery> Rows);

/// <summary>What comes of a delivery.</summary>
/// <param name="NotBefore">When to look again; null when it is done.</param>
internal readonly record struct DeliveryOutcome(DateTimeOffset? NotBefore, bool IsFailure = false, bool IsRepeated = false)
{
    public static readonly DeliveryOutcome Done;
}

/// <summary>Hands out what waits, all of one server to one process at a time.</summary>
internal sealed class DeliveryQueue(IDbContextFactory<PortalDb> contexts, TimeProvider time)
{
    /// <summary>Longer than asking GitLab about one batch may take.</summary>
    private static readonly TimeSpan HoldFor = TimeSpan.FromMinutes(4);

    /// <summary>Servers with something to look into, and from when on.</summary>
    public async Task<IReadOnlyList<(Guid ServerId, DateTimeOffset At)>> LookAsync(Guid? serverId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var waiting = await db.Set<HookDelivery>()
            .Where(d => d.DoneAt == null && (serverId == null || d.ServerId == serverId))
            .GroupBy(d => d.ServerId)
            .Select(g => new { ServerId = g.Key, At = g.Min(d => d.NotBefore) })
            .ToListAsync(cancellationToken);
        return [.. waiting.Select(w => (w.ServerId, w.At))];
    }

    /// <summary>Null when nothing is due or another process is at it.</summary>
    public async Task<HeldDeliveries?> TakeAsync(Guid serverId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        var others = await db.Set<HookDelivery>()
            .Where(d => d.ServerId == serverId && d.DoneAt == null && d.HeldUntil > now)
            .Select(d => d.Holder!)
            .Distinct()
            .ToListAsync(cancellationToken);
        if (others.Any(o => !LeaseHolder.IsDead(o))) return null;

        // The transaction holds the write lock from its beginning: nobody can have come in between.
        var holder = LeaseHolder.New();
        var until = now + HoldFor;
        var count = await db.Set<HookDelivery>()
            .Where(d => d.ServerId == serverId && d.DoneAt == null && d.NotBefore <= now)
            .ExecuteUpdateAsync(d => d.SetProperty(x => x.Holder, holder).SetProperty(x => x.HeldUntil, until), cancellationToken);
        if (count == 0) return null;
        var rows = await db.Set<HookDelivery>().AsNoTracking().Where(d => d.Holder == holder).OrderBy(d => d.Id).ToListAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new HeldDeliveries(serverId, holder, rows);
    }

    /// <summary>False when the rows are somebody else's by now: write nothing.</summary>
    public static async Task<bool> IsHeldAsync(PortalDb db, HeldDeliveries held, CancellationToken cancellationToken) =>
        await db.Set<HookDelivery>().AnyAsync(d => d.Holder == held.Holder && d.DoneAt == null, cancellationToken);

    /// <summary>In the caller's transaction.</summary>
    public async Task SettleAsync(PortalDb db, HeldDeliveries held, Func<HookDelivery, DeliveryOutcome> outcome, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var group in held.Rows.GroupBy(r => (Outcome: outcome(r), r.IsRepeated)))
        {
            var ids = group.Select(r => r.Id).ToList();
            var (next, isFailure, isRepeated) = group.Key.Outcome;
            // Who gave up on polling's behalf: what GitLab does not answer for a day, a walk finds.
            DateTimeOffset? done = next is null ? now : null;
            var notBefore = next ?? now;
            var failures = isFailure ? 1 : 0;
            var repeated = isRepeated || group.Key.IsRepeated;
            await db.Set<HookDelivery>().Where(d => d.Holder == held.Holder && ids.Contains(d.Id)).ExecuteUpdateAsync(
                d => d.SetProperty(x => x.DoneAt, done).SetProperty(x => x.NotBefore, notBefore).SetProperty(x => x.Attempts, x => x.Attempts + failures)
                    .SetProperty(x => x.IsRepeated, repeated).SetProperty(x => x.Holder, (string?)null).SetProperty(x => x.HeldUntil, (DateTimeOffset?)null),
                cancellationToken);
        }
    }

    /// <summary>After a failure that nobody foresaw: others may try.</summary>
    public async Task ReleaseAsync(HeldDeliveries held, DateTimeOffset notBefore, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<HookDelivery>().Where(d => d.Holder == held.Holder && d.DoneAt == null).ExecuteUpdateAsync(
            d => d.SetProperty(x => x.NotBefore, notBefore).SetProperty(x => x.Holder, (string?)null).SetProperty(x => x.HeldUntil, (DateTimeOffset?)null),
            cancellationToken);
    }

    /// <summary>Rows that are only kept so that the same delivery is not taken twice, and what could not be looked into for a day.</summary>
    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var before = time.GetUtcNow() - HookDelivery.KeepFor;
        await db.Set<HookDelivery>().Where(d => d.ReceivedAt < before && (d.DoneAt == null || d.DoneAt < before)).ExecuteDeleteAsync(cancellationToken);
    }
}
