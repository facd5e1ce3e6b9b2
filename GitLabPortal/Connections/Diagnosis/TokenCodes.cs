using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>Everything that the checks of a token can find.</summary>
internal static class TokenCodes
{
    public static readonly DiagnosisCode Empty = new("token-empty", Failed, "No token", "Paste the token that GitLab showed when it was created.", You);
    public static readonly DiagnosisCode TooLong = new("token-too-long", Failed, "Too long for a token", "Paste the token only. GitLab's tokens have at most a few hundred characters.", You);
    public static readonly DiagnosisCode BadCharacters = new("token-characters", Failed, "Not a token", "Paste the token only, without its name or other text. Tokens hold neither spaces nor accented letters.", You);

    public static readonly DiagnosisCode Alive = new("token-alive", Passed, "Token accepted");
    public static readonly DiagnosisCode NotAccepted = new("token-not-accepted", Failed, "Token not accepted", "Most likely first: 1. The token was not copied completely: copy it again or create a new one. 2. It belongs to another GitLab server. 3. It is not an access token. 4. Access tokens are switched off on this server: ask your GitLab admin.", You);
    public static readonly DiagnosisCode Expired = new("token-expired", Failed, "Token expired", "Create a new token. GitLab ends a token at 00:00 UTC of its expiry date.", You);
    public static readonly DiagnosisCode Revoked = new("token-revoked", Failed, "Token revoked", "Create a new token. This one was revoked or replaced by rotation.", You);
    public static readonly DiagnosisCode ImpersonationOff = new("token-impersonation-off", Failed, "Impersonation token", "Impersonation is switched off on this server. Use a personal, project or group access token.", You);
    public static readonly DiagnosisCode NeedsDpop = new("token-needs-dpop", Failed, "Token bound to a key (DPoP)", "Switch off DPoP for this account in GitLab, or use a token of another account.", You);
    public static readonly DiagnosisCode IsOAuth = new("token-is-oauth", Failed, "This is an OAuth token", "Create a personal, project or group access token and paste that.", You);
    public static readonly DiagnosisCode Malformed = new("request-malformed", Failed, "GitLab cannot read the token", "It holds characters that GitLab refuses. Copy it again, without anything around it.", You);

    public static readonly DiagnosisCode Blocked = new("account-blocked", Failed, "Account blocked", "Unblock the account in GitLab under Admin, Users, or use another account's token.", GitLabAdmin);
    public static readonly DiagnosisCode Pending = new("account-pending", Failed, "Account waits for approval", "Approve the account in GitLab under Admin, Users, Pending approval.", GitLabAdmin);
    public static readonly DiagnosisCode Deactivated = new("account-deactivated", Failed, "Account deactivated", "Sign in to GitLab once with this account to reactivate it.", You);
    public static readonly DiagnosisCode Terms = new("account-terms", Failed, "Terms of service not accepted", "Sign in to GitLab with the token's account and accept the terms.", You);
    public static readonly DiagnosisCode PasswordExpired = new("account-password-expired", Failed, "Account's password expired", "Sign in to GitLab with the token's account and set a new password.", You);
    public static readonly DiagnosisCode EmailUnconfirmed = new("account-email-unconfirmed", Failed, "Account's e-mail not confirmed", "Confirm the e-mail address of the token's account in GitLab.", You);
    public static readonly DiagnosisCode InternalUser = new("account-internal", Failed, "GitLab's internal account", "Use a token of a person, bot, project or group.", You);
    public static readonly DiagnosisCode Forbidden = new("forbidden", Failed, "GitLab forbids it", "Possible causes: the account is no administrator; Admin Mode is on and the token lacks the scope admin_mode; the token is used from too many addresses.", GitLabAdmin);
    public static readonly DiagnosisCode ReadOnlyServer = new("gitlab-read-only", Failed, "This GitLab only reads", "Use the address of the primary server, or wait until GitLab accepts changes again.", GitLabAdmin);
    public static readonly DiagnosisCode ScopeMissing = new("token-scope-missing", Failed, "Scope missing", "Create a token with the named scope.", You);
    public static readonly DiagnosisCode PermissionMissing = new("token-permission-missing", Failed, "Permission missing", "Create a token with this permission, or a token with scopes instead of fine-grained permissions.", You);
    public static readonly DiagnosisCode CannotList = new("token-cannot-list", Failed, "Cannot list repositories", "Create a token with the scope read_api, or api for everything.", You);

    public static readonly DiagnosisCode Account = new("account-known", Passed, "Account");
    public static readonly DiagnosisCode AccountUnknown = new("account-unknown", Warning, "Account not readable", "Everything else works. A token with read_user, read_api or api also shows whose it is.", You);
    public static readonly DiagnosisCode Person = new("token-of-a-person", Warning, "Token of a person", "Better use a bot account that is a member of the right groups: a person's token ends when the person leaves.", You);
    public static readonly DiagnosisCode Administrator = new("token-of-an-administrator", Warning, "Administrator's token", "It sees every project of the server. A bot account that is a member of the right groups is enough.", You);
    public static readonly DiagnosisCode AdminMode = new("admin-mode", Information, "Admin Mode limits this token", "To see every project, create the token with the scope admin_mode too. Otherwise nothing needs to be done.", You);

    public static readonly DiagnosisCode Version = new("version-known", Passed, "GitLab version");
    public static readonly DiagnosisCode VersionUnknown = new("version-unknown", Information, "GitLab version not readable", "Nothing needs to be done: the portal tries what works.", Nobody);
    public static readonly DiagnosisCode TooOld = new("gitlab-too-old", Warning, "Old GitLab", "Update GitLab to 13.12 or later; some things may not work before.", GitLabAdmin);
    public static readonly DiagnosisCode ScopesUnknown = new("scopes-unknown", Information, "Scopes not readable", "GitLab tells a token's scopes and expiry from 15.5 on; what the token can do was tried instead.", Nobody);

    public static readonly DiagnosisCode Lists = new("repositories-visible", Passed, "Repositories");
    public static readonly DiagnosisCode NoRepositories = new("no-repositories", Warning, "No repository visible", "Make the token's account a member (Reporter or higher) of the groups or projects that the team needs.", GitLabAdmin);
    public static readonly DiagnosisCode ReadsOnly = new("token-reads-only", Warning, "Token can only read", "Create a token with the scope api, or choose read-only.", You);
    public static readonly DiagnosisCode Wider = new("token-wider-than-needed", Warning, "Token can do more than needed", "Read-only needs read_api, read_user and read_repository.", You);
    public static readonly DiagnosisCode ExpiresSoon = new("token-expires-soon", Warning, "Token expires soon", "Create a token with a later expiry date, or replace it here in time.", You);
    public static readonly DiagnosisCode NeverExpires = new("token-never-expires", Information, "Token without expiry", "Nothing needs to be done.", Nobody);
    public static readonly DiagnosisCode Expires = new("token-expiry", Passed, "Expiry");
}
