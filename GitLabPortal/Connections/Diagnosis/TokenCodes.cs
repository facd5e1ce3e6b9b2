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

    public static readonly DiagnosisCode ScopeMissing = new("token-scope-missing", Failed, "Scope missing", "Create a token with the named scope.", You);
    public static readonly DiagnosisCode PermissionMissing = new("token-permission-missing", Failed, "Permission missing", "Create a token with this permission, or a token with scopes instead of fine-grained permissions.", You);

    public static readonly DiagnosisCode ScopesUnknown = new("scopes-unknown", Information, "Scopes not readable", "GitLab tells a token's scopes and expiry from 15.5 on; what the token can do was tried instead.", Nobody);

    public static readonly DiagnosisCode ReadsOnly = new("token-reads-only", Warning, "Token can only read", "Create a token with the scope api, or choose read-only.", You);
    public static readonly DiagnosisCode Wider = new("token-wider-than-needed", Warning, "Token can do more than needed", "Read-only needs read_api, read_user and read_repository.", You);
    public static readonly DiagnosisCode ExpiresSoon = new("token-expires-soon", Warning, "Token expires soon", "Create a token with a later expiry date, or replace it here in time.", You);
    public static readonly DiagnosisCode NeverExpires = new("token-never-expires", Information, "Token without expiry", "Nothing needs to be done.", Nobody);
    public static readonly DiagnosisCode Expires = new("token-expiry", Passed, "Expiry");
    public static readonly DiagnosisCode FineGrained = new("token-fine-grained", Information, "Fine-grained token", "Nothing needs to be done. What it may do depends on its permissions, which GitLab does not tell; the portal tries.", Nobody);
}
