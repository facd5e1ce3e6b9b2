using System.Globalization;
using System.Net;
using System.Net.Sockets;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>The checks of one server before any token, and what they find out on the way. Holds sockets until it is disposed, but for the one that it leaves to others.</summary>
internal sealed class ServerChecks(GuardedHttp http, TimeProvider time, InstanceUrl address, NetworkPath path, KeptConnection kept) : IAsyncDisposable
{
    private const int MaxAddresses = 8;
    private static readonly TimeSpan PatienceForOthers = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CertificateEndsSoon = TimeSpan.FromDays(14);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly OutboundConnector connector = http.Connector;
    private readonly Uri uri = address.ToUri();
    private readonly CancellationTokenSource leaving = new();
    private IPAddress[] addresses = [];
    private IReadOnlyList<Task<DialResult>> dials = [];
    private DialResult? dialled;
    private Stream? connection;
    private PeerCertificate? certificate;
    private ProbeWire? wire;
    private SearchVerdict? verdict;

    public bool OneByOne { get; init; }

    private bool IsPrivate => connector.IsPrivate(addresses);

    public IReadOnlyList<PlannedCheck> All()
    {
        // The connector limits name, connection and TLS itself, each by Outbound:ConnectTimeout, and says more than a limit here could.
        var backstop = http.RequestTimeout * 2;
        return
        [
            new("name", "Name", "looking up the name", backstop, LookUpAsync),
            new("rules", "Portal's rules", "looking at the portal's rules", backstop, ApplyRulesAsync) { Needs = ["name"] },
            new("connection", "Connection", "connecting", backstop, ConnectAsync) { Needs = ["rules"] },
            new("tls", "Certificate", "agreeing on encryption", backstop, SecureAsync) { Needs = ["connection"] },
            new("http", "Web server", "waiting for an answer", backstop, AnswerAsync) { Needs = ["tls"] },
            new("gitlab", "GitLab", "looking for GitLab at this address", backstop * 2, SearchAsync) { Needs = ["http"] },
            new("own-address", "GitLab's own address", "comparing addresses", backstop, CompareAddressAsync) { Needs = ["gitlab"] },
            new("clock", "Clock", "comparing clocks", backstop, CompareClocksAsync) { Needs = ["gitlab"] },
            new("other-addresses", "Other addresses", "connecting to the name's other addresses", backstop, TryOthersAsync) { Needs = ["connection"] },
        ];
    }

    public ServerReport Report(IReadOnlyList<Finding> findings)
    {
        var found = verdict?.Address ?? address;
        return new(found, findings, verdict?.Issuer, [.. addresses.Select(a => a.ToString())], found.IsPlainHttp, IsPrivate) { Certificate = certificate };
    }

    public async ValueTask DisposeAsync()
    {
        await leaving.CancelAsync();
        foreach (var dial in dials)
        {
            await ((Task)dial).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // The one that carries the requests belongs to whoever keeps them.
            if (dial.IsCompletedSuccessfully && dial.Result.Stream is { } stream && (wire is null || !ReferenceEquals(dial.Result, dialled))) await stream.DisposeAsync();
        }

        if (connection is not null) await connection.DisposeAsync();
        leaving.Dispose();
    }

    private async Task<IReadOnlyList<Finding>> LookUpAsync(CancellationToken cancellation)
    {
        try
        {
            addresses = await connector.LookUpAsync(uri.IdnHost, cancellation);
        }
        catch (OutboundConnectException e)
        {
            return [ConnectFailures.ToFinding(e)];
        }

        var isLiteral = addresses is [var only] && only.ToString() == address.Host.Trim('[', ']');
        var list = string.Join(", ", addresses.Take(4)) + (addresses.Length > 4 ? $" and {addresses.Length - 4} more" : "");
        var code = IsPrivate ? NetworkCodes.NamePrivate : NetworkCodes.NameResolved;
        return
        [
            code.Saw(isLiteral
                ? $"{address.Host} is an address{(IsPrivate ? " in a private network" : "")}; there is no name to look up."
                : $"{address.Host} has the address{(addresses.Length > 1 ? "es" : "")} {list}{(IsPrivate ? ", a private network" : "")}."),
        ];
    }

