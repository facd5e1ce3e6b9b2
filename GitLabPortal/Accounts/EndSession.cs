using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>Ends one session for good, and what is open in its browser.</summary>
public sealed class EndSession(IDbContextFactory<PortalDb> contexts, SessionFeed sessions)
{
    /// <param name="accountId">Whose it must be: another person's is left alone.</param>
    /// <param name="sessionId">Which; one that is over already is no mistake.</param>
    /// <param name="cancellationToken">The session stands when it is cancelled.</param>
    public async Task RunAsync(Guid accountId, Guid sessionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<AccountSession>().Where(s => s.AccountId == accountId && s.Id == sessionId).ExecuteDeleteAsync(cancellationToken);
        sessions.Publish(new SessionsEnded(accountId, sessionId));
    }
}
