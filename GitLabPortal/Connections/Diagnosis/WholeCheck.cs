using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <param name="Server">What the checks of the server saw.</param>
/// <param name="Token">Null when the server stood in the way.</param>
public sealed record WholeReport(ServerReport Server, TokenReport? Token)
{
    public IReadOnlyList<Finding> Findings => [.. Server.Findings, .. Token?.Findings ?? []];
}

/// <summary>Checks a server and a token in one go, over one connection.</summary>
public sealed class WholeCheck(ServerProbe probe, TokenInspector inspector)
{
    /// <param name="pasted">Any text; see <see cref="InstanceUrl.Parse"/>.</param>
    /// <param name="path">How the calls travel.</param>
    /// <param name="ask">What to ask of the token at the address that was found.</param>
    /// <param name="progress">Told each finding as it is made.</param>
    /// <param name="cancellation">Ends the check and closes its sockets.</param>
    public async Task<WholeReport> RunAsync(
        string pasted, NetworkPath path, Func<InstanceUrl, TokenCheckRequest> ask, IProgress<Finding>? progress, CancellationToken cancellation)
    {
        using var kept = new KeptConnection();
        var server = await probe.RunAsync(pasted, path, progress, kept, cancellation);
        if (server is not { CanContinue: true, Address: { } address }) return new(server, null);
        return new(server, await inspector.RunAsync(ask(address), progress, kept, cancellation));
    }
}

/// <summary>What the checks of a server leave open for those of a token. Disposed, it closes all of it.</summary>
internal sealed class KeptConnection : IDisposable
{
    private readonly CancellationTokenSource ending = new();

    public CancellationToken Ending => ending.Token;

    /// <summary>Null until a server answered.</summary>
    public HttpClient? Client { get; set; }

    public void Dispose()
    {
        ending.Cancel();
        Client?.Dispose();
        ending.Dispose();
    }
}
