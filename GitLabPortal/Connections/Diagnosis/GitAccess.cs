using System.Net.Http.Headers;
using System.Text;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Whether git over HTTP works with a token, as a clone begins. By GET: GitLab refuses HEAD there.</summary>
internal sealed class GitAccess(HttpClient http, Uri baseUrl, Secret token)
{
    /// <param name="fullPath">Of a project that the token sees. Asked at the address that is dialled, not at the clone address, which comes from external_url.</param>
    /// <param name="cancellation">Ends the request.</param>
    public async Task<Finding> CheckAsync(string fullPath, CancellationToken cancellation)
    {
        var root = baseUrl.GetLeftPart(UriPartial.Path).TrimEnd('/');
        var path = string.Join('/', fullPath.Split('/').Select(Uri.EscapeDataString));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{root}/{path}.git/info/refs?service=git-upload-pack");
        request.Headers.UserAgent.ParseAdd("GitLabPortal");
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"oauth2:{token.Reveal()}")));
        try
        {
            return Judge(await GitLabAnswer.FetchAsync(http, request, cancellation), fullPath);
        }
        catch (GitLabException e) when (GitLabFailures.ToFinding(e) is { } finding)
        {
            return AccessCodes.GitFails.Saw($"Git's first request for {fullPath} failed: {finding.Seen}");
        }
    }

    private static Finding Judge(GitLabAnswer answer, string fullPath) => answer switch
    {
        { Status: 200, MediaType: "application/x-git-upload-pack-advertisement" } => AccessCodes.GitWorks.Saw($"The token can clone {fullPath}."),
        { Status: 403 } when Says(answer, "over HTTP is not allowed") => AccessCodes.GitHttpOff.Saw("GitLab says that git access over HTTP is not allowed."),
        { Status: 403 } when Says(answer, "not allowed to download code") => AccessCodes.GitCodeHidden.Saw($"GitLab shows {fullPath} to the token, but not its code."),
        { IsHtml: true } or { Status: >= 300 and < 400 } => AccessCodes.GitBlocked.Saw($"Git's first request for {fullPath} was answered with {(answer.IsHtml ? "a web page" : "a redirect")} (status {answer.Status})."),
        { Status: 401 or 403 } => AccessCodes.GitRefusesToken.Saw($"GitLab's API takes the token, but git's first request for {fullPath} was answered {answer.Status}."),
        _ => AccessCodes.GitFails.Saw($"Git's first request for {fullPath} was answered {answer.Status}."),
    };

    private static bool Says(GitLabAnswer answer, string words) => answer.Beginning.Contains(words, StringComparison.OrdinalIgnoreCase);
}
