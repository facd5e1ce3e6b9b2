using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>Lets one walk at a time have a server, also among several processes on one database.</summary>
public sealed class ServerLeases(IDbContextFactory<PortalDb> contexts, TimeProvider time)
{
    /// <summary>Longer than any request may take, twice: a walk that writes nothing for so long is taken for dead.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(3);

    /// <summary>How often a walk that merely waits for answers shows that it lives.</summary>
    public static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(45);

    /// <returns>The lease, or until when somebody else has it.</returns>
    internal async Task<(string? Holder, DateTimeOffset BusyUntil)> TakeAsync(Guid serverId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = time.GetUtcNow();
        var other = await db.Set<ServerLease>().AsNoTracking().SingleOrDefaultAsync(l => l.ServerId == serverId, cancellationToken);
        if (other is not null && other.ExpiresAt > now && !LeaseHolder.IsDead(other.Holder)) return (null, other.ExpiresAt);

        // The transaction holds the write lock from its beginning: nobody can have come in between.
        await db.Set<ServerLease>().Where(l => l.ServerId == serverId).ExecuteDeleteAsync(cancellationToken);
        var holder = LeaseHolder.New();
        db.Add(new ServerLease { ServerId = serverId, Holder = holder, ExpiresAt = now + Length });
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (holder, now);
    }

    /// <summary>False when somebody else has the server by now. In the writer's transaction it also keeps a late one from writing.</summary>
    internal async Task<bool> ProlongAsync(PortalDb db, Guid serverId, string holder, CancellationToken cancellationToken)
    {
        var until = time.GetUtcNow() + Length;
        return await db.Set<ServerLease>()
            .Where(l => l.ServerId == serverId && l.Holder == holder)
            .ExecuteUpdateAsync(l => l.SetProperty(x => x.ExpiresAt, until), cancellationToken) == 1;
    }

    internal async Task<bool> ProlongAsync(Guid serverId, string holder, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await ProlongAsync(db, serverId, holder, cancellationToken);
    }

    internal async Task ReleaseAsync(Guid serverId, string holder, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<ServerLease>().Where(l => l.ServerId == serverId && l.Holder == holder).ExecuteDeleteAsync(cancellationToken);
    }
}
