using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Makes GitLab clients whose every connection goes through the outbound guard.</summary>
public sealed class GitLabClients(GuardedHttp http, TimeProvider time)
{
    private HttpClient? Only { get; init; }

    /// <summary>The same over this client, whatever path is asked for.</summary>
    internal GitLabClients Over(HttpClient client) => new(http, time) { Only = client };

    /// <summary>
    /// A client for one server. Calls to an http address end in a <see cref="GitLabUnavailableException"/> around an
    /// <see cref="OutboundRefusedException"/> unless the address is private and the path allows it.
    /// </summary>
    /// <param name="baseUrl">Canonical, as <see cref="InstanceUrl.BaseUrl"/>.</param>
    /// <param name="token">Null asks without a token.</param>
    /// <param name="path">What a person accepted for the calls of this connection.</param>
    /// <param name="maxRetries">0 leaves tries and waiting to the caller.</param>
    public GitLabClient For(string baseUrl, Secret? token, NetworkPath path, int maxRetries = 2) =>
        new(Http(path), new Uri(baseUrl), token?.Reveal(), time, GitLabRetry.Default with { MaxRetries = maxRetries });

    /// <summary>Asks git's side of the same server, over the same path.</summary>
    internal GitAccess Git(string baseUrl, Secret token, NetworkPath path) => new(Http(path), new Uri(baseUrl), token);

    /// <summary>A client with somebody's own OAuth token; otherwise like <see cref="For"/>.</summary>
    public GitLabClient ForPerson(string baseUrl, Secret accessToken, NetworkPath path, int maxRetries = 1) =>
        new(Http(path), new Uri(baseUrl), accessToken.Reveal(), time, GitLabRetry.Default with { MaxRetries = maxRetries }, isOAuth: true);

    /// <summary>The server's token endpoint.</summary>
    public OAuthClient OAuth(string baseUrl, NetworkPath path) => new(Http(path), new Uri(baseUrl), time);

    private HttpClient Http(NetworkPath path) => Only ?? http.Shared(path);
}
