using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <summary>Begins a session, and forgets those of the account whose cookies have run out.</summary>
public sealed class StartSession(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    /// <param name="accountId">Who has just shown who they are.</param>
    /// <param name="userAgent">What the browser says of itself.</param>
    /// <param name="cancellationToken">Nothing is kept when it is cancelled.</param>
    /// <returns>What the cookie names.</returns>
    public async Task<Guid> RunAsync(Guid accountId, string? userAgent, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var lapsed = now - AccountsFeature.SessionLength;
        await db.Set<AccountSession>().Where(s => s.AccountId == accountId && s.SeenAt < lapsed).ExecuteDeleteAsync(cancellationToken);
        var session = new AccountSession { Id = Guid.NewGuid(), AccountId = accountId, Browser = BrowserName.Of(userAgent), StartedAt = now, SeenAt = now };
        db.Add(session);
        await db.SaveChangesAsync(cancellationToken);
        return session.Id;
    }
}
