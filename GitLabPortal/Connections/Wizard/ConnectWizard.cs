using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;

namespace GitLabPortal.Connections;

public enum WizardStep { Server, Token, Check, Connect }

/// <summary>
/// The wizard without its looks: what was entered, what the checks saw, and what comes next. One per open page; the token waits in
/// memory between its check and the save, and nowhere else.
/// </summary>
public sealed class ConnectWizard(
    ServerProbe probe, TokenInspector inspector, GitLabClients clients, ConnectServer connect, ConnectionQueries queries)
{
    private CheckedConnection? passed;
    private string? acknowledgedBaseUrl;

    public string Url { get; set; } = "";

    public bool AllowPlainHttp { get; set; }

    /// <summary>Where the portal reaches the server, if that is not where people do.</summary>
    public string ApiUrl { get; private set; } = "";

    /// <summary>Trusted besides the machine's, for this connection only.</summary>
    public TrustedAuthorities? Authorities { get; private set; }

    public bool ReadOnly { get; set; }

    public string? Name { get; set; }

    public ConnectionCoverage Coverage { get; set; } = ConnectionCoverage.Everything;

    public List<ChosenGroup> Groups { get; } = [];

    /// <summary>What the server's checks saw last, live while they run.</summary>
    public IReadOnlyList<Finding> ServerFindings { get; private set; } = [];

    /// <summary>What the token's checks saw last, live while they run.</summary>
    public IReadOnlyList<Finding> TokenFindings { get; private set; } = [];

    public ServerReport? Server { get; private set; }

    public TokenPassport? Passport { get; private set; }

    public Problem? Problem { get; private set; }

    /// <summary>Connections that the team already has to this server.</summary>
    public IReadOnlyList<string> AlreadyConnectedAs { get; private set; } = [];

    public int MemberCount { get; private set; } = 1;

    /// <summary>The private-address question stands: the token would travel unencrypted.</summary>
    public bool NeedsPlainHttpConsent => ServerFindings.Any(f => f.Code == "plain-http-needs-consent") || AllowPlainHttp;

    /// <summary>What links for people begin with.</summary>
    public string BrowserUrl => ApiUrl.Length > 0 && InstanceUrl.Parse(Url) is { IsSuccess: true, Value: var people } ? people.BaseUrl : Server?.Address?.BaseUrl ?? Url;

    private string CalledUrl => ApiUrl.Length > 0 ? ApiUrl : Url;

    private NetworkPath Path => NetworkPath.For(AllowPlainHttp, Authorities);

    /// <summary>The last check stopped at that question.</summary>
    public bool LacksPlainHttpConsent => !AllowPlainHttp && NeedsPlainHttpConsent;

    /// <summary>What is wrong with the text of the address itself; null when it was understood.</summary>
    public string? AddressError => Server is { Address: null } ? ServerFindings.FirstOrDefault(f => f.Status == FindingStatus.Failed)?.Seen : null;

    public bool HasCheckedServer => Server is { CanContinue: true };

    public bool HasCheckedToken => passed is not null;

    /// <summary>The step that may be shown when <paramref name="wanted"/> is asked for: none can be skipped.</summary>
    public WizardStep Reachable(WizardStep wanted) => wanted switch
    {
        WizardStep.Connect when !HasCheckedToken => Reachable(WizardStep.Check),
        WizardStep.Token or WizardStep.Check or WizardStep.Connect when !HasCheckedServer => WizardStep.Server,
        _ => wanted,
    };

    /// <summary>Checks the entered server. True when the token step may follow.</summary>
    public async Task<bool> CheckServerAsync(TeamAccess access, Action changed, CancellationToken cancellationToken)
    {
        ForgetServer();
        var progress = new LiveFindings(list => ServerFindings = list, changed);
        var report = await probe.RunAsync(CalledUrl, Path, progress, cancellationToken);
        progress.Finish(report.Findings);
        Server = report;
        // A password in the pasted address is gone from here on: the field shows what was understood.
        var understood = report.Address?.BaseUrl ?? CalledUrl[(CalledUrl.LastIndexOf('@') + 1)..];
        if (ApiUrl.Length > 0) ApiUrl = understood;
        else Url = understood;
        if (!report.CanContinue || report.Address is null) return false;

        MemberCount = await queries.MemberCountAsync(access, cancellationToken);
        AlreadyConnectedAs = await queries.NamesForServerAsync(access, report.Address.BaseUrl, cancellationToken);
        if (AlreadyConnectedAs.Count == 0 || acknowledgedBaseUrl == report.Address.BaseUrl) return true;

        acknowledgedBaseUrl = report.Address.BaseUrl;
        ServerFindings = [.. ServerFindings, ConnectionCodes.AlreadyConnected.Saw($"It is connected as {string.Join(", ", AlreadyConnectedAs.Select(n => $"“{n}”"))}.")];
        return false;
    }

    /// <summary>Checks a pasted token. True when it can be connected; it is kept in memory until then, and forgotten otherwise.</summary>
    public async Task<bool> CheckTokenAsync(string pasted, Action changed, CancellationToken cancellationToken)
    {
        ForgetToken();
        if (Server is not { CanContinue: true, Address: { } address } server) return false;
        var cleaned = PastedToken.Read(new Secret(pasted));
        if (!cleaned.IsSuccess)
        {
            Problem = cleaned.Problem;
            return false;
        }

        var progress = new LiveFindings(list => TokenFindings = list, changed);
        var report = await inspector.RunAsync(new TokenCheckRequest(address, cleaned.Value, ReadOnly, Path, Coverage), progress, cancellationToken);
        progress.Finish(report.Findings);
        Passport = report.Passport;
        if (!report.CanConnect || report.Passport is null) return false;

        passed = new CheckedConnection(server, cleaned.Value, report.Passport, report.Findings, ReadOnly, NetworkPath.For(AllowPlainHttp && server.IsPlainHttp, Authorities))
        {
            BrowserUrl = BrowserUrl == address.BaseUrl ? null : BrowserUrl,
        };
        return true;
    }

    /// <summary>Groups that the token sees, for restricting the connection to some.</summary>
    public async Task<Result<IReadOnlyList<GitLabGroup>>> FindGroupsAsync(string? search, CancellationToken cancellationToken)
    {
        if (passed is null || Server?.Address is not { } address) return Result.Of<IReadOnlyList<GitLabGroup>>([]);
        try
        {
            var page = await clients.For(address.BaseUrl, passed.Token, passed.Path).Groups.ListAsync(search, 1, cancellationToken);
            return Result.Of<IReadOnlyList<GitLabGroup>>(page.Items);
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }

    /// <summary>Saves. On success the token is forgotten here; on failure everything stays for another try.</summary>
    public async Task<Result<Guid>> ConnectAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        Problem = null;
        if (passed is null) return new Problem.Invalid("token-missing", "Paste the token again: it was not kept.");
        var result = await connect.RunAsync(access, passed, new ConnectionChoice(Name, Coverage, Groups), cancellationToken);
        Problem = result.Problem;
        // What it can do stays in sight until the page is left; the token itself does not stay.
        if (result.IsSuccess) passed = null;
        return result;
    }

    /// <summary>Another address: nothing that was checked or accepted for the last one counts any more.</summary>
    public void EnterUrl(string? url)
    {
        if (url == Url) return;
        (AllowPlainHttp, Authorities) = (false, null);
        ForgetServer();
        var isToken = PastedToken.LooksLikeOne(url);
        // A token in the wrong field goes no further: not into the page's address, not to a name server.
        Url = isToken ? "" : url ?? "";
        if (isToken) Server = new ServerReport(null, ServerFindings = [AddressCodes.IsToken.Saw("This looks like an access token. It was not used and is forgotten.")], null, [], IsPlainHttp: false, IsPrivate: false);
    }

    /// <summary>The portal calls this address instead; empty to call the one that people use.</summary>
    public void EnterApiUrl(string? url)
    {
        if (url == ApiUrl) return;
        (AllowPlainHttp, Authorities) = (false, null);
        ForgetServer();
        ApiUrl = PastedToken.LooksLikeOne(url) ? "" : url?.Trim() ?? "";
    }

    /// <summary>After the person compared fingerprints: the next check trusts these.</summary>
    public void Trust(TrustedAuthorities authorities)
    {
        Authorities = authorities;
        ForgetToken();
    }

    public void ForgetServer()
    {
        Server = null;
        AlreadyConnectedAs = [];
        ServerFindings = [];
        ForgetToken();
    }

    public void ForgetToken()
    {
        passed = null;
        Passport = null;
        Problem = null;
        TokenFindings = [];
    }

    /// <summary>Collects findings as they come, perhaps from other threads. Each report hands out a new list: pages may be reading the last one.</summary>
    private sealed class LiveFindings(Action<IReadOnlyList<Finding>> show, Action changed) : IProgress<Finding>
    {
        private readonly Lock gate = new();
        private IReadOnlyList<Finding> soFar = [];
        private bool finished;

        public void Report(Finding value)
        {
            lock (gate)
            {
                if (finished) return;
                soFar = [.. soFar, value];
                show(soFar);
            }

            changed();
        }

        /// <summary>The report is the truth; late progress no longer counts.</summary>
        public void Finish(IReadOnlyList<Finding> findings)
        {
            lock (gate)
            {
                finished = true;
                show(findings);
            }
        }
    }
}
