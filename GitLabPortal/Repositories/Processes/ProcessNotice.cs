using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

/// <summary>What one process tells the others on the same database, as a feed tells the pages of one process: a hint to look again.</summary>
internal sealed class ProcessNotice
{
    public long Id { get; init; }

    public required Guid ConnectionId { get; init; }

    public required Guid TeamId { get; init; }

    /// <summary>Null when its reading went on.</summary>
    public ConnectionChange? Change { get; init; }

    public required DateTimeOffset At { get; init; }
}

internal sealed class ProcessNoticeConfiguration : IEntityTypeConfiguration<ProcessNotice>
{
    public void Configure(EntityTypeBuilder<ProcessNotice> builder) => builder.ToTable("ProcessNotices");
}

/// <summary>Writes and reads the notices. They are of use for moments only.</summary>
internal sealed class NoticeBoard(IDbContextFactory<PortalDb> contexts, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    public async Task WriteAsync(Guid connectionId, Guid teamId, ConnectionChange? change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Add(new ProcessNotice { ConnectionId = connectionId, TeamId = teamId, Change = change, At = now });
        await db.SaveChangesAsync(cancellationToken);
        await db.Set<ProcessNotice>().Where(n => n.At < now - Kept).ExecuteDeleteAsync(cancellationToken);
    }

    public async Task<long> LastIdAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ProcessNotice>().MaxAsync(n => (long?)n.Id, cancellationToken) ?? 0;
    }

    public async Task<IReadOnlyList<ProcessNotice>> ReadAfterAsync(long id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ProcessNotice>().AsNoTracking().Where(n => n.Id > id).OrderBy(n => n.Id).Take(1000).ToListAsync(cancellationToken);
    }
}
