using GitLabPortal.Kernel;
using static GitLabPortal.Kernel.FindingStatus;
using static GitLabPortal.Kernel.FixOwner;

namespace GitLabPortal.Connections;

/// <summary>What concerns the connection that a team has, or is about to make.</summary>
internal static class ConnectionCodes
{
    public static readonly DiagnosisCode AlreadyConnected = new("already-connected", Warning, "This team has this server already",
        "Press the button again only if you need a second token for it, for example for another group. To put a new token in place of an old one, use “Replace token” in the list of connections.", You);

    public static readonly DiagnosisCode ServerDiffers = new("server-differs", Failed, "Another GitLab answers there",
        "Ask your GitLab admin for the address that this GitLab has now. To use another GitLab, connect it as a new server: repositories and projects of this connection belong to this one.", You)
    {
        Means = "Repositories are known by GitLab's numbers, which mean something on their own server alone. The token's account and some repositories are compared; a copy of the same GitLab, restored elsewhere, looks the same.",
    };

    public static readonly DiagnosisCode TokenLost = new("token-lost", Failed, "The stored token cannot be read",
        "Replace the token: create a new one on GitLab and paste it here. Repositories and projects stay.", You)
    {
        Means = "The key that protected the token is no longer in the portal's key ring, usually after the data directory was restored without its folder “keys”.",
    };
}
