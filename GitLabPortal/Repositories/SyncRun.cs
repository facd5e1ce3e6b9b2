using GitLabPortal.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

public enum SyncState { Running, Completed, Failed }

/// <summary>What a run reads: everything, or only what changed since the run before. Only the first can tell what is missing.</summary>
public enum SyncKind { Full, Changes }

/// <summary>One reading of what a connection sees. Journaled with each batch of pages, so that it resumes where it stopped.</summary>
public sealed class SyncRun
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ConnectionId { get; init; }

    public SyncKind Kind { get; init; }

    public required SyncState State { get; set; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>Repositories stored by this run.</summary>
    public int Seen { get; set; }

    /// <summary>List requests that were answered.</summary>
    public int Pages { get; set; }

    /// <summary>About how many there will be, as far as GitLab tells or can be estimated.</summary>
    public int? Expected { get; set; }

    /// <summary>The highest GitLab id when the run began; null until it is known. What was made since then lies behind it.</summary>
    public long? HighestId { get; set; }

    /// <summary>How many requests at once the server bore last; 0 before the first.</summary>
    public int RequestsAtOnce { get; set; }

    /// <summary>Failures in a row since the last stored page.</summary>
    public int Attempts { get; set; }

    public string? ProblemCode { get; set; }

    /// <summary>What stands in the way, in words; also while it waits for another try.</summary>
    public string? ProblemText { get; set; }

    public DateTimeOffset? RetryAt { get; set; }

    public Connection? Connection { get; init; }
}

/// <summary>
/// A part of the ids that a running walk has still to read. Written together with the repositories of the page that moved it; gone
/// when its end is reached.
/// </summary>
public sealed class SyncRange
{
    public required Guid RunId { get; init; }

    /// <summary>The part begins behind this id.</summary>
    public required long FromId { get; init; }

    /// <summary>Everything up to this id is stored.</summary>
    public required long CursorId { get; set; }

    /// <summary>From this id on it is another part's; null for the part without end.</summary>
    public long? ToId { get; set; }
}

/// <summary>
/// Who may walk a server at present: one at a time, also among several processes on one database. Taken and prolonged by
/// compare-and-swap.
/// </summary>
public sealed class ServerLease
{
    public required Guid ServerId { get; init; }

    /// <summary>See <see cref="LeaseHolder"/>.</summary>
    public required string Holder { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>How often a connection is asked for changes, where its team does not leave that to the settings.</summary>
public sealed class SyncInterval
{
    public required Guid ConnectionId { get; init; }

    public required TimeSpan Every { get; set; }
}

internal sealed class SyncRunConfiguration :
    IEntityTypeConfiguration<SyncRun>, IEntityTypeConfiguration<SyncRange>, IEntityTypeConfiguration<ServerLease>, IEntityTypeConfiguration<SyncInterval>
{
    public void Configure(EntityTypeBuilder<SyncInterval> builder)
    {
        builder.ToTable("SyncIntervals");
        builder.HasKey(i => i.ConnectionId);
        builder.HasOne<Connection>().WithOne().HasForeignKey<SyncInterval>(i => i.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<SyncRun> builder)
    {
        builder.ToTable("SyncRuns");
        builder.Property(r => r.ProblemCode).HasMaxLength(80);
        builder.Property(r => r.ProblemText).HasMaxLength(1000);
        builder.Property(r => r.Kind).HasDefaultValue(SyncKind.Full);
        builder.HasIndex(r => new { r.ConnectionId, r.StartedAt });
        // One walk per connection at a time, whoever starts it.
        builder.HasIndex(r => r.ConnectionId, "IX_SyncRuns_Running").IsUnique().HasFilter("\"State\" = 'Running'");
        builder.HasOne(r => r.Connection).WithMany().HasForeignKey(r => r.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<SyncRange> builder)
    {
        builder.ToTable("SyncRanges");
        builder.HasKey(r => new { r.RunId, r.FromId });
        builder.HasOne<SyncRun>().WithMany().HasForeignKey(r => r.RunId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<ServerLease> builder)
    {
        builder.ToTable("ServerLeases");
        builder.HasKey(l => l.ServerId);
        builder.Property(l => l.Holder).HasMaxLength(200);
        builder.HasOne<Server>().WithMany().HasForeignKey(l => l.ServerId).OnDelete(DeleteBehavior.Cascade);
    }
}
