using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

/// <summary>
/// The short number under which the search index knows a connection; a trigger gives it. Numbers are never used again: entries of a
/// connection that was removed may stay in the index, where nobody can ask for them any more.
/// </summary>
internal sealed class SearchScope
{
    public long Id { get; init; }

    public required Guid ConnectionId { get; init; }
}

/// <summary>A path that a repository had before, as a connection saw it: what one team's token saw is no other team's business.</summary>
public sealed class PastPath
{
    /// <summary>A group that was renamed has many.</summary>
    internal const int MostAtOnce = 1_000;

    public required long RepositoryId { get; init; }

    public required Guid ConnectionId { get; init; }

    public required string FullPath { get; init; }

    /// <summary>When the repository was first read under another path.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The repositories that had a path, or one below it, when a connection of the team saw them.</summary>
    internal static async Task<List<long>> RepositoriesOnceAtAsync(PortalDb db, Guid teamId, string path, CancellationToken cancellationToken)
    {
        var exact = path.Trim('/');
        if (exact.Length < 3 || exact.Any(char.IsWhiteSpace)) return [];

        // Between the slash and the character behind it lies everything that begins with the path and a slash.
        var (below, behind) = (exact + "/", exact + "0");
        return await db.Set<PastPath>()
            .Where(p => db.Set<Connection>().Any(c => c.Id == p.ConnectionId && c.TeamId == teamId))
            .Where(p => p.FullPath == exact || (string.Compare(p.FullPath, below) > 0 && string.Compare(p.FullPath, behind) < 0))
            .Select(p => p.RepositoryId)
            .Distinct()
            .Take(MostAtOnce)
            .ToListAsync(cancellationToken);
    }
}

internal enum CatalogueGroupKind { Namespace = 1, Topics = 2 }

/// <summary>
/// How many repositories a connection sees with the same namespace or the same topics: the choices of the filters, without reading the
/// catalogue. Kept by triggers.
/// </summary>
internal sealed class CatalogueGroup
{
    public required Guid ConnectionId { get; init; }

    public required CatalogueGroupKind Kind { get; init; }

    /// <summary><see cref="Repository.NamespacePath"/> or <see cref="Repository.Topics"/>.</summary>
    public required string Value { get; init; }

    public required int Count { get; init; }
}

internal sealed class SearchConfiguration :
    IEntityTypeConfiguration<SearchScope>, IEntityTypeConfiguration<PastPath>, IEntityTypeConfiguration<CatalogueGroup>
{
    public void Configure(EntityTypeBuilder<CatalogueGroup> builder)
    {
        builder.ToTable("CatalogueGroups");
        builder.HasKey(g => new { g.ConnectionId, g.Kind, g.Value });
        // A number: the triggers write it.
        builder.Property(g => g.Kind).HasConversion<int>();
        builder.HasOne<Connection>().WithMany().HasForeignKey(g => g.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<SearchScope> builder)
    {
        builder.ToTable("SearchScopes");
        builder.HasIndex(s => s.ConnectionId).IsUnique();
        builder.HasOne<Connection>().WithOne().HasForeignKey<SearchScope>(s => s.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<PastPath> builder)
    {
        builder.ToTable("PastPaths");
        builder.HasKey(p => new { p.ConnectionId, p.RepositoryId, p.FullPath });
        // Paths of GitLab are the same in upper and lower case.
        builder.Property(p => p.FullPath).UseCollation("NOCASE");
        builder.HasIndex(p => new { p.ConnectionId, p.FullPath });
        builder.HasIndex(p => p.RepositoryId);
        builder.HasOne<Repository>().WithMany().HasForeignKey(p => p.RepositoryId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Connection>().WithMany().HasForeignKey(p => p.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }
}
