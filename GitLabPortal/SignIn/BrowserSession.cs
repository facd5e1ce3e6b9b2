using System.Security.Claims;
using GitLabPortal.Accounts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;

namespace GitLabPortal.SignIn;

/// <summary>Begins and ends the session of the browser that sent the request.</summary>
public sealed class BrowserSession(SignInManager<Account> signIn, StartSession startSession, EndSession endSession)
{
    /// <param name="context">The request.</param>
    /// <param name="account">Who it is.</param>
    /// <param name="keep">Keeps the session when the browser is closed.</param>
    public async Task BeginAsync(HttpContext context, Account account, bool keep)
    {
        await EndAsync(context.User);
        var id = await startSession.RunAsync(account.Id, context.Request.Headers.UserAgent, context.RequestAborted);
        await signIn.SignInWithClaimsAsync(account, new AuthenticationProperties { IsPersistent = keep }, [new Claim(PersonClaims.SessionIdType, id.ToString())]);
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
        await EndAsync(context.User);
    }

    /// <summary>Pages that are open in the same browser end too.</summary>
    private async Task EndAsync(ClaimsPrincipal person)
    {
        // Not the request's token: a session that was left must end even when the browser does not wait for the answer.
        if (person.GetAccountId() is { } id && person.GetSessionId() is { } session) await endSession.RunAsync(id, session, CancellationToken.None);
    }
}
