namespace GitLabPortal.Accounts;

/// <summary>Claims of a signed-in person beside the standard ones (id: NameIdentifier, name: GivenName, e-mail: Name).</summary>
public static class AccountClaims
{
    /// <summary>Its value is <c>true</c> for portal administrators.</summary>
    public const string PortalAdministrator = "portal-administrator";
}
