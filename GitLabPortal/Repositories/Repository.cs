using GitLabPortal.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

public enum RepositoryVisibility { Unknown, Private, Internal, Public }

/// <summary>
/// An entry of the local catalogue. Its identity is server + GitLab's numeric project id, never the path: paths change.
/// What a team may see of it is decided by <see cref="RepositorySighting"/>.
/// </summary>
public sealed class Repository
{
    public long Id { get; init; }

    public required Guid ServerId { get; init; }

    public required long GitLabId { get; init; }

    public required string Name { get; set; }

    /// <summary>Full path, e.g. <c>platform/payments/api</c>.</summary>
    public required string FullPath { get; set; }

    /// <summary>Full path of the group or person above it, e.g. <c>platform/payments</c>.</summary>
    public required string NamespacePath { get; set; }

    public string? Description { get; set; }

    public required RepositoryVisibility Visibility { get; set; }

    /// <summary>Null when the token may not read the code.</summary>
    public string? DefaultBranch { get; set; }

    public required string WebUrl { get; set; }

    public string? HttpCloneUrl { get; set; }

    public string? SshCloneUrl { get; set; }

    public required int Stars { get; set; }

    /// <summary>Newline-separated, with one at both ends when there are any, so that <c>\ntopic\n</c> finds exactly one topic.</summary>
    public required string Topics { get; set; }

    public DateTimeOffset? LastActivityAt { get; set; }

    public required bool IsArchived { get; set; }

    public required bool IsEmpty { get; set; }

    public required bool IsFork { get; set; }

    /// <summary>The day it was marked for deletion; GitLab deletes it when the waiting period that its administrator set is over.</summary>
    public DateOnly? DeletionOn { get; set; }

    /// <summary>Lower-case path, name, description and topics: what the search looks through.</summary>
    public required string SearchText { get; set; }

    /// <summary>When it was last seen to have changed.</summary>
    public required DateTimeOffset ReadAt { get; set; }

    public Server? Server { get; init; }
}

/// <summary>A connection's token sees a repository.</summary>
public sealed class RepositorySighting
{
    public required Guid ConnectionId { get; init; }

    public required long RepositoryId { get; init; }

    /// <summary>The last run that saw it.</summary>
    public required Guid RunId { get; set; }

    public DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>The token may read its code, not only see that it is there.</summary>
    public bool ReadsCode { get; set; }

    /// <summary>Set when a complete run no longer saw it: a tombstone, undone when it is seen again.</summary>
    public DateTimeOffset? MissingSince { get; set; }

    /// <summary>Why it is missing; null while it is not.</summary>
    public Absence? Absence { get; set; }

    /// <summary>The disappearance that it is, or, while an admin is asked, would be a part of.</summary>
    public Guid? DisappearanceId { get; set; }

    /// <summary>Set when a person decided to keep it although GitLab does not show it; until it is seen again.</summary>
    public DateTimeOffset? KeptSince { get; set; }

    public Connection? Connection { get; init; }

    public Repository? Repository { get; init; }
}

internal sealed class RepositoryConfiguration :
    IEntityTypeConfiguration<Repository>, IEntityTypeConfiguration<RepositorySighting>
{
    public void Configure(EntityTypeBuilder<Repository> builder)
    {
        builder.ToTable("Repositories");
        builder.HasIndex(r => new { r.ServerId, r.GitLabId }).IsUnique();
        builder.HasOne(r => r.Server).WithMany().HasForeignKey(r => r.ServerId).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<RepositorySighting> builder)
    {
        builder.ToTable("RepositorySightings");
        builder.HasKey(s => new { s.ConnectionId, s.RepositoryId });
        builder.HasIndex(s => s.RepositoryId);
        builder.HasIndex(s => s.DisappearanceId).HasFilter("\"DisappearanceId\" IS NOT NULL");
        builder.HasOne(s => s.Connection).WithMany().HasForeignKey(s => s.ConnectionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(s => s.Repository).WithMany().HasForeignKey(s => s.RepositoryId).OnDelete(DeleteBehavior.Cascade);
    }
}
