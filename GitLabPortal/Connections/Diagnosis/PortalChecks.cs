using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Connections;

/// <summary>Looks at the portal's own configuration; changes nothing and needs no database. Wrong settings never get this far.</summary>
internal sealed class PortalChecks(IOptions<PortalOptions> portal, IOptions<DataOptions> data, IOptions<OutboundOptions> outbound, OutboundConnector connector)
{
    public Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellation)
    {
        var limit = outbound.Value.ConnectTimeout * 3;
        return new CheckPlan(
        [
            new("settings", "Settings", "reading settings", limit, _ => Task.FromResult<IReadOnlyList<Finding>>([PortalCodes.Settings.Saw("Every setting can be understood.")])),
            new("data", "Data directory", "trying the data directory", limit, _ => Task.FromResult<IReadOnlyList<Finding>>([TryData()])) { Needs = ["settings"] },
            new("portal-address", "Portal's address", "reading settings", limit, _ => Task.FromResult(SelfDescription())) { Needs = ["settings"] },
            new("proxy", "Outgoing proxy", "connecting to the proxy", limit, TryProxyAsync) { Needs = ["settings"] },
        ]).RunAsync(progress: null, cancellation);
    }

    private Finding TryData()
    {
        var directory = data.Value.FullDirectory;
        // The nearest folder that exists decides whether the rest can be made.
        var existing = new DirectoryInfo(directory);
        while (existing is { Exists: false, Parent: { } parent }) existing = parent;
        var trial = Path.Combine(existing.FullName, $".gitlabportal-{Guid.NewGuid():N}");
        try
        {
            using var _ = new FileStream(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return PortalCodes.DataWritable.Saw($"{directory} can be written.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return PortalCodes.DataRefused.Saw($"Nothing can be written to {directory} by the user who runs this.");
        }
    }

    private IReadOnlyList<Finding> SelfDescription()
    {
        var settings = portal.Value;
        List<Finding> findings =
        [
            settings.PublicUrl switch
            {
                "" => PortalCodes.AddressMissing.Saw("Portal:PublicUrl is empty."),
                var url when new Uri(url) is { Scheme: "https" } or { IsLoopback: true } => PortalCodes.Address.Saw($"People use {url}."),
                var url => PortalCodes.AddressPlain.Saw($"People use {url}, which is not encrypted."),
            },
        ];
        if (settings.EgressAddresses.Length == 0) findings.Add(PortalCodes.EgressUnknown.Saw("Portal:EgressAddresses is empty."));
        if (settings.SupportContact.Length == 0) findings.Add(PortalCodes.ContactMissing.Saw("Portal:SupportContact is empty."));
        return findings;
    }

    private async Task<IReadOnlyList<Finding>> TryProxyAsync(CancellationToken cancellation)
    {
        if (outbound.Value.ProxyUrl.Length == 0) return [];
        var proxy = new Uri(outbound.Value.ProxyUrl);
        return await connector.ReachesProxyAsync(proxy, cancellation)
            ? [PortalCodes.ProxyAnswers.Saw($"{proxy.Authority} accepts connections.")]
            : [NetworkCodes.ProxyUnreachable.Saw($"{proxy.Authority} cannot be reached from here.")];
    }
}
