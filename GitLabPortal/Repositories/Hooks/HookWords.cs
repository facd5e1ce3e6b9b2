using System.Globalization;
using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Repositories;

/// <summary>What stands in the way of a hook, what to do, and who can.</summary>
public sealed record HookTrouble(string Code, string Text)
{
    public static readonly HookTrouble Missing = new(
        "hook-missing", "GitLab does not have the hook any more: somebody removed it there. Choose “Repair” to make it again.");

    public static readonly HookTrouble Changed = new(
        "hook-changed", "Somebody changed the hook on GitLab, or GitLab was upgraded and can sign its messages now. Choose “Repair” to set it right.");

    public static readonly HookTrouble KeyLost = new(
        "hook-key-lost", "The key that protects the hook's secret is lost, so the portal accepts nothing from it. Choose “Repair” to give it a new one.");

    public static readonly HookTrouble Refused = new(
        "hook-secret", "GitLab calls, but with another secret than the portal knows, or its clock is wrong by more than five minutes, so the portal accepts nothing. Choose “Repair” to set the secret again; a GitLab admin can check the clock.");

    public static HookTrouble Moved(string old, string now) => new(
        "hook-address", $"GitLab still calls {old}, but the portal is at {now} now. Choose “Repair” to tell GitLab.");

    public static HookTrouble NotReached(string url) => new(
        "hook-not-reached",
        $"GitLab sent a test to {url} and nothing arrived here. The GitLab server must be able to open this address: a network admin can check its name, the firewall and the certificate. If the portal has another address, its operator sets it as Portal:PublicUrl; then choose “Repair”.");

    public static HookTrouble Stopped(GitLabHook hook) => new(
        "hook-stopped",
        $"GitLab stopped calling{(hook.DisabledUntil is { } until ? string.Create(CultureInfo.InvariantCulture, $" until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC") : "")} because deliveries failed. Choose “Repair” to send a test; when it arrives, GitLab goes on.");

    public static HookTrouble Of(Problem problem) => new(problem.Code, problem.Message);

    /// <summary>As long as the table takes.</summary>
    public (string Code, string Text) Fit() => (Code.Length > 80 ? Code[..80] : Code, Text.Length > 1000 ? Text[..1000] : Text);
}

internal static class HookProblems
{
    public static readonly Problem NotOffered = new Problem.Forbidden(
        "hook-needs-admin",
        "Instant updates need the token of a GitLab administrator that may also write. Replace the token of this connection, or go on without: changes are found by reading.");

    public static readonly Problem Off = new Problem.NotFound("hook-off", "Instant updates are off already. Reload the page to see how things are.");

    public static readonly Problem TokenLost = new Problem.Conflict(SyncProblem.TokenLost.Code, SyncProblem.TokenLost.Text);

    /// <summary>Null for what does not come from a call to GitLab.</summary>
    public static Problem? Of(Exception e, string url) => e switch
    {
        GitLabRejectedException { Reason: RejectedReason.HookAddress } => new Problem.Conflict(
            "hook-address-refused",
            $"GitLab does not want to call {url}: it is in the local network, and this GitLab does not let system hooks go there. A GitLab admin can allow it under Admin area > Settings > Network > Outbound requests: “Allow requests to the local network from system hooks”."),
        GitLabForbiddenException { Reason: ForbiddenReason.Unspecified or ForbiddenReason.InsufficientScope } => new Problem.Forbidden(
            "hook-forbidden",
            "GitLab does not let this token change system hooks. It must be an administrator's and have the scope api; where Admin Mode is on, also admin_mode. A GitLab admin can make such a token; then choose “Replace token”."),
        _ => GitLabFailures.ToProblem(e),
    };

    /// <summary>GitLab understood and did nothing; otherwise nobody knows whether it did.</summary>
    public static bool IsCertain(Exception e) => e is GitLabRejectedException or GitLabForbiddenException or GitLabUnauthorizedException or GitLabNotFoundException;
}