    private Task<IReadOnlyList<Finding>> ApplyRulesAsync(CancellationToken cancellation)
    {
        try
        {
            connector.Vet(uri, addresses, path.PlainHttp);
        }
        catch (OutboundRefusedException e)
        {
            return Findings(ConnectFailures.ToFinding(e));
        }

        var proxy = connector.Proxies.For(uri.IdnHost, addresses);
        var network = IsPrivate
            ? addresses.Select(connector.Rules.AllowedBy).OfType<string>().FirstOrDefault() is { } setting ? $"{setting} allows the address" : "Private networks are allowed"
            : "Public addresses are allowed";
        var way = proxy switch
        {
            { Proxy: { } through } => $"the portal calls through the proxy {through.Authority} ({proxy.Setting})",
            { Exception: { } exception } => $"no proxy is used, because of the exception {exception} ({proxy.Setting})",
            _ => $"no proxy is set ({proxy.Setting})",
        };
        return Findings(NetworkCodes.RulesAllow.Saw($"{network}; {way}."));
    }

    private async Task<IReadOnlyList<Finding>> ConnectAsync(CancellationToken cancellation)
    {
        dials = [.. connector.Ways(uri, addresses).Take(MaxAddresses).Select(way => DialAsync(way, cancellation))];
        var open = dials.ToList();
        OutboundConnectException? first = null;
        while (open.Count > 0)
        {
            var next = await Task.WhenAny(open);
            open.Remove(next);
            var result = await next;
            if (result.Stream is not null)
            {
                dialled = result;
                var through = connector.Proxies.For(uri.IdnHost, addresses).Proxy;
                return [NetworkCodes.Connected.Saw(through is null ? $"{result.EndPoint} accepts connections." : $"The proxy {through.Authority} connects to {address.Authority}.")];
            }

            first ??= result.Failure;
        }

        var finding = ConnectFailures.ToFinding(first!, addresses, IsPrivate);
        return [await new ProtocolFallback(http, cancellation).ExplainAsync(first!, finding, address, IsPrivate)];
    }

    // Those that nobody waits for any more go on for the check of the other addresses, and end with this object at the latest.
    private async Task<DialResult> DialAsync(OutboundWay way, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(leaving.Token, cancellation);
        return await connector.DialAsync(uri, way, both.Token);
    }

    private async Task<IReadOnlyList<Finding>> TryOthersAsync(CancellationToken cancellation)
    {
        var others = dials.Where(d => !d.IsCompletedSuccessfully || !ReferenceEquals(d.Result, dialled)).ToList();
        if (others.Count == 0) return [];
        await Task.WhenAny(Task.WhenAll(others), Task.Delay(PatienceForOthers, cancellation));
        cancellation.ThrowIfCancellationRequested();
        var ways = connector.Ways(uri, addresses);
        var failed = dials.Select((dial, i) => (Dial: dial, ways[i].Address))
            .Where(d => !d.Dial.IsCompletedSuccessfully || d.Dial.Result.Failure is not null)
            .Select(d => $"{d.Address} {(d.Dial.IsCompletedSuccessfully && d.Dial.Result.Failure!.Failure is ConnectFailure.Refused ? "refuses" : "does not answer")}")
            .ToList();
        return failed.Count == 0 ? [] : [NetworkCodes.SomeAddressesFail.Saw($"Of {dials.Count} addresses {dials.Count - failed.Count} accept{(dials.Count - failed.Count == 1 ? "s" : "")} connections: {string.Join(", ", failed)}.")];
    }

