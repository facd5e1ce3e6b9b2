using System.Data;
using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Profile;

/// <summary>Takes a GitLab account off a portal account and tells GitLab to revoke the portal's access to it.</summary>
public sealed class UnlinkIdentity(IDbContextFactory<PortalDb> contexts, RevokePair revoke, PersonalProjects projects, IdentityFeed identities, TimeProvider clock)
{
    private static readonly Problem LastWay = new Problem.Conflict(
        "identity-last-way", "This GitLab account is your only way to sign in here: your account has no password. Link another one first, or ask a portal administrator.");

    /// <returns>Whether GitLab was told. Unlinked it is in any case.</returns>
    public async Task<Result<bool>> RunAsync(Guid accountId, Guid identityId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var identity = await db.Set<GitLabIdentity>().Include(i => i.Server).Include(i => i.Account)
            .SingleOrDefaultAsync(i => i.Id == identityId && i.AccountId == accountId, cancellationToken);
        if (identity is null) return new Problem.NotFound("identity-gone", "This GitLab account is no longer linked.");
        var account = identity.Account!;
        if (identity.SignsIn && account.PasswordHash is null && !await db.Set<GitLabIdentity>().AnyAsync(i => i.AccountId == accountId && i.Id != identityId && i.SignsIn, cancellationToken))
            return LastWay;

        db.Remove(identity);
        db.Record(clock.GetUtcNow(), null, account.Id, account.Name, "identity.unlinked", $"@{identity.Username} of {identity.Server!.BaseUrl} from {account.Email}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        identities.Publish(new IdentityChanged(accountId));
        await projects.AnnounceAsync(accountId, CancellationToken.None);
        return await revoke.RunAsync(identity);
    }
}
