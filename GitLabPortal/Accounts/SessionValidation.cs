using System.Security.Claims;
using GitLabPortal.Data;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Accounts;

/// <summary>
/// Decides whether a session still stands: it must be on record and its security stamp the account's. Done for each request, so that a changed
/// password counts at once. Identity's own validator would send a new cookie with each answer, and an answer that was under way
/// during a sign-out would then sign the person in again.
/// </summary>
public sealed class SessionValidation(IDbContextFactory<PortalDb> contexts, IOptions<IdentityOptions> options, TimeProvider clock)
{
    /// <summary>How exactly a session's last visit is known: each request would be a write otherwise.</summary>
    internal static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(10);

    /// <summary>The person as of now, or null when the session is over.</summary>
    public async Task<ClaimsPrincipal?> RefreshAsync(ClaimsPrincipal person, CancellationToken cancellationToken)
    {
        var types = options.Value.ClaimsIdentity;
        if (person.GetAccountId() is not { } id || person.GetSessionId() is not { } session) return null;
        if (person.FindFirstValue(types.SecurityStampClaimType) is not { } stamp) return null;

        var now = clock.GetUtcNow();
        var lapsed = now - AccountsFeature.SessionLength;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var account = await db.Set<Account>()
            .Where(a => a.Id == id && a.SecurityStamp == stamp)
            .Join(
                db.Set<AccountSession>().Where(s => s.Id == session && s.SeenAt >= lapsed), a => a.Id, s => s.AccountId,
                (a, s) => new { a.Name, a.Email, a.IsPortalAdministrator, s.SeenAt })
            .SingleOrDefaultAsync(cancellationToken);
        if (account is null) return null;
        if (now - account.SeenAt >= SeenEvery)
        {
            await db.Set<AccountSession>().Where(s => s.Id == session).ExecuteUpdateAsync(s => s.SetProperty(x => x.SeenAt, now), cancellationToken);
        }

        var identity = new ClaimsIdentity(IdentityConstants.ApplicationScheme, types.UserNameClaimType, types.RoleClaimType);
        identity.AddClaim(new Claim(types.UserIdClaimType, id.ToString()));
        identity.AddClaim(new Claim(types.UserNameClaimType, account.Email ?? ""));
        identity.AddClaim(new Claim(ClaimTypes.GivenName, account.Name));
        if (account.IsPortalAdministrator) identity.AddClaim(new Claim(AccountClaims.PortalAdministrator, "true"));
        identity.AddClaim(new Claim(types.SecurityStampClaimType, stamp));
        identity.AddClaim(new Claim(PersonClaims.SessionIdType, session.ToString()));
        return new ClaimsPrincipal(identity);
    }

    internal static async Task ValidateCookieAsync(CookieValidatePrincipalContext context)
    {
        var validation = context.HttpContext.RequestServices.GetRequiredService<SessionValidation>();
        var person = context.Principal is null ? null : await validation.RefreshAsync(context.Principal, context.HttpContext.RequestAborted);
        if (person is not null)
        {
            context.ReplacePrincipal(person);
            return;
        }

        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
    }
}
