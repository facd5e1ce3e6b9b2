using System.Globalization;

namespace GitLabPortal.GitLab;

public sealed class TokensClient
{
    private readonly GitLabTransport transport;

    internal TokensClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>
    /// The token in use; works with any scope, from GitLab 15.5 on. Before, 401, 404 or 405 come back for a good token:
    /// confirm with <see cref="UsersClient.GetCurrentAsync"/>.
    /// </summary>
    public async Task<GitLabToken> GetSelfAsync(CancellationToken cancellation) =>
        (await transport.GetAsync("personal_access_tokens/self", GitLabJson.Default.TokenBody, cancellation)).Value.ToToken();

    /// <summary>Revokes the token in use; from 15.5 on with any scope.</summary>
    public Task RevokeSelfAsync(CancellationToken cancellation) => transport.DeleteAsync("personal_access_tokens/self", cancellation);
}

public sealed class UsersClient
{
    private readonly GitLabTransport transport;

    internal UsersClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>Who the token acts as. Needs <c>read_user</c>, <c>read_api</c> or <c>api</c>.</summary>
    public async Task<GitLabUser> GetCurrentAsync(CancellationToken cancellation) =>
        (await transport.GetAsync("user", GitLabJson.Default.UserBody, cancellation)).Value.ToUser();
}

public sealed class MetadataClient
{
    private readonly GitLabTransport transport;

    internal MetadataClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>Version and edition, by <c>/metadata</c> (15.2 and later) or <c>/version</c>. Needs the scopes of <c>/user</c>.</summary>
    public async Task<GitLabMetadata> GetAsync(CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync("metadata", cancellation);
        }
        catch (GitLabNotFoundException)
        {
            return await GetVersionAsync(cancellation);
        }
    }

    /// <summary>The same by <c>/version</c> alone, which every server has: one request whatever its age.</summary>
    public Task<GitLabMetadata> GetVersionAsync(CancellationToken cancellation) => ReadAsync("version", cancellation);

    private async Task<GitLabMetadata> ReadAsync(string path, CancellationToken cancellation)
    {
        var (body, _) = await transport.GetAsync(path, GitLabJson.Default.MetadataBody, cancellation);
        return body.Version is { Length: > 0 and <= 100 } version
            ? new(version, body.Revision, body.Enterprise)
            : throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The answer holds no version.");
    }
}

public sealed class GroupsClient
{
    private const int PerPage = 100;

    private readonly GitLabTransport transport;

    internal GroupsClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>Groups that the token can see, by name.</summary>
    /// <param name="search">Part of a name or path; GitLab finds fewer than three letters only as a whole. Null for all.</param>
    /// <param name="page">From 1; pages hold 100. GitLab refuses pages past 50,000 groups.</param>
    /// <param name="cancellation">Ends the request.</param>
    public async Task<GitLabPage<GitLabGroup>> ListAsync(string? search, int page, CancellationToken cancellation)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"groups?per_page={PerPage}&page={page}&order_by=name&sort=asc");
        if (!string.IsNullOrWhiteSpace(search)) query += $"&search={Uri.EscapeDataString(search.Trim())}";
        var (bodies, answer) = await transport.GetAsync(query, GitLabJson.Default.GroupBodyArray, cancellation);
        return new([.. bodies.Select(b => b.ToGroup())], GitLabPaging.Total(answer), GitLabPaging.HasNext(answer, bodies.Length, PerPage))
        {
            LinkHost = GitLabPaging.LinkHost(answer, transport.BaseUrl),
        };
    }

    /// <summary>Whether the token sees a top-level group; deeper paths need an encoded slash, which proxies decode.</summary>
    public async Task<bool> IsShownAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await transport.GetAsync($"groups/{Uri.EscapeDataString(path)}?with_projects=false", GitLabJson.Default.GroupBody, cancellation);
            return true;
        }
        catch (GitLabNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Whether the user is a member of the group or of one above it. Needs <c>read_api</c>; a group that the token cannot see counts as no.</summary>
    public async Task<bool> HasMemberAsync(long id, long userId, CancellationToken cancellation)
    {
        try
        {
            await transport.GetAsync(string.Create(CultureInfo.InvariantCulture, $"groups/{id}/members/all/{userId}"), GitLabJson.Default.UserBody, cancellation);
            return true;
        }
        catch (GitLabNotFoundException)
        {
            return false;
        }
    }

    public async Task<GitLabGroup> GetAsync(long id, CancellationToken cancellation) =>
        (await transport.GetAsync(string.Create(CultureInfo.InvariantCulture, $"groups/{id}?with_projects=false"), GitLabJson.Default.GroupBody, cancellation))
        .Value.ToGroup();
}

public sealed class ApplicationsClient
{
    private readonly GitLabTransport transport;

    internal ApplicationsClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>
    /// Whether administrator calls work with this token: only administrators may list OAuth applications, and with Admin Mode on only
    /// with the scope <c>admin_mode</c>. GitLab does not tell these two apart.
    /// </summary>
    public async Task<bool> MayListAsync(CancellationToken cancellation)
    {
        try
        {
            await transport.GetAsync("applications", GitLabJson.Default.ApplicationBodyArray, cancellation);
            return true;
        }
        catch (GitLabForbiddenException)
        {
            return false;
        }
    }
}
