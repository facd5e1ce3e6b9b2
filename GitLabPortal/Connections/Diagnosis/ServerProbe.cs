using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>
/// Finds the GitLab server behind what people pasted, or what stands in the way. Sends no token and no cookie. A healthy server is asked
/// two things at once; every connection is closed when the check ends or is cancelled.
/// </summary>
public sealed class ServerProbe(GuardedHttp http, TimeProvider time)
{
    /// <summary>One request after the other, to compare.</summary>
    internal bool OneByOne { get; init; }

    /// <param name="pasted">Any text; see <see cref="InstanceUrl.Parse"/>.</param>
    /// <param name="allowPlainHttp">A person accepted that the token will travel unencrypted within a private network.</param>
    /// <param name="progress">Told each finding as it is made.</param>
    /// <param name="cancellation">Ends the check and closes its sockets.</param>
    public Task<ServerReport> RunAsync(string pasted, bool allowPlainHttp, IProgress<Finding>? progress, CancellationToken cancellation) =>
        RunAsync(pasted, NetworkPath.For(allowPlainHttp), progress, cancellation);

    /// <param name="pasted">Any text; see <see cref="InstanceUrl.Parse"/>.</param>
    /// <param name="path">What a person accepted for this connection.</param>
    /// <param name="progress">Told each finding as it is made.</param>
    /// <param name="cancellation">Ends the check and closes its sockets.</param>
    public async Task<ServerReport> RunAsync(string pasted, NetworkPath path, IProgress<Finding>? progress, CancellationToken cancellation)
    {
        using var closed = new KeptConnection();
        return await RunAsync(pasted, path, progress, closed, cancellation);
    }

    /// <summary>The same; what it opened is left to the caller.</summary>
    internal async Task<ServerReport> RunAsync(string pasted, NetworkPath path, IProgress<Finding>? progress, KeptConnection kept, CancellationToken cancellation)
    {
        List<Finding> findings = [];
        var address = Understand(pasted, finding =>
        {
            findings.Add(finding with { Phase = "address" });
            progress?.Report(findings[^1]);
        });
        if (address is null || findings.Exists(f => f.Status is FindingStatus.Failed)) return new(address, findings, null, [], address?.IsPlainHttp ?? false, IsPrivate: false);

        await using var checks = new ServerChecks(http, time, address, path, kept) { OneByOne = OneByOne };
        findings.AddRange(await new CheckPlan(checks.All(), OneByOne).RunAsync(progress, cancellation));
        return checks.Report(findings);
    }

    private static InstanceUrl? Understand(string pasted, Action<Finding> say)
    {
        if (PastedToken.LooksLikeOne(pasted))
        {
            // A token in the wrong place goes no further, least of all to a name server.
            say(AddressCodes.IsToken.Saw("This looks like an access token. It was not used and is forgotten."));
            return null;
        }

        var parsed = InstanceUrl.Parse(pasted);
        if (!parsed.IsSuccess)
        {
            say((DiagnosisCodes.Find(parsed.Problem.Code) ?? AddressCodes.Invalid).Saw(parsed.Problem.Message));
            return null;
        }

        var address = parsed.Value;
        say(AddressCodes.Understood.Saw($"Understood as {address.BaseUrl}."));
        if (address.HadCredentials) say(AddressCodes.CredentialsDropped.Saw("The address held a user name or password. The portal does not keep them."));
        if (address.WasSsh) say(AddressCodes.WasSsh.Saw($"This was an SSH clone address. The portal uses https://{address.Host}."));
        if (address.IsGitLabCom) say(AddressCodes.GitLabCom.Saw("gitlab.com is not a server of your own."));
        return address;
    }
}
