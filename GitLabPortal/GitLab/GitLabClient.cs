namespace GitLabPortal.GitLab;

/// <summary>
/// One GitLab server seen with one token (or none). Cheap to make; keeps nothing open. Every call throws the <see cref="GitLabException"/>
/// family, honours its cancellation, follows no redirect, and tries safe requests again as <see cref="GitLabRetry"/> says.
/// </summary>
public sealed class GitLabClient
{
    /// <param name="http">Decides timeout, largest answer and which addresses may be dialled. It must not follow redirects.</param>
    /// <param name="baseUrl">The server's address, with its relative root if it has one.</param>
    /// <param name="token">Sent as <c>PRIVATE-TOKEN</c>; printable ASCII without spaces, else <see cref="ArgumentException"/>.</param>
    /// <param name="time">Paces retries.</param>
    /// <param name="retry"><see cref="GitLabRetry.Default"/> when absent.</param>
    /// <param name="isOAuth">The token came from <see cref="OAuthClient"/>: it is sent as <c>Authorization: Bearer</c>.</param>
    public GitLabClient(HttpClient http, Uri baseUrl, string? token, TimeProvider time, GitLabRetry? retry = null, bool isOAuth = false)
    {
        var transport = new GitLabTransport(http, baseUrl, token, time, retry ?? GitLabRetry.Default, isOAuth);
        BaseUrl = baseUrl;
        Tokens = new(transport);
        Users = new(transport);
        Metadata = new(transport);
        Projects = new(transport);
        Groups = new(transport);
        Applications = new(transport);
        Hooks = new(transport);
        Administration = new(transport);
    }

    public Uri BaseUrl { get; }

    public TokensClient Tokens { get; }

    public UsersClient Users { get; }

    public MetadataClient Metadata { get; }

    public ProjectsClient Projects { get; }

    public GroupsClient Groups { get; }

    public ApplicationsClient Applications { get; }

    public HooksClient Hooks { get; }

    /// <summary>What only administrators may call.</summary>
    public AdministrationClient Administration { get; }
}
