using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Connections;

/// <summary>
/// <see cref="Current"/>: people sign in by it. <see cref="Old"/>: a newer one took its place; kept until that one worked once.
/// <see cref="Missing"/>: GitLab no longer knows it.
/// </summary>
public enum ApplicationState { Current, Old, Missing }

/// <summary>The OAuth application on a GitLab server by which its people sign in to the portal.</summary>
public sealed class ServerApplication
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ServerId { get; init; }

    /// <summary>GitLab's number of it, for deleting it; null when it was made by hand.</summary>
    public long? GitLabId { get; set; }

    public required string ClientId { get; init; }

    public required string ProtectedSecret { get; set; }

    public required Guid SecretKeyId { get; set; }

    /// <summary>As registered on GitLab, which cannot change it any more.</summary>
    public required string RedirectUri { get; init; }

    /// <summary>Space-separated; the most that may be asked for.</summary>
    public required string Scopes { get; init; }

    /// <summary>A person accepted that codes and tokens travel unencrypted (private addresses only).</summary>
    public required bool AllowsPlainHttp { get; init; }

    public ApplicationState State { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When somebody signed in by it for the first time.</summary>
    public DateTimeOffset? WorkedAt { get; set; }

    /// <summary>When GitLab was last asked whether it knows it.</summary>
    public DateTimeOffset? CheckedAt { get; set; }

    public Server? Server { get; init; }

    /// <summary>The purpose that ties the secret to its row.</summary>
    public static string Row(Guid id) => $"server-application:{id:N}";
}

/// <summary>Who of a server may enter without an invitation.</summary>
public enum JoinRule { Invited, Everyone, Groups }

/// <summary>How people of a server join the portal.</summary>
public sealed class ServerEntry
{
    public required Guid ServerId { get; init; }

    public JoinRule Rule { get; set; }

    /// <summary>Where they land; null while only invited people may enter.</summary>
    public Guid? TeamId { get; set; }

    public Teams.TeamRole Role { get; set; } = Teams.TeamRole.Member;

    /// <summary>The groups whose members may enter: GitLab's id, a space and the path as last seen; one a line.</summary>
    public string Groups { get; set; } = "";

    public Server? Server { get; init; }

    public Teams.Team? Team { get; init; }

    public IReadOnlyList<ChosenGroup> ChosenGroups() => Read(Groups);

    /// <summary>Reads what people type: numbers with paths, by lines or commas. What has no number is left out.</summary>
    public static IReadOnlyList<ChosenGroup> Read(string? text) =>
    [
        .. from entry in (text ?? "").Split(['\n', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
           let parts = entry.Split(' ', 2, StringSplitOptions.TrimEntries)
           where long.TryParse(parts[0], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out _)
           select new ChosenGroup(long.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), parts is [_, var path] ? path : parts[0]),
    ];

    public static string TextOf(IEnumerable<ChosenGroup> groups) =>
        string.Join('\n', groups.Select(g => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{g.GitLabId} {g.FullPath}")));
}

internal sealed class ServerApplicationConfiguration : IEntityTypeConfiguration<ServerApplication>, IEntityTypeConfiguration<ServerEntry>
{
    public void Configure(EntityTypeBuilder<ServerApplication> builder)
    {
        builder.ToTable("ServerApplications");
        builder.Property(a => a.ClientId).HasMaxLength(200);
        builder.Property(a => a.RedirectUri).HasMaxLength(2000);
        builder.Property(a => a.Scopes).HasMaxLength(500);
        builder.HasIndex(a => new { a.ServerId, a.ClientId }).IsUnique();
        builder.HasOne(a => a.Server).WithMany().HasForeignKey(a => a.ServerId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<ServerEntry> builder)
    {
        builder.ToTable("ServerEntries");
        builder.HasKey(e => e.ServerId);
        builder.HasOne(e => e.Server).WithOne().HasForeignKey<ServerEntry>(e => e.ServerId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(e => e.Team).WithMany().HasForeignKey(e => e.TeamId).OnDelete(DeleteBehavior.Cascade);
    }
}
