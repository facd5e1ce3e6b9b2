using System.Collections.Concurrent;
using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Sends the probe's requests, each once, beginning on a connection that is open already.</summary>
internal sealed class ProbeWire : IDisposable
{
    private readonly HttpClient client;
    private readonly CancellationToken cancellation;
    private readonly ConcurrentDictionary<(string Root, string Path), Lazy<Task<GitLabAnswer>>> asked = [];

    public ProbeWire(GuardedHttp http, NetworkPath path, Stream connection, CancellationToken cancellation)
    {
        client = http.Own(path, new DedicatedConnections { Cancellation = cancellation, First = connection });
        this.cancellation = cancellation;
    }

    /// <summary>By the last answer's Date header.</summary>
    public DateTimeOffset? ServerTime { get; private set; }

    /// <summary>The answer; the same one when asked again.</summary>
    public Task<GitLabAnswer> GetAsync(InstanceUrl root, string path) =>
        asked.GetOrAdd((root.BaseUrl, path), _ => new(() => SendAsync(root, path))).Value;

    public void Dispose() => client.Dispose();

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
