using System.Globalization;
using System.Text;

namespace GitLabPortal.GitLab;

/// <summary>Projects that the token can see. Needs <c>read_api</c> or <c>api</c>.</summary>
public sealed class ProjectsClient
{
    private readonly GitLabTransport transport;

    // Learned once per client: asking for keyset paging again would cost a refusal per page.
    private volatile bool keysetRefused;

    internal ProjectsClient(GitLabTransport transport) => this.transport = transport;

    /// <summary>
    /// A page in the order of ids. Walk with <c>IdAfter</c> = the last id of the page before, until a page is empty: GitLab's last
    /// filled page does not say that it is the last. Where a server refuses keyset paging the same page is asked for by offset.
    /// </summary>
    public async Task<GitLabPage<GitLabProject>> ListAsync(ProjectListQuery query, CancellationToken cancellation)
    {
        if (!keysetRefused)
        {
            try
            {
                return await ReadAsync(query, "pagination=keyset&order_by=id&sort=asc", cancellation);
            }
            catch (GitLabRejectedException e) when (e.Status is 400 or 405)
            {
                // The refusal may concern something else; then the second request is refused too and says so.
            }
        }

        // The filter id_after makes page 1 the wanted page: no growing offset, and rows cannot shift between pages.
        var page = await ReadAsync(query, "order_by=id&sort=asc", cancellation);
        keysetRefused = true;
        return page;
    }

    /// <summary>The first page in the order of ids, with the total where GitLab tells it (up to 10,000).</summary>
    public async Task<GitLabPage<GitLabProject>> ListFirstAsync(ProjectListQuery query, CancellationToken cancellation) =>
        await ReadAsync(query, "order_by=id&sort=asc", cancellation);

    /// <summary>The page with the highest ids, highest first: where the list ends at present.</summary>
    public async Task<GitLabPage<GitLabProject>> ListLastAsync(ProjectListQuery query, CancellationToken cancellation) =>
        await ReadAsync(query, "order_by=id&sort=desc", cancellation);

    /// <summary>
    /// Those whose <c>updated_at</c> lies at or after <see cref="ProjectListQuery.UpdatedAfter"/>, the earliest first. GitLab before 15.10
    /// knows no such filter and lists everything: compare <see cref="GitLabProject.UpdatedAt"/>.
    /// </summary>
    public async Task<GitLabPage<GitLabProject>> ListUpdatedAsync(ProjectListQuery query, int page, CancellationToken cancellation) =>
        await ReadAsync(query, string.Create(CultureInfo.InvariantCulture, $"order_by=updated_at&sort=asc&page={page}"), cancellation);

    /// <summary>How many there are, by one request of one row.</summary>
    public async Task<ProjectCount> CountAsync(ProjectListQuery query, CancellationToken cancellation)
    {
        var (bodies, answer) = await transport.GetAsync(
            Path(query with { PerPage = 1 }, "order_by=id&sort=asc&simple=true"), GitLabJson.Default.ProjectBodyArray, cancellation);
        RefuseOutside(query, [.. bodies.Select(b => b.ToProject())]);
        return Count(bodies.Length, answer);
    }

