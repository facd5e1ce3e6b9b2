using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>
/// Asks GitLab whether somebody is still welcome there. Whom GitLab blocks, deletes or cuts off is signed out of the portal; whom GitLab
/// cannot be asked about, because it is down or its application is gone, stays.
/// </summary>
public sealed class CheckIdentity(IDbContextFactory<PortalDb> contexts, IdentityTokens tokens, GitLabClients clients, SessionFeed sessions, IdentityFeed identities, TimeProvider time)
{
    /// <summary>The state after the check.</summary>
    public async Task<Result<IdentityState>> RunAsync(Guid identityId, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(identityId, cancellationToken);
        for (var isRetry = false; ; isRetry = true)
        {
            if (!token.IsSuccess)
            {
                return token.Problem == IdentityTokens.SignInAgain ? await EndAsync(identityId, IdentityState.SignInAgain, cancellationToken)
                    : token.Problem == IdentityTokens.Blocked ? IdentityState.Blocked
                    : token.Problem;
            }

            try
            {
                var user = await clients.ForPerson(token.Value.BaseUrl, token.Value.AccessToken, token.Value.Path).Users.GetCurrentAsync(cancellationToken);
                return await KeepAsync(identityId, user, cancellationToken);
            }
            catch (GitLabUnauthorizedException) when (!isRetry)
            {
                token = await tokens.ReplaceAsync(identityId, token.Value.Version, cancellationToken);
            }
            catch (GitLabUnauthorizedException)
            {
                return await EndAsync(identityId, IdentityState.SignInAgain, cancellationToken);
            }
            catch (GitLabForbiddenException e) when (IsAboutThePerson(e.Reason))
            {
                return await EndAsync(identityId, IdentityState.Blocked, cancellationToken);
            }
            catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
            {
                return problem;
            }
        }
    }

    /// <summary>New terms or an old password keep somebody from the API, but say nothing against the person.</summary>
    public static bool IsAboutThePerson(ForbiddenReason reason) => reason is ForbiddenReason.Blocked or ForbiddenReason.PendingApproval or ForbiddenReason.Deactivated;

    private async Task<Result<IdentityState>> KeepAsync(Guid identityId, GitLabUser user, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var kept = await db.Set<GitLabIdentity>()
            .Where(i => i.Id == identityId && i.GitLabUserId == user.Id)
            .ExecuteUpdateAsync(
                set => set.SetProperty(i => i.CheckedAt, now).SetProperty(i => i.IsExternal, user.IsExternal).SetProperty(i => i.Username, user.Username), cancellationToken);
        // A token that suddenly speaks for another user is no proof of anything.
        return kept == 1 ? IdentityState.Active : await EndAsync(identityId, IdentityState.SignInAgain, cancellationToken);
    }

    private async Task<Result<IdentityState>> EndAsync(Guid identityId, IdentityState state, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var identity = await db.Set<GitLabIdentity>().Include(i => i.Account).Include(i => i.Server).SingleOrDefaultAsync(i => i.Id == identityId, cancellationToken);
        if (identity is null) return state;

        (identity.State, identity.CheckedAt) = (state, time.GetUtcNow());
        if (identity.SignsIn) identity.Account!.SecurityStamp = Guid.NewGuid().ToString("N");
        db.Record(time.GetUtcNow(), null, null, "GitLabPortal", state is IdentityState.Blocked ? "identity.blocked" : "identity.ended",
            $"@{identity.Username} of {identity.Server!.BaseUrl}: GitLab {(state is IdentityState.Blocked ? "refuses the account" : "took the access back")}; {identity.Account!.Email} was signed out");
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            // Signed in again, or changed a password, at this very moment: the next round looks again.
            return IdentityState.Active;
        }

        identities.Publish(new IdentityChanged(identity.AccountId));
        if (!identity.SignsIn) return state;
        await db.Set<AccountSession>().Where(s => s.AccountId == identity.AccountId).ExecuteDeleteAsync(cancellationToken);
        sessions.Publish(new SessionsEnded(identity.AccountId, null));
        return state;
    }
}
