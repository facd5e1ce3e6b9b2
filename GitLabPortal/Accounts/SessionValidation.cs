using System.Security.Claims;
using GitLabPortal.Data;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Accounts;

/// <summary>
/// Decides whether a session still stands: its security stamp must be the account's, and nobody has signed out of it. Done for each request, so that a changed
/// password counts at once. Identity's own validator would send a new cookie with each answer, and an answer that was under way
/// during a sign-out would then sign the person in again.
/// </summary>
public sealed class SessionValidation(IDbContextFactory<PortalDb> contexts, IOptions<IdentityOptions> options)
{
    /// <summary>The person as of now, or null when the session is over.</summary>
    public async Task<ClaimsPrincipal?> RefreshAsync(ClaimsPrincipal person, CancellationToken cancellationToken)
    {
        var types = options.Value.ClaimsIdentity;
        if (person.GetAccountId() is not { } id || person.FindFirstValue(types.SecurityStampClaimType) is not { } stamp) return null;

        var session = person.GetSessionId();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var account = await db.Set<Account>()
            .Where(a => a.Id == id && a.SecurityStamp == stamp)
            .Where(a => !db.Set<IdentityUserToken<Guid>>().Any(t => t.UserId == a.Id && t.LoginProvider == EndSession.Provider && t.Name == session))
            .Select(a => new { a.Name, a.Email, a.IsPortalAdministrator })
            .SingleOrDefaultAsync(cancellationToken);
        if (account is null) return null;

        var identity = new ClaimsIdentity(IdentityConstants.ApplicationScheme, types.UserNameClaimType, types.RoleClaimType);
        identity.AddClaim(new Claim(types.UserIdClaimType, id.ToString()));
        identity.AddClaim(new Claim(types.UserNameClaimType, account.Email ?? ""));
        identity.AddClaim(new Claim(ClaimTypes.GivenName, account.Name));
        if (account.IsPortalAdministrator) identity.AddClaim(new Claim(AccountClaims.PortalAdministrator, "true"));
        identity.AddClaim(new Claim(types.SecurityStampClaimType, stamp));
        if (session is not null) identity.AddClaim(new Claim(PersonClaims.SessionIdType, session));
        if (person.FindFirst(PersonClaims.SignedInAtType) is { } signedIn) identity.AddClaim(new Claim(signedIn.Type, signedIn.Value));
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
