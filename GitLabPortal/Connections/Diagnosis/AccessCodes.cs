using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>What the token reaches on this GitLab.</summary>
internal static class AccessCodes
{
    public static readonly DiagnosisCode Forbidden = new("forbidden", Failed, "GitLab forbids it", "Possible causes: the account is no administrator; Admin Mode is on and the token lacks the scope admin_mode; the token is used from too many addresses.", GitLabAdmin);
    public static readonly DiagnosisCode ReadOnlyServer = new("gitlab-read-only", Failed, "This GitLab only reads", "Use the address of the primary server, or wait until GitLab accepts changes again.", GitLabAdmin);
    public static readonly DiagnosisCode CannotList = new("token-cannot-list", Failed, "Cannot list repositories", "Create a token with the scope read_api, or api for everything.", You);
    public static readonly DiagnosisCode Version = new("version-known", Passed, "GitLab version");
    public static readonly DiagnosisCode VersionUnknown = new("version-unknown", Information, "GitLab version not readable", "Nothing needs to be done: the portal tries what works.", Nobody);
    public static readonly DiagnosisCode TooOld = new("gitlab-too-old", Warning, "Old GitLab", "Update GitLab to 13.12 or later; some things may not work before.", GitLabAdmin);
    public static readonly DiagnosisCode Lists = new("repositories-visible", Passed, "Repositories");
    public static readonly DiagnosisCode NoRepositories = new("no-repositories", Warning, "No repository visible", "Make the token's account a member (Reporter or higher) of the groups or projects that the team needs.", GitLabAdmin);

    public static readonly DiagnosisCode DecodedSlashes = new("proxy-decodes-slashes", Warning, "A proxy changes addresses", "Let the proxy in front of GitLab leave %2F alone. The portal itself asks by number and works; other tools will fail.", NetworkAdmin)
    {
        Means = "A project was found by its number, but not by its path, which holds a %2F. A proxy decodes it on the way, and GitLab answers 404.",
        Setting = "Apache: AllowEncodedSlashes NoDecode and ProxyPass … nocanon; nginx: proxy_pass without a path",
    };

    public static readonly DiagnosisCode GitWorks = new("git-works", Passed, "Git over HTTPS");
    public static readonly DiagnosisCode GitCodeHidden = new("git-code-hidden", Warning, "Code not readable", "Give the token's account the role Reporter or higher where code is to be cloned with it. A fine-grained token needs the permission to download code too.", GitLabAdmin);
    public static readonly DiagnosisCode GitHttpOff = new("git-http-off", Warning, "Git over HTTP is switched off", "Allow HTTP(S) for git, if code is to be cloned with the token.", GitLabAdmin) { Setting = "Admin, Settings, General, Visibility and access controls, Enabled Git access protocols" };
    public static readonly DiagnosisCode GitRefusesToken = new("git-refuses-token", Warning, "Git does not take the token", "Try git ls-remote with the token. Most likely first: 1. too many failed tries from the portal's address, 2. a proxy in front removes the Authorization header.", GitLabAdmin)
    {
        Means = "GitLab's API accepts the token, git over HTTP answers 401 or 403. They check the same token, so something in between or a ban of the address is likely.",
    };

    public static readonly DiagnosisCode GitBlocked = new("git-blocked", Warning, "Git over HTTPS is blocked", "Something in front of GitLab answers git's requests with a page. Let paths that end in .git/info/refs and .git/git-upload-pack pass.", NetworkAdmin);
    public static readonly DiagnosisCode GitFails = new("git-fails", Warning, "Git over HTTPS fails", "Look at Gitaly on the GitLab server: the API works, but repositories do not answer.", GitLabAdmin);

    public static readonly DiagnosisCode Limits = new("rate-limit-known", Passed, "Rate limit");
    public static readonly DiagnosisCode LimitNearlyUsed = new("rate-limit-nearly-used", Warning, "Rate limit nearly used up", "Find out what else uses the token's account, or raise the limit. Reading repositories will have to wait.", GitLabAdmin) { Setting = "Admin, Settings, Network, User and IP rate limits" };
}