    /// <summary>How many lie in a group and below it, without those that are merely shared with it, by one request of one row.</summary>
    public async Task<ProjectCount> CountInGroupAsync(long groupId, CancellationToken cancellation)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"groups/{groupId}/projects?include_subgroups=true&with_shared=false&order_by=id&sort=asc&simple=true&per_page=1");
        var (bodies, answer) = await transport.GetAsync(path, GitLabJson.Default.ProjectBodyArray, cancellation);
        return Count(bodies.Length, answer);
    }

    /// <param name="id">GitLab's number: unlike a path it survives renames and proxies that decode %2F.</param>
    /// <param name="cancellation">Ends the request.</param>
    public async Task<GitLabProject> GetAsync(long id, CancellationToken cancellation) =>
        (await transport.GetAsync(string.Create(CultureInfo.InvariantCulture, $"projects/{id}"), GitLabJson.Default.ProjectBody, cancellation)).Value.ToProject();

    /// <summary>One project if the list for this query has it: unlike <see cref="GetAsync"/> this also knows membership. Null when not.</summary>
    public async Task<GitLabProject?> FindAsync(long id, ProjectListQuery query, CancellationToken cancellation)
    {
        var page = await ReadAsync(query with { IdAfter = id - 1, IdBefore = id + 1, PerPage = 1 }, "order_by=id&sort=asc", cancellation);
        return page.Items.FirstOrDefault(p => p.Id == id);
    }

    /// <summary>
    /// Projects that the token's user is a member of, those with the latest activity first, by pages from 1 on. GitLab finds words of
    /// three letters or more anywhere in name, path and description, shorter ones only as the whole of one of them.
    /// </summary>
    public async Task<GitLabPage<GitLabProject>> ListOwnAsync(string? search, int page, int perPage, CancellationToken cancellation)
    {
        var words = string.IsNullOrWhiteSpace(search) ? "" : $"&search={Uri.EscapeDataString(search.Trim())}";
        var path = string.Create(CultureInfo.InvariantCulture, $"projects?membership=true&order_by=last_activity_at&sort=desc&page={page}&per_page={perPage}{words}");
        var (bodies, answer) = await transport.GetAsync(path, GitLabJson.Default.ProjectBodyArray, cancellation);
        return new([.. bodies.Select(b => b.ToProject())], GitLabPaging.Total(answer), GitLabPaging.HasNext(answer, bodies.Length, perPage));
    }

    /// <summary>By its full path, which some proxies break on the way (they decode %2F); by number is better.</summary>
    public async Task<GitLabProject> GetByPathAsync(string fullPath, CancellationToken cancellation) =>
        (await transport.GetAsync($"projects/{Uri.EscapeDataString(fullPath)}", GitLabJson.Default.ProjectBody, cancellation)).Value.ToProject();

    private async Task<GitLabPage<GitLabProject>> ReadAsync(ProjectListQuery query, string paging, CancellationToken cancellation)
    {
        var (bodies, answer) = await transport.GetAsync(Path(query, paging), GitLabJson.Default.ProjectBodyArray, cancellation);
        var projects = bodies.Select(b => b.ToProject()).ToArray();
        RefuseOutside(query, projects);
        var hasMore = query.UpdatedAfter is null ? projects.Length > 0 : GitLabPaging.HasNext(answer, projects.Length, query.PerPage);
        return new(projects, GitLabPaging.Total(answer), hasMore)
        {
            LinkHost = GitLabPaging.LinkHost(answer, transport.BaseUrl),
            RateLimit = GitLabPaging.RateLimit(answer),
        };
    }

    /// <summary>A proxy that caches without the query, or a server that ignores the bounds, would make a walk endless and a count wrong.</summary>
    private static void RefuseOutside(ProjectListQuery query, GitLabProject[] projects)
    {
        if (query.IdAfter is { } after && projects.Any(p => p.Id <= after))
            throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The list does not go on after the given id.");
        if (query.IdBefore is { } before && projects.Any(p => p.Id >= before))
            throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The list does not end before the given id.");
    }

    /// <summary>GitLab drops the total above 10,000. Without its other paging headers a proxy took them: only the rows are certain.</summary>
    private static ProjectCount Count(int rows, GitLabAnswer answer)
    {
        var count = GitLabPaging.Total(answer) is { } total ? new ProjectCount(total, IsLowerBound: false)
            : rows == 0 ? new ProjectCount(0, IsLowerBound: false)
            : new ProjectCount(GitLabPaging.IsOffsetPage(answer) ? ProjectCount.Most : rows, IsLowerBound: true);
        return count with { RateLimit = GitLabPaging.RateLimit(answer) };
    }

    private static string Path(ProjectListQuery query, string paging)
    {
        var path = new StringBuilder("projects?").Append(paging)
            .Append(CultureInfo.InvariantCulture, $"&per_page={Math.Clamp(query.PerPage, 1, 100)}");
        if (query.IdAfter is { } after) path.Append(CultureInfo.InvariantCulture, $"&id_after={after}");
        if (query.IdBefore is { } before) path.Append(CultureInfo.InvariantCulture, $"&id_before={before}");
        if (query.ActiveAfter is { } active) path.Append("&last_activity_after=").Append(Time(active));
        if (query.UpdatedAfter is { } updated) path.Append("&updated_after=").Append(Time(updated));
        // false would mean no filter: the parameter is sent only when wanted.
        if (query.MembershipOnly) path.Append("&membership=true");
        if (query.Visibility is { } visibility) path.Append("&visibility=").Append(Uri.EscapeDataString(visibility));
        return path.ToString();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
