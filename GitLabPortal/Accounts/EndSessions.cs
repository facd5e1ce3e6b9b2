using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>Signs a person out everywhere, or everywhere else.</summary>
public sealed class EndSessions(IDbContextFactory<PortalDb> contexts, TimeProvider clock, SessionFeed sessions)
{
    /// <param name="accountId">Whose sessions.</param>
    /// <param name="kept">The one that goes on; null ends all of them.</param>
    /// <param name="cancellationToken">Nothing ends when it is cancelled.</param>
    public async Task<Result> RunAsync(Guid accountId, Guid? kept, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var account = await db.Set<Account>().SingleAsync(a => a.Id == accountId, cancellationToken);
        var ending = await db.Set<AccountSession>().Where(s => s.AccountId == accountId && s.Id != kept).ToListAsync(cancellationToken);
        db.RemoveRange(ending);
        // Also ends what is between two steps of signing in.
        if (kept is null) account.SecurityStamp = Guid.NewGuid().ToString("N");
        db.Record(clock.GetUtcNow(), null, account.Id, account.Name, kept is null ? "account.sessions-ended" : "account.other-sessions-ended", account.Email!);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (kept is null) sessions.Publish(new SessionsEnded(account.Id, null));
        else foreach (var session in ending) sessions.Publish(new SessionsEnded(account.Id, session.Id));
        return Result.Success;
    }
}
