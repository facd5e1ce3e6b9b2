using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <param name="HasPassword">False for somebody who can only sign in with GitLab.</param>
public sealed record AccountSummary(Guid Id, string Name, string Email, bool IsPortalAdministrator, bool HasPassword = true);

/// <param name="Id">To end it by.</param>
/// <param name="Browser">In words.</param>
/// <param name="StartedAt">When the person signed in.</param>
/// <param name="SeenAt">The last visit, to some ten minutes.</param>
public sealed record SessionSummary(Guid Id, string Browser, DateTimeOffset StartedAt, DateTimeOffset SeenAt);

public sealed class AccountQueries(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    public async Task<AccountSummary?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Account>()
            .Where(a => a.Id == id)
            .Select(a => new AccountSummary(a.Id, a.Name, a.Email!, a.IsPortalAdministrator, a.PasswordHash != null))
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Where the person is signed in, the last visit first.</summary>
    public async Task<List<SessionSummary>> SessionsOfAsync(Guid accountId, CancellationToken cancellationToken)
    {
        var lapsed = clock.GetUtcNow() - AccountsFeature.SessionLength;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<AccountSession>()
            .Where(s => s.AccountId == accountId && s.SeenAt >= lapsed)
            .OrderByDescending(s => s.SeenAt).ThenByDescending(s => s.StartedAt).ThenBy(s => s.Id)
            .Select(s => new SessionSummary(s.Id, s.Browser, s.StartedAt, s.SeenAt))
            .ToListAsync(cancellationToken);
    }

    /// <summary>False on a portal that nobody has set up yet.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Account>().AnyAsync(cancellationToken);
    }
}
