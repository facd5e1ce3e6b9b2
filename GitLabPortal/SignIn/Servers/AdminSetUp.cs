using System.Threading.RateLimiting;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

public enum AdminSetUpStep { Server, Token, Plan, Progress, Done }

/// <summary>Keeps guests, whom anybody with the address may be where set-up is open, from using the portal to knock at doors.</summary>
public sealed class GuestLimit : IDisposable
{
    public static readonly Problem TooMany = new Problem.Forbidden("setup-too-many", "Too many servers were tried just now. Wait a minute, then try again.");

    private readonly FixedWindowRateLimiter limiter = new(new() { PermitLimit = 10, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 });

    public bool Allows(SetUpRight right)
    {
        if (right.IsAdministrator) return true;
        using var lease = limiter.AttemptAcquire();
        return lease.IsAcquired;
    }

    public void Dispose() => limiter.Dispose();
}

/// <summary>
/// The set-up page without its looks. One per open page; the admin token waits in its memory between check and end, and nowhere else.
/// </summary>
public sealed class AdminSetUp(
    ServerProbe probe, CheckAdminToken check, DraftPlan draft, CheckDrift drift, ApplySetUp apply, UndoSetUp undo, SetUpJournal journal, ServerQueries queries,
    ServerAccess access, GuestLimit limit, IDbContextFactory<PortalDb> contexts)
{
    private AdminToken? admin;
    private string? trustedFor;
    private Guid? setUpId;

    public AdminSetUpStep Step { get; private set; }

    public string Url { get; set; } = "";

    /// <summary>Where the portal reaches the server, if that is not where people do; an administrator's choice.</summary>
    public string ApiUrl { get; set; } = "";

    public bool AllowPlainHttp { get; set; }

    /// <summary>Trusted besides the machine's, for this server.</summary>
    public TrustedAuthorities? Authorities { get; private set; }

    public bool RevokeAtEnd { get; set; } = true;

    public ServerReport? Server { get; private set; }

    public IReadOnlyList<Finding> Findings { get; private set; } = [];

    public Problem? Problem { get; private set; }

    public SetUpPlan? Plan { get; set; }

    /// <summary>What is there already: conflicts of the plan, and what changed since an earlier set-up.</summary>
    public IReadOnlyList<Finding> PlanFindings { get; private set; } = [];

    public ServerSetUp? SetUp { get; private set; }

    public IReadOnlyList<GitLabGroup> Groups { get; private set; } = [];

    /// <summary>Those that the plan may remove.</summary>
    public IReadOnlyList<OldApplication> RemovableApplications { get; private set; } = [];

    /// <summary>What became of the admin token at the end.</summary>
    public string? TokenFate { get; private set; }

    public bool IsPlainHttp => Server?.IsPlainHttp ?? false;

    public bool NeedsPlainHttpConsent => AllowPlainHttp || Findings.Any(f => f.Code == "plain-http-needs-consent");

    public string? BaseUrl => Reached?.BaseUrl;

    /// <summary>Null until the server was found.</summary>
    public ReachedServer? Reached => Server is { CanContinue: true, Address: { } address }
        ? new(address.BaseUrl, NetworkPath.For(AllowPlainHttp && IsPlainHttp, Authorities), ApiUrl.Length > 0 && Url != address.BaseUrl ? Url : null)
        : null;

    private string CalledUrl => ApiUrl.Length > 0 ? ApiUrl : Url;

    /// <summary>After somebody compared fingerprints: the next check trusts these.</summary>
    public void Trust(TrustedAuthorities authorities) => (Authorities, trustedFor) = (authorities, CalledUrl);

    public async Task CheckServerAsync(SetUpRight right, CancellationToken cancellationToken)
    {
        Forget();
        if (!limit.Allows(right))
        {
            Problem = GuestLimit.TooMany;
            return;
        }

        await RecallNetworkAsync(right, cancellationToken);
        Server = await probe.RunAsync(CalledUrl, NetworkPath.For(AllowPlainHttp, Authorities), null, cancellationToken);
        Findings = Server.Findings;
        var understood = Server.Address?.BaseUrl ?? CalledUrl[(CalledUrl.LastIndexOf('@') + 1)..];
        if (ApiUrl.Length > 0) ApiUrl = understood;
        else Url = understood;
        if (Authorities is not null) trustedFor = understood;
        if (BaseUrl is null) return;
        var may = await access.MayTouchAsync(right, BaseUrl, cancellationToken);
        if (may.IsSuccess) (Step, Findings) = (AdminSetUpStep.Token, []);
        else Problem = may.Problem;
    }

    /// <summary>Checks the token and draws up the plan, or shows the set-up that stopped in the middle.</summary>
    public async Task CheckTokenAsync(SetUpRight right, string pasted, string portalAddress, CancellationToken cancellationToken)
    {
        (admin, Problem, Findings) = (null, null, []);
        if (BaseUrl is null) return;
        if (!limit.Allows(right))
        {
            Problem = GuestLimit.TooMany;
            return;
        }

        var checkedToken = await check.RunAsync(BaseUrl, Reached!.Path, pasted, cancellationToken);
        if (!checkedToken.IsSuccess)
        {
            Problem = checkedToken.Problem;
            Findings = (checkedToken.Problem as Problem.Refused)?.Findings ?? [];
            return;
        }

        admin = checkedToken.Value;
        if (await queries.UnfinishedAsync(BaseUrl, cancellationToken) is { } unfinished)
        {
            (SetUp, setUpId, Step) = (unfinished, unfinished.Id, AdminSetUpStep.Progress);
            return;
        }

        await DrawUpAsync(portalAddress, cancellationToken);
    }

    /// <summary>Looks again after a change of the plan; true when nothing stands in its way.</summary>
    public async Task<bool> CheckPlanAsync(CancellationToken cancellationToken)
    {
        if (admin is null || Plan is null) return false;
        var found = await draft.CheckAsync(admin, Plan, cancellationToken);
        PlanFindings = found.Value ?? [];
        Problem = found.Problem;
        return found.IsSuccess && !PlanFindings.Any(f => f.Status is FindingStatus.Failed);
    }

    public async Task FindGroupsAsync(string? search, CancellationToken cancellationToken)
    {
        if (admin is null) return;
        try
        {
            Groups = (await admin.Client().Groups.ListAsync(search, 1, cancellationToken)).Items;
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            Problem = problem;
        }
    }

    public async Task ApplyAsync(SetUpRight right, SetUpOrder order, string? code, Action changed, CancellationToken cancellationToken)
    {
        Problem = null;
        if (admin is null || (setUpId is null && Plan is null)) return;
        var may = await access.MayTouchAsync(right, admin.BaseUrl, cancellationToken);
        if (!may.IsSuccess)
        {
            Problem = may.Problem;
            return;
        }

        if (setUpId is null)
        {
            if (!await CheckPlanAsync(cancellationToken)) return;
            // A guest brings nobody into a team and connects none.
            var begun = await apply.BeginAsync(right.IsAdministrator ? Plan! : Plan! with { ConnectTeam = null, WithHook = false, OldApplications = [] }, order, cancellationToken);
            if (!begun.IsSuccess)
            {
                Problem = begun.Problem;
                return;
            }

            setUpId = begun.Value;
        }

        Step = AdminSetUpStep.Progress;
        await ReadAsync(cancellationToken);
        changed();
        var done = await apply.RunAsync(setUpId.Value, admin, order, Look(changed), cancellationToken);
        Problem = done.Problem;
        await ReadAsync(cancellationToken);
        if (!done.IsSuccess) return;
        await access.UseLinkAsync(code, CancellationToken.None);
        await EndAsync();
    }

    public async Task UndoAsync(SetUpOrder order, Action changed, CancellationToken cancellationToken)
    {
        Problem = null;
        if (admin is null || (setUpId ?? SetUp?.Id) is not { } id) return;
        Step = AdminSetUpStep.Progress;
        var undone = await undo.RunAsync(id, admin, order, Look(changed), cancellationToken);
        Problem = undone.Problem;
        if (!undone.IsSuccess)
        {
            await ReadAsync(cancellationToken);
            return;
        }

        (SetUp, setUpId) = (null, null);
        await EndAsync();
    }

    public void Back()
    {
        Problem = null;
        if (Step is AdminSetUpStep.Plan) (Step, admin, Plan) = (AdminSetUpStep.Token, null, null);
        else if (Step is AdminSetUpStep.Token) Forget();
    }

    /// <summary>What was accepted for this server before. Guests may accept an authority for a new server alone, and never choose where people are sent.</summary>
    private async Task RecallNetworkAsync(SetUpRight right, CancellationToken cancellationToken)
    {
        if (!right.IsAdministrator) ApiUrl = "";
        if (ApiUrl.Length > 0 && InstanceUrl.Parse(Url) is { IsSuccess: true, Value: var people }) Url = people.BaseUrl;
        if (trustedFor != CalledUrl) Authorities = null;
        if (InstanceUrl.Parse(CalledUrl) is not { IsSuccess: true, Value: var called }) return;
        if (await queries.NetworkOfAsync(called.BaseUrl, cancellationToken) is not { } known) return;
        if (Authorities is null || (!right.IsAdministrator && known.IsUsed)) Authorities = known.Authorities;
        if (ApiUrl.Length == 0 && known.BrowserUrl is { } address) (Url, ApiUrl) = (address, known.BaseUrl);
    }

    private async Task DrawUpAsync(string portalAddress, CancellationToken cancellationToken)
    {
        var drawn = await draft.RunAsync(admin!, portalAddress, cancellationToken);
        if (!drawn.IsSuccess)
        {
            Problem = drawn.Problem;
            return;
        }

        Plan = drawn.Value with { BrowserUrl = Reached!.BrowserUrl };
        Step = AdminSetUpStep.Plan;
        var drifted = await drift.RunAsync(admin!, Plan.RedirectUri, cancellationToken);
        PlanFindings = drifted.Value ?? [];
        RemovableApplications = await OldAsync(cancellationToken);
        Plan = Plan with { OldApplications = RemovableApplications };
        if (PlanFindings.Count > 0) await RepairAsync(cancellationToken);
        else await CheckPlanAsync(cancellationToken);
        await FindGroupsAsync(null, cancellationToken);
    }

    /// <summary>Of a server that is set up already, only what is broken is ticked.</summary>
    private async Task RepairAsync(CancellationToken cancellationToken)
    {
        bool IsBroken(string code) => PlanFindings.Any(f => f.Code == code && f.Status is FindingStatus.Failed);
        bool IsThere(string code) => PlanFindings.Any(f => f.Code == code);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var withBot = await CheckDrift.LastWithBotAsync(db, admin!.BaseUrl, cancellationToken);
        SetUp = withBot ?? await db.Set<ServerSetUp>().AsNoTracking().Include(s => s.Receipts)
            .Where(s => s.Server!.BaseUrl == admin.BaseUrl && s.State == SetUpState.Done).OrderByDescending(s => s.StartedAt).FirstOrDefaultAsync(cancellationToken);
        var earlier = withBot is null ? null : SetUpPlan.FromJson(withBot.Plan);
        // By its number: it may have been renamed on GitLab.
        var reused = IsBroken(CheckDrift.TokenCode) && withBot is not null && SetUpStepRunner.IdOf(withBot, SetUpSteps.Bot) is { } bot
            ? await admin.Client().Administration.FindUserAsync(bot, cancellationToken)
            : null;
        Plan = Plan! with
        {
            WithApplication = IsBroken(CheckDrift.ApplicationCode) || !IsThere(CheckDrift.ApplicationCode),
            WithBot = IsBroken(CheckDrift.TokenCode) || (IsBroken(CheckDrift.BotCode) && PlanFindings.All(f => f.Owner is not FixOwner.GitLabAdmin)) || !IsThere(CheckDrift.BotCode),
            ReuseBot = reused is not null,
            BotUsername = reused?.Username ?? Plan!.BotUsername,
            ConnectTeam = earlier?.ConnectTeam,
            Groups = IsBroken(CheckDrift.BotCode) && earlier is not null ? earlier.Groups : [],
            WithHook = IsBroken(CheckDrift.HookCode),
        };
    }

    /// <summary>Applications whose place another one has taken, as soon as that one has worked.</summary>
    private async Task<IReadOnlyList<OldApplication>> OldAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return [.. (await ServerQueries.OldApplicationsAsync(db, admin!.BaseUrl, cancellationToken)).Where(o => o.IsReplaced).Select(o => o.Application)];
    }

    /// <summary>The journal is read anew after each step, for whoever watches.</summary>
    private Func<Task> Look(Action changed) => async () =>
    {
        await ReadAsync(CancellationToken.None);
        changed();
    };

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (setUpId is { } id) SetUp = await journal.ReadAsync(id, cancellationToken) ?? SetUp;
    }

    private async Task EndAsync()
    {
        Step = AdminSetUpStep.Done;
        if (RevokeAtEnd)
        {
            var revoked = await admin!.RevokeAsync(CancellationToken.None);
            TokenFate = revoked.IsSuccess ? "The admin token is revoked." : $"The admin token could not be revoked: {revoked.Problem.Message} Revoke it on GitLab by hand.";
        }
        else
        {
            TokenFate = "The admin token still works, as you wished. The portal has forgotten it.";
        }

        admin = null;
    }

    private void Forget()
    {
        (Step, Server, admin, Plan, SetUp, setUpId, Problem) = (AdminSetUpStep.Server, null, null, null, null, null, null);
        (Findings, PlanFindings) = ([], []);
    }
}
