using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>
/// Finds the GitLab server behind what people pasted, or the first thing that stands in the way. Sends no token and no cookie.
/// A healthy server is asked two times; every connection is closed when the check ends or is cancelled.
/// </summary>
public sealed class ServerProbe(GuardedHttp http, TimeProvider time)
{
    /// <param name="pasted">Any text; see <see cref="InstanceUrl.Parse"/>.</param>
    /// <param name="allowPlainHttp">A person accepted that the token will travel unencrypted within a private network.</param>
    /// <param name="progress">Told each finding as it is made.</param>
    /// <param name="cancellation">Ends the check and closes its sockets.</param>
    public async Task<ServerReport> RunAsync(string pasted, bool allowPlainHttp, IProgress<Finding>? progress, CancellationToken cancellation)
    {
        var log = new FindingLog(progress);
        var parsed = InstanceUrl.Parse(pasted);
        if (!parsed.IsSuccess)
        {
            log.Add(new Finding(FindingStatus.Failed, parsed.Problem.Code, ServerCodes.Invalid.Title, parsed.Problem.Message, ServerCodes.Invalid.Fix, FixOwner.You));
            return new(null, log.Findings, null, [], IsPlainHttp: false, IsPrivate: false);
        }

        var address = parsed.Value;
        log.Add(ServerCodes.Understood.Saw($"Understood as {address.BaseUrl}."));
        if (address.HadCredentials) log.Add(ServerCodes.CredentialsDropped.Saw("The address held a user name or password. The portal does not keep them."));
        if (address.WasSsh) log.Add(ServerCodes.WasSsh.Saw($"This was an SSH clone address. The portal uses https://{address.Host}."));
        if (address.IsGitLabCom)
        {
            log.Add(ServerCodes.GitLabCom.Saw("gitlab.com is not a server of your own."));
            return new(address, log.Findings, null, [], address.IsPlainHttp, IsPrivate: false);
        }

        using var wire = new ProbeWire(http, address, allowPlainHttp, log, cancellation);
        var search = new InstanceSearch(wire);
        try
        {
            var verdict = await search.RunAsync(address);
            if (verdict.Failure is { } failure) log.Add(failure);
            else Conclude(verdict, wire, log);
            return Report(verdict.Address ?? address, verdict.Issuer);
        }
        catch (GitLabException e) when (GitLabFailures.ToFinding(e) is { } finding)
        {
            log.Add(await new ProtocolFallback(http, cancellation).ExplainAsync(e, finding, address, wire.Trace));
            return Report(address, issuer: null);
        }

        ServerReport Report(InstanceUrl at, string? issuer) =>
            new(at, log.Findings, issuer, [.. wire.Trace.Addresses.Select(a => a.ToString())], at.IsPlainHttp, wire.Trace.Addresses.Count > 0 && wire.Trace.IsPrivate);
    }

    private void Conclude(SearchVerdict verdict, ProbeWire wire, FindingLog log)
    {
        var found = verdict.Address!;
        log.Add(ServerCodes.IsGitLab.Saw($"A GitLab server answers at {found.BaseUrl}."));
        if (found.IsPlainHttp) log.Add(ServerCodes.PlainHttpUsed.Saw("The address begins with http://, and that was accepted for this private network."));
        if (verdict.Issuer is { } issuer && InstanceUrl.Parse(issuer) is { IsSuccess: true, Value: var claimed })
        {
            log.Add(claimed.Equals(found)
                ? ServerCodes.AddressMatches.Saw("GitLab knows itself by the same address.")
                : ServerCodes.AddressDiffers.Saw($"Your GitLab's external_url says {claimed.BaseUrl}, you are at {found.BaseUrl}."));
        }

        if (wire.ServerTime is { } theirs)
        {
            var difference = (theirs - time.GetUtcNow()).Duration();
            log.Add(difference > TimeSpan.FromMinutes(5)
                ? ServerCodes.ClockDiffers.Saw($"The server's clock and the portal's differ by {(int)difference.TotalMinutes} minutes.")
                : ServerCodes.ClockAgrees.Saw("The server's clock and the portal's agree."));
        }
    }
}

/// <summary>Collects findings and tells them on, in order.</summary>
internal sealed class FindingLog(IProgress<Finding>? progress)
{
    private readonly List<Finding> findings = [];

    public IReadOnlyList<Finding> Findings => findings;

    public void Add(Finding finding)
    {
        findings.Add(finding);
        progress?.Report(finding);
    }
}
