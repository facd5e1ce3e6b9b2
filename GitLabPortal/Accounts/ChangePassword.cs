using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>Gives an account another password and ends all its sessions.</summary>
public sealed class ChangePassword(
    IDbContextFactory<PortalDb> contexts, TimeProvider clock, PasswordCheck check, IPasswordHasher<Account> hasher, SessionFeed sessions)
{
    /// <summary>The account with its new security stamp, for signing this one browser in again.</summary>
    public async Task<Result<Account>> RunAsync(Guid accountId, string? current, string? next, CancellationToken cancellationToken)
    {
        if (next is not { Length: >= AccountRules.MinPasswordLength and <= AccountRules.MaxPasswordLength })
        {
            return new Problem.Invalid(
                "password-unsuitable",
                $"Use {AccountRules.MinPasswordLength} to {AccountRules.MaxPasswordLength} characters.",
                "NewPassword");
        }

        var checkedAccount = await check.ByIdAsync(accountId, current, cancellationToken);
        if (!checkedAccount.IsSuccess) return checkedAccount;
        if (string.Equals(current, next, StringComparison.Ordinal))
        {
            return new Problem.Invalid("password-same", "This is your current password. Choose another one.", "NewPassword");
        }

        var hash = hasher.HashPassword(checkedAccount.Value, next);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == accountId, cancellationToken);
        if (!string.Equals(account.PasswordHash, checkedAccount.Value.PasswordHash, StringComparison.Ordinal)) return ChangedMeanwhile;

        (account.PasswordHash, account.SecurityStamp) = (hash, Guid.NewGuid().ToString("N"));
        await db.Set<AccountSession>().Where(s => s.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);
        db.Record(clock.GetUtcNow(), null, account.Id, account.Name, "account.password-changed", account.Email!);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        sessions.Publish(new SessionsEnded(account.Id, null));
        return account;
    }

    private static readonly Problem ChangedMeanwhile = new Problem.Conflict(
        "password-changed-meanwhile", "Your password was just changed in another window. Sign in again.");
}
