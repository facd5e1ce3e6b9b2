using System.Data;
using System.Globalization;
using GitLabPortal.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>
/// Ends one session for good. Taking the cookie from the browser is not enough: a copy of it, from a backup or a stolen disk, would
/// go on working. What has ended is kept until no cookie of it can be valid any more.
/// </summary>
public sealed class EndSession(IDbContextFactory<PortalDb> contexts, TimeProvider clock, SessionFeed sessions)
{
    internal const string Provider = "ended-session";

    public async Task RunAsync(Guid accountId, string sessionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var ended = db.Set<IdentityUserToken<Guid>>().Where(t => t.UserId == accountId && t.LoginProvider == Provider);
        var now = clock.GetUtcNow();
        var today = Text(now);
        await ended.Where(t => string.Compare(t.Value, today) < 0).ExecuteDeleteAsync(cancellationToken);
        if (!await ended.AnyAsync(t => t.Name == sessionId, cancellationToken))
        {
            db.Add(new IdentityUserToken<Guid> { UserId = accountId, LoginProvider = Provider, Name = sessionId, Value = Text(now + AccountsFeature.SessionLength) });
            await db.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        sessions.Publish(new SessionsEnded(accountId, sessionId));
    }

    /// <summary>Sorts by time.</summary>
    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
