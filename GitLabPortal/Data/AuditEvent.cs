using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Data;

/// <summary>Who did what, when. Written in the transaction of the act itself; never holds a secret.</summary>
public sealed class AuditEvent
{
    public long Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public Guid? TeamId { get; init; }

    /// <summary>Null for what the portal did by itself.</summary>
    public Guid? ActorId { get; init; }

    /// <summary>The actor's name at that time; the account may be gone later.</summary>
    public required string ActorName { get; init; }

    /// <summary>Stable, e.g. <c>connection.created</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to, in words.</summary>
    public required string Subject { get; init; }
}

internal sealed class AuditEventConfiguration : IEntityTypeConfiguration<AuditEvent>
{
    public void Configure(EntityTypeBuilder<AuditEvent> builder)
    {
        builder.ToTable("AuditEvents");
        builder.Property(e => e.ActorName).HasMaxLength(200);
        builder.Property(e => e.Action).HasMaxLength(80);
        builder.Property(e => e.Subject).HasMaxLength(1000);
        builder.HasIndex(e => new { e.TeamId, e.At });
    }
}
