using System.Net;

namespace GitLabPortal.Security;

/// <summary>
/// Put into a request's options, it learns how the request's connection came about; a pooled connection leaves it empty.
/// </summary>
public sealed class ConnectTrace
{
    internal static readonly HttpRequestOptionsKey<ConnectTrace> Key = new("GitLabPortal.ConnectTrace");

    /// <summary>
    /// Ends a connection attempt at once. Without it the framework keeps an attempt alive for other requests after its own was cancelled.
    /// </summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>All addresses of the name, allowed or not.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; internal set; } = [];

    public bool IsPrivate { get; internal set; }

    public IPEndPoint? Dialled { get; internal set; }

    public PeerCertificate? Certificate { get; internal set; }

    /// <summary>Called as each phase is done, on the connecting thread.</summary>
    public Action<ConnectPhase>? Done { get; init; }

    internal void Report(ConnectPhase phase) => Done?.Invoke(phase);

    public void AttachTo(HttpRequestMessage request) => request.Options.Set(Key, this);
}
