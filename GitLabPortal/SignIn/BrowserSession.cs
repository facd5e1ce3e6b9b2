using System.Security.Claims;
using GitLabPortal.Accounts;
using GitLabPortal.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace GitLabPortal.SignIn;

/// <summary>Begins and ends the session of the browser that sent the request.</summary>
public sealed class BrowserSession(SignInManager<Account> signIn, SessionFeed sessions)
{
    /// <param name="context">The request.</param>
    /// <param name="account">Who it is.</param>
    /// <param name="keep">Keeps the session when the browser is closed.</param>
    public async Task BeginAsync(HttpContext context, Account account, bool keep)
    {
        End(context.User);
        await signIn.SignInWithClaimsAsync(
            account, new AuthenticationProperties { IsPersistent = keep }, [new Claim(PersonClaims.SessionIdType, OneTimeCode.New())]);
    }

    /// <summary>Goes on with a session that a new password has just ended.</summary>
    public async Task RenewAsync(HttpContext context, Account account)
    {
        var current = await context.AuthenticateAsync(IdentityConstants.ApplicationScheme);
        await BeginAsync(context, account, current.Properties?.IsPersistent ?? false);
    }

    public async Task EndAsync(HttpContext context)
    {
        await context.SignOutAsync(IdentityConstants.ApplicationScheme);
        End(context.User);
    }

    /// <summary>Pages that are open in the same browser end too.</summary>
    private void End(ClaimsPrincipal person)
    {
        if (person.GetAccountId() is { } id && person.GetSessionId() is { } session) sessions.Publish(new SessionsEnded(id, session));
    }
}
