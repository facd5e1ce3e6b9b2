using GitLabPortal.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

public enum DisappearanceState
{
    /// <summary>More than the settings allow at once: everything stays as it was until an admin decides.</summary>
    Held,

    /// <summary>The repositories left the grid; can be undone for 30 days.</summary>
    Applied,

    /// <summary>An admin decided that they stay.</summary>
    Kept,

    /// <summary>GitLab shows all of them again.</summary>
    Over,
}

/// <summary>Why a repository is not seen, as far as that is known.</summary>
public enum Absence
{
    /// <summary>Deleted, moved out of reach, or access was lost: GitLab answers the same.</summary>
    NotShown,

    /// <summary>It was marked for deletion, or an administrator's token does not see it any more.</summary>
    Deleted,

    /// <summary>GitLab does not show the group above it either.</summary>
    GroupNotShown,
}

/// <summary>Repositories that one complete walk did not see any more.</summary>
public sealed class Disappearance
{
    public static readonly TimeSpan UndoWithin = TimeSpan.FromDays(30);

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ConnectionId { get; init; }

    public required DisappearanceState State { get; set; }

    public required DateTimeOffset FoundAt { get; init; }

    /// <summary>
    /// When the connection saw them last, at the latest. What changed in the catalogue since then another token read, maybe another
    /// team's: it is not shown through a sighting from before.
    /// </summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>How many.</summary>
    public required int Count { get; set; }

    /// <summary>Out of how many that the connection saw before.</summary>
    public required int Known { get; set; }

    /// <summary>What is likely to have happened, in words for an admin.</summary>
    public required string Cause { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }

    public string? DecidedBy { get; set; }

    public Connection? Connection { get; init; }
}

internal sealed class DisappearanceConfiguration : IEntityTypeConfiguration<Disappearance>
{
    public void Configure(EntityTypeBuilder<Disappearance> builder)
    {
        builder.ToTable("Disappearances");
        builder.Property(d => d.Cause).HasMaxLength(1000);
        builder.Property(d => d.DecidedBy).HasMaxLength(200);
        builder.HasIndex(d => new { d.ConnectionId, d.FoundAt });
        // A question is asked once, however many walks find the same.
        builder.HasIndex(d => d.ConnectionId, "IX_Disappearances_Held").IsUnique().HasFilter("\"State\" = 'Held'");
        builder.HasOne(d => d.Connection).WithMany().HasForeignKey(d => d.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }
}
