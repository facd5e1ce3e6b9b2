using GitLabPortal.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

/// <summary>When a connection's repositories were counted last, and whether that led to a complete reading.</summary>
public sealed class AbsenceCheck
{
    public required Guid ConnectionId { get; init; }

    public required DateTimeOffset CountedAt { get; set; }

    /// <summary>When the totals differed so much last that everything was read for it.</summary>
    public DateTimeOffset? ReadAllAt { get; set; }

    /// <summary>By how much they differed then: the same again after the reading is no reason for another one.</summary>
    public int? ReadAllFor { get; set; }
}

internal sealed class AbsenceCheckConfiguration : IEntityTypeConfiguration<AbsenceCheck>
{
    public void Configure(EntityTypeBuilder<AbsenceCheck> builder)
    {
        builder.ToTable("AbsenceChecks");
        builder.HasKey(c => c.ConnectionId);
        builder.HasOne<Connection>().WithOne().HasForeignKey<AbsenceCheck>(c => c.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }
}
