using GitLabPortal.Accounts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Teams;

/// <summary>What a member may do; each role includes the ones before it.</summary>
public enum TeamRole { Member = 1, Admin = 2, Owner = 3 }

/// <summary>A workspace: people, GitLab connections and projects.</summary>
public sealed class Team
{
    public const int MaxNameLength = 80;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string Name { get; set; }

    /// <summary>Its part of the address, <c>/team/{slug}</c>; never changes.</summary>
    public required string Slug { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public List<TeamMember> Members { get; } = [];
}

public sealed class TeamMember
{
    public required Guid TeamId { get; init; }

    public required Guid AccountId { get; init; }

    public required TeamRole Role { get; set; }

    public required DateTimeOffset JoinedAt { get; init; }

    public Team? Team { get; init; }

    public Account? Account { get; init; }
}

/// <summary>A link that lets one person join. Only the hash of its code is kept.</summary>
public sealed class Invitation
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TeamId { get; init; }

    /// <summary>SHA-256 of the code, upper-case hexadecimal.</summary>
    public required string CodeHash { get; init; }

    /// <summary>If given, only this address may use the link.</summary>
    public string? Email { get; init; }

    public required TeamRole Role { get; init; }

    public required Guid CreatedById { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; set; }

    public Guid? UsedById { get; set; }

    public Team? Team { get; init; }

    public Account? CreatedBy { get; init; }
}

internal sealed class TeamConfiguration :
    IEntityTypeConfiguration<Team>, IEntityTypeConfiguration<TeamMember>, IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Team> builder)
    {
        builder.ToTable("Teams");
        builder.Property(t => t.Name).HasMaxLength(Team.MaxNameLength);
        builder.Property(t => t.Slug).HasMaxLength(Kernel.Slug.MaxLength);
        builder.HasIndex(t => t.Slug).IsUnique();
    }

    public void Configure(EntityTypeBuilder<TeamMember> builder)
    {
        builder.ToTable("TeamMembers");
        builder.HasKey(m => new { m.TeamId, m.AccountId });
        builder.HasIndex(m => m.AccountId);
        builder.HasOne(m => m.Team).WithMany(t => t.Members).HasForeignKey(m => m.TeamId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(m => m.Account).WithMany().HasForeignKey(m => m.AccountId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<Invitation> builder)
    {
        builder.ToTable("Invitations");
        builder.Property(i => i.CodeHash).HasMaxLength(64);
        builder.Property(i => i.Email).HasMaxLength(256);
        builder.HasIndex(i => i.CodeHash).IsUnique();
        builder.HasOne(i => i.Team).WithMany().HasForeignKey(i => i.TeamId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(i => i.CreatedBy).WithMany().HasForeignKey(i => i.CreatedById).OnDelete(DeleteBehavior.Cascade);
    }
}
