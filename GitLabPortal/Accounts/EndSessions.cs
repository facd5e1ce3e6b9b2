using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>Signs a person out everywhere, in this browser too.</summary>
public sealed class EndSessions(IDbContextFactory<PortalDb> contexts, TimeProvider clock, SessionFeed sessions)
{
    public async Task<Result> RunAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == accountId, cancellationToken);
        account.SecurityStamp = Guid.NewGuid().ToString("N");
        db.Record(clock.GetUtcNow(), null, account.Id, account.Name, "account.sessions-ended", account.Email!);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        sessions.Publish(new SessionsEnded(account.Id, null));
        return Result.Success;
    }
}