    private async Task<IReadOnlyList<Finding>> SecureAsync(CancellationToken cancellation)
    {
        try
        {
            (connection, certificate) = await connector.SecureAsync(uri, dialled!, http.RootsOf(path), cancellation);
        }
        catch (OutboundConnectException e)
        {
            certificate = e.Certificate;
            return [await new ProtocolFallback(http, cancellation).ExplainAsync(e, ConnectFailures.ToFinding(e), address, IsPrivate)];
        }

        if (certificate is not { } seen) return [];
        var facts = CertificateFacts.Of(seen);
        var ends = seen.Leaf.NotAfter;
        var day = ends.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (ends - time.GetUtcNow() < CertificateEndsSoon) return [TlsCodes.EndsSoon.Saw($"The certificate is trusted, but only valid until {day}.") with { Facts = facts }];
        return
        [
            (seen.IsTrustedByExtra && path.Authorities is not null
                ? TlsCodes.TrustedByExtra.Saw($"The certificate is vouched for by the authority that was added to this connection, and valid until {day}.")
                : TlsCodes.Trusted.Saw($"The certificate is trusted and valid until {day}.")) with { Facts = facts },
        ];
    }

    private async Task<IReadOnlyList<Finding>> AnswerAsync(CancellationToken cancellation)
    {
        wire = new ProbeWire(http, path, connection!, kept);
        connection = null;
        var root = address.Candidates()[0];
        try
        {
            // Nothing is known after one of them alone, so both are asked at once.
            var asked = OneByOne ? [wire.GetAsync(root, InstanceSearch.Discovery)] : new[] { wire.GetAsync(root, InstanceSearch.Discovery), wire.GetAsync(root, InstanceSearch.Version) };
            var answer = (await Task.WhenAll(asked).WaitAsync(cancellation))[0];
            return
            [
                answer.HttpVersion < HttpVersion.Version11
                    ? ServerCodes.OldHttp.Saw($"The server answered with HTTP/{answer.HttpVersion}.")
                    : ServerCodes.Answers.Saw($"A web server answers{(ServerSigns.Software(answer) is { } software ? $": {software}" : "")}."),
            ];
        }
        catch (GitLabException e) when (GitLabFailures.ToFinding(e) is { } finding)
        {
            return [finding];
        }
    }

    private async Task<IReadOnlyList<Finding>> SearchAsync(CancellationToken cancellation)
    {
        try
        {
            verdict = await new InstanceSearch(wire!).RunAsync(address).WaitAsync(cancellation);
        }
        catch (GitLabException e) when (GitLabFailures.ToFinding(e) is { } finding)
        {
            return [finding];
        }

        if (verdict.Failure is { } failure) return [failure];
        var found = verdict.Address!;
        var isGitLab = ServerCodes.IsGitLab.Saw($"A GitLab server answers at {found.BaseUrl} ({verdict.Confidence}).");
        return found.IsPlainHttp
            ? [isGitLab, ServerCodes.PlainHttpUsed.Saw("The address begins with http://, and that was accepted for this private network.")]
            : [isGitLab];
    }

    private Task<IReadOnlyList<Finding>> CompareAddressAsync(CancellationToken cancellation)
    {
        var found = verdict!.Address!;
        if (verdict.Issuer is not { } issuer || InstanceUrl.Parse(issuer) is not { IsSuccess: true, Value: var claimed }) return Findings();
        return Findings(claimed.Equals(found)
            ? ServerCodes.AddressMatches.Saw("GitLab knows itself by the same address.")
            : ServerCodes.AddressDiffers.Saw($"Your GitLab's external_url says {claimed.BaseUrl}, you are at {found.BaseUrl}."));
    }

    private Task<IReadOnlyList<Finding>> CompareClocksAsync(CancellationToken cancellation)
    {
        if (wire!.ServerTime is not { } theirs) return Findings();
        var difference = (theirs - time.GetUtcNow()).Duration();
        return Findings(difference > ClockTolerance
            ? ServerCodes.ClockDiffers.Saw($"The server's clock and the portal's differ by {(int)difference.TotalMinutes} minutes.")
            : ServerCodes.ClockAgrees.Saw("The server's clock and the portal's agree."));
    }

    private static Task<IReadOnlyList<Finding>> Findings(params Finding[] findings) => Task.FromResult<IReadOnlyList<Finding>>(findings);
}
