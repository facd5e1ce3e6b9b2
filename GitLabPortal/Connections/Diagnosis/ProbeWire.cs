using System.Collections.Concurrent;
using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Sends each of the probe's requests once, beginning on a connection that is open already.</summary>
internal sealed class ProbeWire
{
    private readonly HttpClient client;
    private readonly CancellationToken cancellation;
    private readonly ConcurrentDictionary<(string Root, string Path), Lazy<Task<GitLabAnswer>>> asked = [];

    /// <param name="http">Makes the client.</param>
    /// <param name="path">How further connections come about, should the server close this one.</param>
    /// <param name="connection">Taken over.</param>
    /// <param name="kept">Gets the client, and closes it.</param>
    public ProbeWire(GuardedHttp http, NetworkPath path, Stream connection, KeptConnection kept)
    {
        kept.Client = client = http.Own(path, new DedicatedConnections { Cancellation = kept.Ending, First = connection });
        cancellation = kept.Ending;
    }

    /// <summary>By the last answer's Date header.</summary>
    public DateTimeOffset? ServerTime { get; private set; }

    /// <summary>The answer; the same one when asked again.</summary>
    public Task<GitLabAnswer> GetAsync(InstanceUrl root, string path) =>
        asked.GetOrAdd((root.BaseUrl, path), _ => new(() => AskAsync(root, path))).Value;

    /// <summary>
    /// Sends it again, once, when its connection broke: a server of HTTP/1.0 closes it behind an answer without a word, and the framework
    /// may have sent the next request on it by then.
    /// </summary>
    private async Task<GitLabAnswer> AskAsync(InstanceUrl root, string path)
    {
        try
        {
            return await SendAsync(root, path);
        }
        catch (GitLabUnavailableException e) when (e is { Kind: UnavailableKind.Network, IsWorthRetrying: true, InnerException: not OutboundConnectException })
        {
            return await SendAsync(root, path);
        }
    }

    private async Task<GitLabAnswer> SendAsync(InstanceUrl root, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(root.ToUri(), path));
        request.Headers.UserAgent.ParseAdd("GitLabPortal");
        request.Headers.Accept.ParseAdd("application/json");
        var answer = await GitLabAnswer.FetchAsync(client, request, cancellation);
        ServerTime = answer.Headers.Date ?? ServerTime;
        return answer;
    }
}
