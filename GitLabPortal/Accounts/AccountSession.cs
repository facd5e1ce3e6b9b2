using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GitLabPortal.Accounts;

/// <summary>
/// A browser in which somebody is signed in. The cookie names it, and is worth nothing without it: taking the cookie from the browser
/// alone would leave every copy of it, from a backup or a stolen disk, as good as before.
/// </summary>
public sealed class AccountSession
{
    public const int MaxBrowserLength = 60;

    public required Guid Id { get; init; }

    public required Guid AccountId { get; init; }

    /// <summary>In words, such as <c>Firefox on Linux</c>: never the browser's whole text, which tells apart more than it needs to.</summary>
    public required string Browser { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Exact to <see cref="SessionValidation.SeenEvery"/>.</summary>
    public required DateTimeOffset SeenAt { get; set; }
}

internal sealed class AccountSessionConfiguration : IEntityTypeConfiguration<AccountSession>
{
    public void Configure(EntityTypeBuilder<AccountSession> builder)
    {
        builder.ToTable("AccountSessions");
        builder.Property(s => s.Id).ValueGeneratedNever();
        builder.Property(s => s.Browser).HasMaxLength(AccountSession.MaxBrowserLength);
        builder.HasOne<Account>().WithMany().HasForeignKey(s => s.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}
