namespace GitLabPortal.Tests.Sandbox;

/// <summary>Who the server believes to be: release and the configured external_url, from which it builds every absolute address.</summary>
internal sealed class ServerIdentity(GitLabRelease release, string relativeRoot)
{
    public GitLabRelease Release => release;

    /// <summary>"" or "/gitlab".</summary>
    public string RelativeRoot => relativeRoot;

    /// <summary>With the relative root, without a trailing slash. Known once the port is bound.</summary>
    public string ExternalUrl { get; set; } = "";

    /// <summary>Tells the receivers of hooks.</summary>
    public HookSender? Hooks { get; set; }

    public Uri ExternalUri => new(ExternalUrl);
    public string Api => ExternalUrl + "/api/v4";
    public string SshHost => ExternalUri.Host;
}
