using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Accounts;

/// <param name="HasPassword">False for somebody who can only sign in with GitLab.</param>
public sealed record AccountSummary(Guid Id, string Name, string Email, bool IsPortalAdministrator, bool HasPassword = true);

public sealed class AccountQueries(IDbContextFactory<PortalDb> contexts)
{
    public async Task<AccountSummary?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Account>()
            .Where(a => a.Id == id)
            .Select(a => new AccountSummary(a.Id, a.Name, a.Email!, a.IsPortalAdministrator, a.PasswordHash != null))
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>False on a portal that nobody has set up yet.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Account>().AnyAsync(cancellationToken);
    }
}
