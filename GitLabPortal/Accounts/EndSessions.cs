using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>Signs a person out everywhere; the browser that asked goes on only if its session is begun anew.</summary>
public sealed class EndSessions(IDbContextFactory<PortalDb> contexts, TimeProvider clock, SessionFeed sessions)
{
    /// <returns>The account with its new security stamp.</returns>
    public async Task<Result<Account>> RunAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == accountId, cancellationToken);
        account.SecurityStamp = Guid.NewGuid().ToString("N");
        db.Record(clock.GetUtcNow(), null, account.Id, account.Name, "account.sessions-ended", account.Email!);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        sessions.Publish(new SessionsEnded(account.Id, null));
        return account;
    }
}
