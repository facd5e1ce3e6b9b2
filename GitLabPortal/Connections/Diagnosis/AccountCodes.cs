using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>Whose token it is, and what GitLab says of that account.</summary>
internal static class AccountCodes
{
    public static readonly DiagnosisCode Blocked = new("account-blocked", Failed, "Account blocked", "Unblock the account in GitLab under Admin, Users, or use another account's token.", GitLabAdmin);
    public static readonly DiagnosisCode Pending = new("account-pending", Failed, "Account waits for approval", "Approve the account in GitLab under Admin, Users, Pending approval.", GitLabAdmin);
    public static readonly DiagnosisCode Deactivated = new("account-deactivated", Failed, "Account deactivated", "Sign in to GitLab once with this account to reactivate it.", You);
    public static readonly DiagnosisCode Terms = new("account-terms", Failed, "Terms of service not accepted", "Sign in to GitLab with the token's account and accept the terms.", You);
    public static readonly DiagnosisCode PasswordExpired = new("account-password-expired", Failed, "Account's password expired", "Sign in to GitLab with the token's account and set a new password.", You);
    public static readonly DiagnosisCode EmailUnconfirmed = new("account-email-unconfirmed", Failed, "Account's e-mail not confirmed", "Confirm the e-mail address of the token's account in GitLab.", You);
    public static readonly DiagnosisCode InternalUser = new("account-internal", Failed, "GitLab's internal account", "Use a token of a person, bot, project or group.", You);
    public static readonly DiagnosisCode Account = new("account-known", Passed, "Account");
    public static readonly DiagnosisCode AccountUnknown = new("account-unknown", Warning, "Account not readable", "Everything else works. A token with read_user, read_api or api also shows whose it is.", You);
    public static readonly DiagnosisCode Person = new("token-of-a-person", Warning, "Token of a person", "Better use a bot account that is a member of the right groups: a person's token ends when the person leaves.", You);
    public static readonly DiagnosisCode Administrator = new("token-of-an-administrator", Warning, "Administrator's token", "It sees every project of the server. A bot account that is a member of the right groups is enough.", You);
    public static readonly DiagnosisCode AdminMode = new("admin-mode", Information, "Admin Mode limits this token", "To see every project, create the token with the scope admin_mode too. Otherwise nothing needs to be done.", You);
}
