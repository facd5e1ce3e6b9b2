using GitLabPortal.Connections;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.SignIn;

/// <summary><see cref="Begun"/> also when a step failed or the portal was ended: it can be continued or undone.</summary>
public enum SetUpState { Begun, Done, Undone }

/// <summary>
/// What a GitLab admin let the portal create on a server, as the portal's journal of it. Each step is written down before it is done and
/// again with what GitLab answered, so that after a crash nothing is made twice and nothing is left behind.
/// </summary>
public sealed class ServerSetUp
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required Guid ServerId { get; init; }

    /// <summary>What was to be created, as JSON; see <see cref="SetUpPlan"/>.</summary>
    public required string Plan { get; set; }

    public SetUpState State { get; set; }

    public Guid? StartedById { get; init; }

    public required string StartedBy { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>The server is in the portal only because of this set-up.</summary>
    public bool AddedServer { get; init; }

    /// <summary>The bot's token, encrypted, between its creation and the connection that takes it over.</summary>
    public string? ProtectedBotToken { get; set; }

    public Guid? BotTokenKeyId { get; set; }

    /// <summary>Who works on it at this moment, in whichever process; worthless after <see cref="WorkingUntil"/>.</summary>
    public Guid? WorkingBy { get; set; }

    public DateTimeOffset? WorkingUntil { get; set; }

    public Server? Server { get; init; }

    public List<SetUpReceipt> Receipts { get; init; } = [];

    public static string Row(Guid id) => $"server-set-up:{id:N}";
}

public enum ReceiptState { Begun, Done, Undone }

/// <summary>One step: written before GitLab is asked, and again with its answer.</summary>
public sealed class SetUpReceipt
{
    public required Guid SetUpId { get; init; }

    /// <summary>E.g. <c>bot</c> or <c>member:42</c>.</summary>
    public required string Step { get; init; }

    public ReceiptState State { get; set; }

    /// <summary>GitLab's id of what was made.</summary>
    public long? GitLabId { get; set; }

    /// <summary>The portal's id of what was made.</summary>
    public Guid? PortalId { get; set; }

    /// <summary>For <see cref="Before"/>: the thing itself was there before, and undoing leaves it.</summary>
    public const string Kept = "kept";

    /// <summary>What was there before with the same mark, so that it is never taken for ours: GitLab's ids, separated by spaces.</summary>
    public string Before { get; set; } = "";

    public required DateTimeOffset At { get; set; }
}

/// <summary>A link by which a GitLab admin without an account here may set up one server. Only the hash of its code is kept.</summary>
public sealed class SetUpLink
{
    public Guid Id { get; init; } = Guid.CreateVersion7();

    public required string CodeHash { get; init; }

    public required Guid CreatedById { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When a set-up by it was done.</summary>
    public DateTimeOffset? UsedAt { get; set; }

    public Accounts.Account? CreatedBy { get; init; }
}

internal sealed class ServerSetUpConfiguration :
    IEntityTypeConfiguration<ServerSetUp>, IEntityTypeConfiguration<SetUpReceipt>, IEntityTypeConfiguration<SetUpLink>
{
    public void Configure(EntityTypeBuilder<ServerSetUp> builder)
    {
        builder.ToTable("ServerSetUps");
        builder.Property(s => s.StartedBy).HasMaxLength(200);
        builder.HasIndex(s => s.ServerId);
        builder.HasOne(s => s.Server).WithMany().HasForeignKey(s => s.ServerId).OnDelete(DeleteBehavior.Cascade);
        builder.HasMany(s => s.Receipts).WithOne().HasForeignKey(r => r.SetUpId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<SetUpReceipt> builder)
    {
        builder.ToTable("SetUpReceipts");
        builder.HasKey(r => new { r.SetUpId, r.Step });
        builder.Property(r => r.Step).HasMaxLength(100);
        builder.Property(r => r.Before).HasMaxLength(2000);
    }

    public void Configure(EntityTypeBuilder<SetUpLink> builder)
    {
        builder.ToTable("SetUpLinks");
        builder.Property(l => l.CodeHash).HasMaxLength(64);
        builder.HasIndex(l => l.CodeHash).IsUnique();
        builder.HasOne(l => l.CreatedBy).WithMany().HasForeignKey(l => l.CreatedById).OnDelete(DeleteBehavior.Cascade);
    }
}
