using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

public sealed class RenameAccount(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    public async Task<Result> RunAsync(Guid accountId, string? name, CancellationToken cancellationToken)
    {
        if (DisplayName.Read(name, AccountRules.MaxNameLength) is not { } tidy)
        {
            return new Problem.Invalid("name-unsuitable", $"Enter a name of at most {AccountRules.MaxNameLength} characters.", "Name");
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == accountId, cancellationToken);
        if (string.Equals(account.Name, tidy, StringComparison.Ordinal)) return Result.Success;

        db.Record(clock.GetUtcNow(), null, account.Id, account.Name, "account.renamed", $"{account.Name} → {tidy}");
        account.Name = tidy;
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success;
    }
}
