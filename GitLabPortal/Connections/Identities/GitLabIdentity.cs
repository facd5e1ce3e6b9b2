using GitLabPortal.Accounts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Connections;

/// <summary><see cref="SignInAgain"/>: GitLab took the tokens back. <see cref="Blocked"/>: GitLab refuses the user.</summary>
public enum IdentityState { Active, SignInAgain, Blocked }

/// <summary>
/// Somebody's account on a GitLab server, known by server and GitLab's user id: names and addresses there can pass to another person.
/// </summary>
public sealed class GitLabIdentity
{
    /// <summary>The scope by which GitLab lists a person's repositories.</summary>
    public const string RepositoryScope = "read_api";

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid AccountId { get; init; }

    public required Guid ServerId { get; init; }

    public required long GitLabUserId { get; init; }

    /// <summary>As last seen; for people to recognise, not to compare.</summary>
    public required string Username { get; set; }

    /// <summary>Whether one may sign in to the portal by it; false for a mere integration.</summary>
    public required bool SignsIn { get; set; }

    /// <summary>Sees no internal projects on GitLab.</summary>
    public bool IsExternal { get; set; }

    /// <summary>The application that gave the tokens; null for one of the operator's settings.</summary>
    public Guid? ApplicationId { get; set; }

    /// <summary>Access and refresh token together, encrypted; null when GitLab took them back.</summary>
    public string? ProtectedTokens { get; set; }

    public Guid? TokenKeyId { get; set; }

    public DateTimeOffset? AccessExpiresAt { get; set; }

    /// <summary>Space-separated.</summary>
    public string Scopes { get; set; } = "";

    /// <summary>The person lets the portal read their repositories, not only who they are.</summary>
    public bool ReadsRepositories => Scopes.Split(' ').Contains(RepositoryScope);

    /// <summary>Counts the pairs: a refresh saves its pair only over the one that it began with.</summary>
    public int PairVersion { get; set; }

    /// <summary>Who refreshes at this moment, of all processes; worthless after <see cref="RefreshingUntil"/>.</summary>
    public Guid? RefreshingBy { get; set; }

    public DateTimeOffset? RefreshingUntil { get; set; }

    public IdentityState State { get; set; }

    public required DateTimeOffset LinkedAt { get; init; }

    public DateTimeOffset? SignedInAt { get; set; }

    /// <summary>When GitLab last said that the user is fine.</summary>
    public DateTimeOffset CheckedAt { get; set; }

    public Account? Account { get; init; }

    public Server? Server { get; init; }

    public ServerApplication? Application { get; init; }

    /// <summary>The purpose that ties the tokens to their row.</summary>
    public static string Row(Guid id) => $"identity:{id:N}";
}

internal sealed class GitLabIdentityConfiguration : IEntityTypeConfiguration<GitLabIdentity>
{
    public void Configure(EntityTypeBuilder<GitLabIdentity> builder)
    {
        builder.ToTable("GitLabIdentities");
        builder.Property(i => i.Username).HasMaxLength(300);
        builder.Property(i => i.Scopes).HasMaxLength(500);
        builder.Ignore(i => i.ReadsRepositories);
        builder.Property(i => i.PairVersion).IsConcurrencyToken();
        builder.HasIndex(i => new { i.ServerId, i.GitLabUserId }).IsUnique();
        builder.HasIndex(i => i.AccountId);
        builder.HasOne(i => i.Account).WithMany().HasForeignKey(i => i.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(i => i.Server).WithMany().HasForeignKey(i => i.ServerId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(i => i.Application).WithMany().HasForeignKey(i => i.ApplicationId).OnDelete(DeleteBehavior.SetNull);
    }
}
