using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Projects;

/// <summary>
/// A repository that a team picked: team + server + GitLab id. It outlives the connection it was picked through, and comes back to
/// life when the same server is connected again.
/// </summary>
public sealed class Project
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TeamId { get; init; }

    public required Guid ServerId { get; init; }

    public required long GitLabId { get; init; }

    /// <summary>The name and path as this team's own token saw them last: shown when the team cannot see the repository any more.</summary>
    public string SeenName { get; set; } = "";

    public string SeenPath { get; set; } = "";

    /// <summary>Both, folded for the search.</summary>
    public string SeenText { get; set; } = "";

    public required Guid AddedById { get; set; }

    public required DateTimeOffset AddedAt { get; set; }

    /// <summary>
    /// The member whose own GitLab account shows it, and that account's number on the server. While a connection of the team sees the
    /// repository, it hangs on the connection instead.
    /// </summary>
    public Guid? PersonalAccountId { get; set; }

    public long? PersonalGitLabUserId { get; set; }

    /// <summary>Set when it was removed from the team; kept so that the removal can be undone.</summary>
    public DateTimeOffset? RemovedAt { get; set; }

    public Team? Team { get; init; }

    public Server? Server { get; init; }

    public Account? AddedBy { get; init; }

    public Account? PersonalAccount { get; init; }

    internal void SawAs(string name, string fullPath) =>
        (SeenName, SeenPath, SeenText) = (name, fullPath, SearchText.Of(fullPath, name, null, []));
}

internal sealed class ProjectConfiguration : IEntityTypeConfiguration<Project>
{
    public void Configure(EntityTypeBuilder<Project> builder)
    {
        builder.ToTable("Projects");
        builder.HasIndex(p => new { p.TeamId, p.ServerId, p.GitLabId }).IsUnique();
        builder.HasOne(p => p.Team).WithMany().HasForeignKey(p => p.TeamId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(p => p.Server).WithMany().HasForeignKey(p => p.ServerId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(p => p.AddedBy).WithMany().HasForeignKey(p => p.AddedById).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(p => p.PersonalAccount).WithMany().HasForeignKey(p => p.PersonalAccountId).OnDelete(DeleteBehavior.SetNull);
    }
}
