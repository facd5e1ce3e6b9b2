using System.Security.Claims;

namespace GitLabPortal.Accounts;

/// <summary>Reads a signed-in person's claims (see <see cref="AccountClaims"/>). Apart from the session it is read from the database for each request.</summary>
public static class PersonClaims
{
    internal const string SessionIdType = "gitlabportal:session";

    /// <summary>Null for somebody who is not signed in.</summary>
    public static Guid? GetAccountId(this ClaimsPrincipal person) =>
        Guid.TryParse(person.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? id : null;

    /// <summary>The name to show; empty for somebody who is not signed in.</summary>
    public static string GetDisplayName(this ClaimsPrincipal person) => person.FindFirstValue(ClaimTypes.GivenName) ?? "";

    /// <summary>Null for somebody who is not signed in.</summary>
    public static Guid? GetSessionId(this ClaimsPrincipal person) => Guid.TryParse(person.FindFirstValue(SessionIdType), out var id) ? id : null;
}
