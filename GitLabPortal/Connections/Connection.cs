using GitLabPortal.Accounts;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Connections;

/// <summary>A GitLab instance, shared by all teams; its key is the normalised address that we dial.</summary>
public sealed class Server
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    /// <summary>Normalised base address without a trailing slash, e.g. <c>https://git.example.com/gitlab</c>.</summary>
    public required string BaseUrl { get; set; }

    /// <summary>The address the server claims to have; shown, never trusted.</summary>
    public string? Issuer { get; set; }

    /// <summary>As GitLab says it, e.g. <c>18.9.0-ee</c>; null when the token may not read it.</summary>
    public string? Version { get; set; }

    public bool? IsEnterprise { get; set; }

    /// <summary>Certificate authorities (PEM) trusted for signing in with this server, besides the machine's; null for none.</summary>
    public string? SignInAuthorities { get; set; }

    /// <summary>Where people sign in when it is not <see cref="BaseUrl"/>, which the portal calls.</summary>
    public string? SignInBrowserUrl { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }
}

public enum ConnectionStatus { Working, Unreachable, TokenRefused, TokenLost }

public enum TokenKind { Unknown, Personal, Project, Group, ServiceAccount }

/// <summary>Which repositories a connection brings into the team.</summary>
public enum ConnectionCoverage { Everything, Memberships, Groups }

/// <summary>Who in the team sees what a connection brings: everybody everything, or each member what they may open on GitLab themselves.</summary>
public enum ConnectionAudience { Team, Members }

/// <summary>A GitLab server linked to a team by a token. A team may have several connections to one server.</summary>
public sealed class Connection
{
    public const int MaxNameLength = 80;

    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid TeamId { get; init; }

    public required Guid ServerId { get; set; }

    public required string Name { get; set; }

    /// <summary>Encrypted with a purpose of its own; see <see cref="Security.SecretProtector"/>.</summary>
    public required string ProtectedToken { get; set; }

    /// <summary>The key that protects the token, so that a lost key names what must be entered again.</summary>
    public required Guid TokenKeyId { get; set; }

    public required TokenKind TokenKind { get; set; }

    /// <summary>GitLab's id of the token; null before GitLab 15.5.</summary>
    public long? TokenId { get; set; }

    public string? TokenName { get; set; }

    /// <summary>Space-separated; empty when GitLab cannot tell (before 15.5).</summary>
    public required string TokenScopes { get; set; }

    /// <summary>The token is dead from 00:00 UTC of this date.</summary>
    public DateOnly? TokenExpiresOn { get; set; }

    public long? TokenUserId { get; set; }

    public string? TokenUsername { get; set; }

    public bool TokenUserIsBot { get; set; }

    public bool TokenUserIsAdmin { get; set; }

    /// <summary>The person chose a token that can only read.</summary>
    public required bool IsReadOnly { get; set; }

    /// <summary>The person accepted that the token travels unencrypted (private addresses only).</summary>
    public required bool AllowsPlainHttp { get; set; }

    /// <summary>Certificate authorities (PEM) that this connection trusts besides the machine's; null for none.</summary>
    public string? TrustedAuthorities { get; set; }

    /// <summary>The address that people use when it is not the server's <see cref="Server.BaseUrl"/>, which the portal calls.</summary>
    public string? BrowserUrl { get; set; }

    public required ConnectionCoverage Coverage { get; set; }

    public ConnectionAudience Audience { get; set; }

    public ConnectionStatus Status { get; set; }

    /// <summary>What went wrong last, in words; null while it works.</summary>
    public string? StatusText { get; set; }

    public DateTimeOffset? CheckedAt { get; set; }

    /// <summary>The findings of the last check as JSON.</summary>
    public string? Findings { get; set; }

    public required Guid CreatedById { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public Server? Server { get; init; }

    public Team? Team { get; init; }

    public Account? CreatedBy { get; init; }

    public List<ConnectionGroup> Groups { get; init; } = [];
}

/// <summary>A GitLab group that a connection is restricted to, with everything below it.</summary>
public sealed class ConnectionGroup
{
    public required Guid ConnectionId { get; init; }

    public required long GitLabGroupId { get; init; }

    /// <summary>As last seen; renames change it.</summary>
    public required string FullPath { get; set; }
}

internal sealed class ConnectionConfiguration :
    IEntityTypeConfiguration<Server>, IEntityTypeConfiguration<Connection>, IEntityTypeConfiguration<ConnectionGroup>
{
    public void Configure(EntityTypeBuilder<Server> builder)
    {
        builder.ToTable("Servers");
        builder.Property(s => s.BaseUrl).HasMaxLength(500);
        builder.Property(s => s.Issuer).HasMaxLength(500);
        builder.Property(s => s.Version).HasMaxLength(100);
        builder.Property(s => s.SignInBrowserUrl).HasMaxLength(500);
        builder.HasIndex(s => s.BaseUrl).IsUnique();
    }

    public void Configure(EntityTypeBuilder<Connection> builder)
    {
        builder.ToTable("Connections");
        builder.Property(c => c.Name).HasMaxLength(Connection.MaxNameLength);
        builder.Property(c => c.TokenName).HasMaxLength(300);
        builder.Property(c => c.TokenScopes).HasMaxLength(1000);
        builder.Property(c => c.TokenUsername).HasMaxLength(300);
        builder.Property(c => c.StatusText).HasMaxLength(1000);
        builder.Property(c => c.TrustedAuthorities).HasMaxLength(Security.TrustedAuthorities.MaxPemLength);
        builder.Property(c => c.BrowserUrl).HasMaxLength(2100);
        builder.Property(c => c.Audience).HasDefaultValue(ConnectionAudience.Team);
        builder.HasIndex(c => c.ServerId);
        // Two tabs that connect the same thing at once: the second save fails and is told so.
        builder.HasIndex(c => new { c.TeamId, c.Name }).IsUnique();
        // The same token twice brings nothing; GitLab before 15.5 does not tell a token's id.
        builder.HasIndex(c => new { c.TeamId, c.ServerId, c.TokenId }).IsUnique();
        builder.HasOne(c => c.Team).WithMany().HasForeignKey(c => c.TeamId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne(c => c.Server).WithMany().HasForeignKey(c => c.ServerId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne(c => c.CreatedBy).WithMany().HasForeignKey(c => c.CreatedById).OnDelete(DeleteBehavior.Restrict);
        builder.HasMany(c => c.Groups).WithOne().HasForeignKey(g => g.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<ConnectionGroup> builder)
    {
        builder.ToTable("ConnectionGroups");
        builder.HasKey(g => new { g.ConnectionId, g.GitLabGroupId });
        builder.Property(g => g.FullPath).HasMaxLength(1000);
    }
}
