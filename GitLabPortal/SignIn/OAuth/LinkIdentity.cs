using System.Data;
using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>Links a GitLab account to a portal account whose owner has just proved to be both.</summary>
public sealed class LinkIdentity(IDbContextFactory<PortalDb> contexts, TokenPairs pairs, PersonalProjects projects, IdentityFeed identities, TimeProvider clock)
{
    public static readonly Problem LinkedElsewhere = new Problem.Conflict(
        "identity-linked-elsewhere", "This GitLab account is linked to another account of this portal. Sign in with it to get there, or unlink it there first.");

    private static readonly Problem SignsInAlready = new Problem.Conflict(
        "identity-signs-in", "You sign in with this GitLab account, so you have the integration already. Nothing was changed.");

    public async Task<Result<Account>> RunAsync(Guid accountId, VouchedPerson person, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var account = await db.Set<Account>().SingleOrDefaultAsync(a => a.Id == accountId, cancellationToken);
        if (account is null) return new Problem.NotFound("account-not-found", "Your account is gone. Ask a portal administrator.");
        var identity = await db.Set<GitLabIdentity>()
            .SingleOrDefaultAsync(i => i.ServerId == person.Server.Id && i.GitLabUserId == person.User.Id, cancellationToken);
        if (identity is not null && identity.AccountId != accountId) return LinkedElsewhere;

        if (identity is { SignsIn: true } && person.ApplicationId is null) return SignsInAlready;
        if (identity is null)
        {
            identity = EnterPortal.New(accountId, person, signsIn: person.ApplicationId is not null, clock.GetUtcNow());
            db.Add(identity);
            db.Record(clock.GetUtcNow(), null, account.Id, account.Name, "identity.linked", $"@{person.User.Username} of {person.Server.BaseUrl} to {account.Email}");
        }

        // An integration that is linked for signing in as well.
        if (person.ApplicationId is not null) identity.SignsIn = true;
        Renew(identity, person, pairs, clock);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        identities.Publish(new IdentityChanged(accountId));
        await projects.AnnounceAsync(accountId, cancellationToken);
        return account;
    }

    internal static void Renew(GitLabIdentity identity, VouchedPerson person, TokenPairs pairs, TimeProvider clock)
    {
        identity.Username = person.User.Username;
        identity.IsExternal = person.User.IsExternal;
        identity.State = IdentityState.Active;
        identity.CheckedAt = clock.GetUtcNow();
        if (person.Pair is not { } pair) return;
        identity.ApplicationId = person.ApplicationId;
        pairs.Put(identity, pair);
    }
}
