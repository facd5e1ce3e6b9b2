using System.Data;
using System.Linq.Expressions;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>
/// The one place that compares passwords. Wrong ones are counted; after <see cref="MaxFailures"/> the account is locked for
/// <see cref="LockDuration"/>. An address without an account behaves alike, in words, in time and in being locked, so that nobody
/// can find out by trying who has one.
/// </summary>
public sealed class PasswordCheck(
    IDbContextFactory<PortalDb> contexts, TimeProvider clock, IPasswordHasher<Account> hasher, UnknownAddresses unknownAddresses)
{
    internal const int MaxFailures = 5;
    internal static readonly TimeSpan LockDuration = TimeSpan.FromMinutes(15);

    private static readonly Account Stranger = new() { Name = "", CreatedAt = default };
    private static string? strangersHash;

    internal static readonly Problem WrongPair = new Problem.Invalid("sign-in-refused", "The e-mail address or the password is not right.");

    public async Task<Result<Account>> ByEmailAsync(string? email, string? password, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(email) || email.Length > AccountRules.MaxEmailLength) return WrongPair;

        var normalized = AccountRules.NormalizeEmail(email);
        var result = await CheckAsync(a => a.NormalizedEmail == normalized, password, WrongPair, cancellationToken);
        if (result is not null) return result.Value;

        return unknownAddresses.CountFailure(normalized) is { } until ? Locked(until) : WrongPair;
    }

    /// <summary>For somebody who is signed in and must show that it is really them.</summary>
    public async Task<Result<Account>> ByIdAsync(Guid accountId, string? password, CancellationToken cancellationToken)
    {
        var wrong = new Problem.Invalid("password-wrong", "This is not your current password.", "CurrentPassword");
        return await CheckAsync(a => a.Id == accountId, password, wrong, cancellationToken) ?? wrong;
    }

    /// <summary>Null when there is no such account.</summary>
    private async Task<Result<Account>?> CheckAsync(
        Expression<Func<Account, bool>> who, string? password, Problem wrong, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var account = await db.Set<Account>().AsNoTracking().SingleOrDefaultAsync(who, cancellationToken);
        // For a locked account too: an answer that comes sooner than a stranger's would tell that there is one.
        var isRight = Verify(account, password);
        if (account is null) return null;
        if (account is { LockoutEnd: { } until } && until > clock.GetUtcNow()) return Locked(until);

        var comparedHash = account.PasswordHash;
        // Counted under the write lock: many tries at once get no more than many in a row.
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        account = await db.Set<Account>().SingleAsync(a => a.Id == account.Id, cancellationToken);
        var now = clock.GetUtcNow();
        if (account.LockoutEnd is { } locked && locked > now) return Locked(locked);
        // The password was changed while this one was compared with the old one.
        if (!string.Equals(account.PasswordHash, comparedHash, StringComparison.Ordinal)) return new Result<Account>?(wrong);

        if (!isRight) CountFailure(db, account, now);
        else (account.AccessFailedCount, account.LockoutEnd) = (0, null);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        if (isRight) return account;
        return account.LockoutEnd is { } end && end > now ? Locked(end) : new Result<Account>?(wrong);
    }

    private static void CountFailure(PortalDb db, Account account, DateTimeOffset now)
    {
        account.AccessFailedCount++;
        if (account.AccessFailedCount < MaxFailures) return;

        (account.AccessFailedCount, account.LockoutEnd) = (0, now + LockDuration);
        db.Record(now, null, account.Id, account.Name, "account.locked", $"{account.Email} after {MaxFailures} wrong passwords");
    }

    private bool Verify(Account? account, string? password)
    {
        var given = password is { Length: > 0 and <= AccountRules.MaxPasswordLength } ? password : "";
        strangersHash ??= hasher.HashPassword(Stranger, OneUseOnly());
        var result = hasher.VerifyHashedPassword(account ?? Stranger, account?.PasswordHash ?? strangersHash, given);
        return account?.PasswordHash is not null && given.Length > 0 && result is not PasswordVerificationResult.Failed;
    }

    private static string OneUseOnly() => Security.OneTimeCode.New();

    private Problem Locked(DateTimeOffset until)
    {
        var minutes = Math.Max(1, (int)Math.Ceiling((until - clock.GetUtcNow()).TotalMinutes));
        return new Problem.Forbidden(
            "account-locked", $"Too many wrong passwords. Try again in {minutes} {(minutes == 1 ? "minute" : "minutes")}.");
    }
}
