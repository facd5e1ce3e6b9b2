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

    /// <summary>Set when a complete run no longer saw it: a tombstone, undone when it is seen again.</summary>
    public DateTimeOffset? MissingSince { get; set; }

    public Connection? Connection { get; init; }

    public Repository? Repository { get; init; }
}

public enum SyncState { Running, Completed, Failed }

/// <summary>One walk over everything that a connection sees. Journaled after each page, so that it resumes where it stopped.</summary>
public sealed class SyncRun
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ConnectionId { get; init; }

    public required SyncState State { get; set; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>The highest GitLab id that is safely stored; the walk goes on behind it.</summary>
    public long CursorId { get; set; }

    /// <summary>Repositories stored by this run.</summary>
    public int Seen { get; set; }

    /// <summary>List requests that were answered.</summary>
    public int Pages { get; set; }

    /// <summary>About how many there will be, as far as GitLab tells.</summary>
    public int? Expected { get; set; }

    /// <summary>Failures in a row since the last stored page.</summary>
    public int Attempts { get; set; }

    public string? ProblemCode { get; set; }

    /// <summary>What stands in the way, in words; also while it waits for another try.</summary>
    public string? ProblemText { get; set; }

    public DateTimeOffset? RetryAt { get; set; }

    public Connection? Connection { get; init; }
}

internal sealed class RepositoryConfiguration :
    IEntityTypeConfiguration<Repository>, IEntityTypeConfiguration<RepositorySighting>, IEntityTypeConfiguration<SyncRun>
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
        builder.HasOne(s => s.Connection).WithMany().HasForeignKey(s => s.ConnectionId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(s => s.Repository).WithMany().HasForeignKey(s => s.RepositoryId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<SyncRun> builder)
    {
        builder.ToTable("SyncRuns");
        builder.Property(r => r.ProblemCode).HasMaxLength(80);
        builder.Property(r => r.ProblemText).HasMaxLength(1000);
        builder.HasIndex(r => new { r.ConnectionId, r.StartedAt });
        // One walk per connection at a time, whoever starts it.
        builder.HasIndex(r => r.ConnectionId, "IX_SyncRuns_Running").IsUnique().HasFilter("\"State\" = 'Running'");
        builder.HasOne(r => r.Connection).WithMany().HasForeignKey(r => r.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }
}
