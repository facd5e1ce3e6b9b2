using GitLabPortal.SignIn;
using GitLabPortal.Tests.Sandbox;

namespace GitLabPortal.Tests.Harness;

/// <summary>A sandbox as one of the operator's <c>Integrations:Servers</c>.</summary>
internal static class SandboxIntegration
{
    /// <summary>Registers the portal there, as an operator would; the settings that say so.</summary>
    public static string[] Settings(GitLabSandbox gitLab, string publicUrl)
    {
        var application = gitLab.World.AddApplication("GitLabPortal", publicUrl + SetOut.CallbackPath, ["read_user", "read_api"]);
        return
        [
            $"--Portal:PublicUrl={publicUrl}",
            $"--Integrations:Servers:0:Url={gitLab.Url}", $"--Integrations:Servers:0:ApplicationId={application.ClientId}", $"--Integrations:Servers:0:Secret={application.Secret}",
        ];
    }
}
