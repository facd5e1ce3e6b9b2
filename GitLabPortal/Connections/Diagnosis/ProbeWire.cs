using System.Globalization;
using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Sends the probe's requests, and tells how the first connection came about.</summary>
internal sealed class ProbeWire : IDisposable
{
    private readonly HttpClient client;
    private readonly InstanceUrl address;
    private readonly FindingLog log;
    private readonly CancellationToken cancellation;
    private readonly HashSet<ConnectPhase> told = [];

    public ProbeWire(GuardedHttp http, InstanceUrl address, bool allowPlainHttp, FindingLog log, CancellationToken cancellation)
    {
        client = http.Own(allowPlainHttp ? PlainHttp.ToPrivateAddresses : PlainHttp.Never);
        (this.address, this.log, this.cancellation) = (address, log, cancellation);
        Trace = new ConnectTrace { Cancellation = cancellation, Done = Tell };
    }

    public ConnectTrace Trace { get; }

    /// <summary>By the last answer's Date header.</summary>
    public DateTimeOffset? ServerTime { get; private set; }

    public async Task<GitLabAnswer> GetAsync(InstanceUrl root, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(root.ToUri(), path));
        request.Headers.UserAgent.ParseAdd("GitLabPortal");
        request.Headers.Accept.ParseAdd("application/json");
        Trace.AttachTo(request);
        var answer = await GitLabAnswer.FetchAsync(client, request, cancellation);
        ServerTime = answer.Headers.Date ?? ServerTime;
        return answer;
    }

    public void Dispose() => client.Dispose();

    private void Tell(ConnectPhase phase)
    {
        if (!told.Add(phase)) return;
        log.Add(phase switch
        {
            ConnectPhase.Resolve => ServerCodes.NameResolved.Saw(
                Trace.Addresses is [var only] && only.ToString() == address.Host.Trim('[', ']')
                    ? $"{address.Host} is an address{(Trace.IsPrivate ? " in a private network" : "")}; there is no name to look up."
                    : $"{address.Host} has the address {string.Join(", ", Trace.Addresses.Take(4))}{(Trace.IsPrivate ? ", a private network" : "")}."),
            ConnectPhase.Connect => ServerCodes.Connected.Saw($"{Trace.Dialled} accepts connections."),
            _ => ServerCodes.CertificateTrusted.Saw(
                Trace.Certificate is { } c
                    ? $"The certificate is trusted and valid until {c.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}."
                    : "The certificate is trusted."),
        });
    }
}
