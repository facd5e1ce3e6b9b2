using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Makes GitLab clients whose every connection goes through the outbound guard.</summary>
public sealed class GitLabClients(GuardedHttp http, TimeProvider time)
{
    /// <summary>
    /// A client for one server. Calls to an http address end in a <see cref="GitLabUnavailableException"/> around an
    /// <see cref="OutboundRefusedException"/> unless the address is private and <paramref name="allowsPlainHttp"/> is set.
    /// </summary>
    /// <param name="baseUrl">Canonical, as <see cref="InstanceUrl.BaseUrl"/>.</param>
    /// <param name="token">Null asks without a token.</param>
    /// <param name="allowsPlainHttp">A person accepted that the token travels unencrypted.</param>
    /// <param name="maxRetries">0 leaves tries and waiting to the caller.</param>
    public GitLabClient For(string baseUrl, Secret? token, bool allowsPlainHttp, int maxRetries = 2) =>
        new(http.Shared(allowsPlainHttp), new Uri(baseUrl), token?.Reveal(), time, GitLabRetry.Default with { MaxRetries = maxRetries });

    /// <summary>A client with somebody's own OAuth token; otherwise like <see cref="For"/>.</summary>
    public GitLabClient ForPerson(string baseUrl, Secret accessToken, bool allowsPlainHttp, int maxRetries = 1) =>
        new(http.Shared(allowsPlainHttp), new Uri(baseUrl), accessToken.Reveal(), time, GitLabRetry.Default with { MaxRetries = maxRetries }, isOAuth: true);

    /// <summary>The server's token endpoint.</summary>
    public OAuthClient OAuth(string baseUrl, bool allowsPlainHttp) => new(http.Shared(allowsPlainHttp), new Uri(baseUrl), time);
}
