using GitLabPortal.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

/// <summary>
/// How the reading stands of what a person may open on GitLab. It belongs to the GitLab account (server and user), not to a team: it goes
/// with the account's link, and nobody else ever has it.
/// </summary>
public sealed class MemberView
{
    public required Guid IdentityId { get; init; }

    /// <summary>When the last complete reading began; null before the first.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>How many projects GitLab listed in the last complete reading.</summary>
    public int Listed { get; set; }

    /// <summary>The catalogue's youngest row when the last reading began: what came into it since may be the person's, too.</summary>
    public long NewestRepositoryId { get; set; }

    /// <summary>GitLab listed nothing at all, for the first time: believed when it says so again.</summary>
    public DateTimeOffset? EmptySince { get; set; }

    /// <summary>Failures in a row since the last complete reading.</summary>
    public int Attempts { get; set; }

    /// <summary>Not before this; null when only the interval counts.</summary>
    public DateTimeOffset? RetryAt { get; set; }

    public string? ProblemCode { get; set; }

    /// <summary>Why the last reading did not come to an end, in words.</summary>
    public string? ProblemText { get; set; }

    public GitLabIdentity? Identity { get; init; }
}

/// <summary>A person may open a repository on GitLab, as its member: from the person's own list, not from any connection's.</summary>
public sealed class MemberSighting
{
    public required Guid IdentityId { get; init; }

    public required long RepositoryId { get; init; }

    /// <summary>May read its code, not only see that it is there.</summary>
    public bool ReadsCode { get; set; }
}

internal sealed class MemberViewConfiguration : IEntityTypeConfiguration<MemberView>, IEntityTypeConfiguration<MemberSighting>
{
    public void Configure(EntityTypeBuilder<MemberView> builder)
    {
        builder.ToTable("MemberViews");
        builder.HasKey(v => v.IdentityId);
        builder.Property(v => v.ProblemCode).HasMaxLength(80);
        builder.Property(v => v.ProblemText).HasMaxLength(1000);
        builder.HasOne(v => v.Identity).WithOne().HasForeignKey<MemberView>(v => v.IdentityId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<MemberSighting> builder)
    {
        builder.ToTable("MemberSightings");
        builder.HasKey(s => new { s.IdentityId, s.RepositoryId });
        builder.HasIndex(s => s.RepositoryId);
        builder.HasOne<GitLabIdentity>().WithMany().HasForeignKey(s => s.IdentityId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Repository>().WithMany().HasForeignKey(s => s.RepositoryId).OnDelete(DeleteBehavior.Cascade);
    }
}
