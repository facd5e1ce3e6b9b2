namespace GitLabPortal.Connections;

/// <summary>An application that the operator registered on a server, so that people can connect their accounts there.</summary>
/// <param name="BaseUrl">Normalised, as <see cref="InstanceUrl.BaseUrl"/>.</param>
public sealed record Integration(string BaseUrl, string ApplicationId, string Secret)
{
    /// <summary>The operator wrote http and thereby agreed to it; only private addresses are called so.</summary>
    public bool IsPlainHttp => BaseUrl.StartsWith("http://", StringComparison.Ordinal);

    public override string ToString() => $"{nameof(Integration)} {{ BaseUrl = {BaseUrl} }}";
}

/// <summary>Section <c>Integrations</c>: what people may connect for themselves.</summary>
public sealed class IntegrationOptions
{
    public const string Section = "Integrations";

    public const string GitLabCom = "https://gitlab.com";

    /// <summary>The path to register on GitLab, behind the portal's address.</summary>
    public const string CallbackPath = "/sign-in/gitlab";

    /// <summary>Of the application that the operator registered on gitlab.com with the scopes read_user and read_api.</summary>
    public string GitLabComApplicationId { get; init; } = "";

    public string GitLabComSecret { get; init; } = "";

    /// <summary>Other servers, each with an application registered in the same way.</summary>
    public IList<IntegrationServer> Servers { get; init; } = [];

    /// <summary>All that are whole, gitlab.com first.</summary>
    public IEnumerable<Integration> Offered()
    {
        if (GitLabComApplicationId.Length > 0 && GitLabComSecret.Length > 0) yield return new(GitLabCom, GitLabComApplicationId, GitLabComSecret);
        foreach (var server in Servers)
        {
            if (InstanceUrl.Parse(server.Url) is { IsSuccess: true } url) yield return new(url.Value.BaseUrl, server.ApplicationId, server.Secret);
        }
    }

    /// <summary>The problems with these settings, each beginning with its key.</summary>
    public IEnumerable<string> Problems()
    {
        if (GitLabComApplicationId.Length == 0 != (GitLabComSecret.Length == 0))
            yield return "Integrations:GitLabComApplicationId and Integrations:GitLabComSecret belong together. Give both or none.";
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (var i = 0; i < Servers.Count; i++)
        {
            var server = Servers[i];
            if (InstanceUrl.Parse(server.Url) is not { IsSuccess: true } url) yield return $"Integrations:Servers:{i}:Url is not the address of a GitLab server, such as https://gitlab.example.com.";
            else if (url.Value.IsGitLabCom) yield return $"Integrations:Servers:{i}:Url is gitlab.com. Use Integrations:GitLabComApplicationId and Integrations:GitLabComSecret for it.";
            else if (!seen.Add(url.Value.BaseUrl)) yield return $"Integrations:Servers:{i}:Url is there twice.";
            if (server.ApplicationId.Length == 0 || server.Secret.Length == 0) yield return $"Integrations:Servers:{i} needs ApplicationId and Secret.";
        }
    }
}

/// <summary>One of <c>Integrations:Servers</c>.</summary>
public sealed class IntegrationServer
{
    public string Url { get; init; } = "";

    public string ApplicationId { get; init; } = "";

    public string Secret { get; init; } = "";
}
