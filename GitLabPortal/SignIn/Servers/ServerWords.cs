using GitLabPortal.Connections;
using GitLabPortal.UI;

namespace GitLabPortal.SignIn;

/// <summary>How the state of a server's sign-in and the steps of its set-up are said.</summary>
internal static class ServerWords
{
    public static string State(ApplicationState? signIn, bool isUnfinished) => (signIn, isUnfinished) switch
    {
        (_, true) => "Set-up unfinished",
        (null, _) => "Sign-in not set up",
        (ApplicationState.Missing, _) => "Sign-in broken",
        _ => "Sign-in works",
    };

    public static CalloutKind Kind(ApplicationState? signIn, bool isUnfinished) => (signIn, isUnfinished) switch
    {
        (_, true) => CalloutKind.Warning,
        (null, _) => CalloutKind.Neutral,
        (ApplicationState.Missing, _) => CalloutKind.Danger,
        _ => CalloutKind.Success,
    };

    public static string Step(SetUpPlan plan, string step) => step switch
    {
        SetUpSteps.Application => $"OAuth application “{plan.ApplicationName}”",
        SetUpSteps.Bot => $"{(plan.AsServiceAccount ? "Service account" : "User")} @{plan.BotUsername}",
        SetUpSteps.BotToken => $"Token of @{plan.BotUsername} ({string.Join(", ", SetUpPlan.BotScopes)})",
        SetUpSteps.Connection => $"Connection of the team {plan.ConnectTeam}",
        SetUpSteps.Hook => $"System hook that calls {plan.PortalAddress}",
        _ when SetUpSteps.IsRemoval(step) => $"Old application that led back to {plan.OldApplications.FirstOrDefault(a => SetUpSteps.Remove(a) == step)?.RedirectUri}: removed from GitLab",
        _ => $"@{plan.BotUsername} joins {plan.Groups.FirstOrDefault(g => SetUpSteps.Member(g) == step)?.FullPath ?? step} as reporter",
    };

    public static string State(SetUpReceipt? receipt) => receipt?.State switch
    {
        null => "waits",
        ReceiptState.Begun => "begun",
        ReceiptState.Done => receipt.GitLabId is { } id ? $"done, GitLab's number {id}" : "done",
        _ => "undone",
    };

    public static string Icon(SetUpReceipt? receipt) => receipt?.State switch
    {
        null => "clock",
        ReceiptState.Begun => "more",
        ReceiptState.Done => "check-circle",
        _ => "undo",
    };
}
