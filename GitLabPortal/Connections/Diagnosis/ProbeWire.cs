using System.Collections.Concurrent;
using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Sends the probe's requests, each once, beginning on a connection that is open already.</summary>
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
        asked.GetOrAdd((root.BaseUrl, path), _ => new(() => SendAsync(root, path))).Value;

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
