using GitLabPortal.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Repositories;

/// <summary>
/// A system hook on GitLab that tells this portal of changes at once. It was made with one connection's token; what it tells concerns
/// every connection to the same server.
/// </summary>
public sealed class SystemHook
{
    /// <summary>Part of the address that GitLab calls, by which the hook is found again there.</summary>
    public Guid Id { get; init; } = Guid.NewGuid();

    public required Guid ConnectionId { get; init; }

    /// <summary>Both secrets of the hook come from it; see <see cref="HookSecrets"/>. Encrypted.</summary>
    public required string ProtectedSecret { get; set; }

    public required Guid SecretKeyId { get; set; }

    /// <summary>GitLab's number; null until GitLab has confirmed that it made the hook.</summary>
    public long? GitLabHookId { get; set; }

    /// <summary>The address that GitLab was given last.</summary>
    public required string Url { get; set; }

    /// <summary>GitLab has the signing key: what is not signed is refused.</summary>
    public bool IsSigned { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Made by the set-up of the server with an admin's token: the connection's own token may not be able to look after it.</summary>
    public bool IsFromSetUp { get; set; }

    /// <summary>How many deliveries came with the right secret, tests included.</summary>
    public long Received { get; set; }

    public DateTimeOffset? LastEventAt { get; set; }

    /// <summary>When a delivery to this hook's address came with a wrong secret or signature last.</summary>
    public DateTimeOffset? RefusedAt { get; set; }

    public DateTimeOffset? CheckedAt { get; set; }

    /// <summary>GitLab's own view, e.g. <c>executable</c>; null where GitLab does not tell.</summary>
    public string? AlertStatus { get; set; }

    public DateTimeOffset? DisabledUntil { get; set; }

    /// <summary>What keeps it from working; null while it works as far as known.</summary>
    public string? TroubleCode { get; set; }

    public string? TroubleText { get; set; }

    public Connection? Connection { get; init; }
}

/// <summary>What a delivery is about, as far as the catalogue cares.</summary>
public enum HookNews
{
    /// <summary>A single project is new or different.</summary>
    Project,

    /// <summary>A single project is gone, says GitLab.</summary>
    ProjectGone,

    /// <summary>A group or person has another path, and everything below with it; or so much happened that it was not kept one by one.</summary>
    Everything,

    /// <summary>Somebody's membership of one project.</summary>
    ProjectMember,

    /// <summary>Somebody's membership of a group.</summary>
    GroupMember,
}

/// <summary>A delivery that waits to be looked into. Kept for a day afterwards, so that the same one is not taken twice.</summary>
public sealed class HookDelivery
{
    public static readonly TimeSpan KeepFor = TimeSpan.FromDays(1);

    public long Id { get; init; }

    public required Guid HookId { get; init; }

    public required Guid ServerId { get; init; }

    /// <summary>GitLab's own, or a hash of what was sent.</summary>
    public required string DeliveryId { get; init; }

    public required HookNews News { get; init; }

    public long? ProjectId { get; init; }

    public long? UserId { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Not looked into before: GitLab did not answer, or a walk must end first.</summary>
    public required DateTimeOffset NotBefore { get; set; }

    /// <summary>How often GitLab could not be asked.</summary>
    public int Attempts { get; set; }

    /// <summary>Looked into while a walk went on, whose older pages may have been stored later: looked into once more behind it.</summary>
    public bool IsRepeated { get; set; }

    /// <summary>Who looks into it at present; see <see cref="LeaseHolder"/>.</summary>
    public string? Holder { get; set; }

    public DateTimeOffset? HeldUntil { get; set; }

    public DateTimeOffset? DoneAt { get; set; }
}

internal sealed class SystemHookConfiguration : IEntityTypeConfiguration<SystemHook>, IEntityTypeConfiguration<HookDelivery>
{
    public void Configure(EntityTypeBuilder<SystemHook> builder)
    {
        builder.ToTable("SystemHooks");
        builder.Property(h => h.Url).HasMaxLength(700);
        builder.Property(h => h.AlertStatus).HasMaxLength(80);
        builder.Property(h => h.TroubleCode).HasMaxLength(80);
        builder.Property(h => h.TroubleText).HasMaxLength(1000);
        // Two admins at once: one hook.
        builder.HasIndex(h => h.ConnectionId).IsUnique();
        builder.HasOne(h => h.Connection).WithMany().HasForeignKey(h => h.ConnectionId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<HookDelivery> builder)
    {
        builder.ToTable("HookDeliveries");
        builder.Property(d => d.DeliveryId).HasMaxLength(100);
        builder.Property(d => d.Holder).HasMaxLength(200);
        builder.HasIndex(d => new { d.HookId, d.DeliveryId }).IsUnique();
        builder.HasIndex(d => new { d.ServerId, d.NotBefore }, "IX_HookDeliveries_Waiting").HasFilter("\"DoneAt\" IS NULL");
        builder.HasIndex(d => d.DoneAt);
        builder.HasOne<SystemHook>().WithMany().HasForeignKey(d => d.HookId).OnDelete(DeleteBehavior.Cascade);
    }
}
