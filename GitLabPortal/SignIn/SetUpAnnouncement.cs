using GitLabPortal.Accounts;
using GitLabPortal.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>
/// Prints the set-up link once, when the portal listens and has no account yet. To the console, not to the log: logs are collected
/// and kept, and whoever reads the link in time owns the portal.
/// </summary>
internal sealed class SetUpAnnouncement(
    AccountQueries accounts, SetUpCode code, IServer server, IOptions<PortalOptions> portal, TextWriter console) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (await accounts.AnyAsync(cancellationToken)) return;

        var listening = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var address = portal.Value.PublicUrl is { Length: > 0 } url ? url : listening.Select(Reachable).FirstOrDefault("http://localhost");
        await console.WriteLineAsync($"""

            This portal is not set up yet. Whoever opens this link first becomes its administrator:

                {address.TrimEnd('/')}/setup?code={Uri.EscapeDataString(code.Value)}

            """);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>An address that a browser on this machine can open: <c>http://[::]:5080</c> listens everywhere and leads nowhere.</summary>
    internal static string Reachable(string listening)
    {
        var address = BindingAddress.Parse(listening);
        var host = address.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "localhost" : address.Host;
        return $"{address.Scheme}://{host}:{address.Port}";
    }
}
