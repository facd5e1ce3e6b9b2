using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;

namespace GitLabPortal.Connections;

/// <summary>One connection: what it is, how it does, and what an admin can do with it.</summary>
public sealed partial class ConnectionCardView
{
    private const int ExpiryWarningDays = 30;

    private IReadOnlyList<Finding> live = [];
    private Problem? problem;
    private SecretField? field;
    private bool busy;
    private bool isChecking;
    private (string Function, string Selector)? nextFocus;
    private bool isReplacing;
    private bool isNetworking;
    private bool isMoving;
    private bool isDrawnIdle;

    [Parameter, EditorRequired] public ConnectionCard Card { get; set; } = null!;

    [Parameter] public bool CanManage { get; set; }

    /// <summary>Asks for permission as of now; each action does.</summary>
    [Parameter, EditorRequired] public Func<Task<Result<TeamAccess>>> Authorize { get; set; } = null!;

    [Inject] private IEnumerable<ConnectionCardPart> Parts { get; set; } = null!;

    [Inject] private IEnumerable<ConnectionCardNotice> Notices { get; set; } = null!;

    [Inject] private IEnumerable<RemovalConsequence> Consequences { get; set; } = null!;

    [Inject] private CheckConnection Check { get; set; } = null!;

    [Inject] private ReplaceToken Replace { get; set; } = null!;

    [Inject] private ChangeConnectionNetwork Network { get; set; } = null!;

    [Inject] private RenameConnection Rename { get; set; } = null!;

    [Inject] private RemoveConnection Remove { get; set; } = null!;

    [Inject] private SyncRequest Sync { get; set; } = null!;

    [Inject] private Dialogs Dialogs { get; set; } = null!;

    [Inject] private Toasts Toasts { get; set; } = null!;

    [Inject] private IJSRuntime Script { get; set; } = null!;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private IOptions<PortalOptions> Portal { get; set; } = null!;

    private bool IsInsecureEntry => SecureEntry.IsInsecure(Navigation.BaseUri) && !Portal.Value.AllowInsecureTokenEntry;

    private Dictionary<string, object> PartParameters => new(StringComparer.Ordinal)
    {
        ["ConnectionId"] = Card.Id,
        ["CanManage"] = CanManage,
        ["Authorize"] = Authorize,
    };

    private string Edition => Card.IsEnterprise switch { true => ", Enterprise Edition", false => ", Community Edition", _ => "" };

    private string Expiry => Card.TokenExpiresOn is { } date ? RelativeTimes.DescribeExpiry(date, Clock.GetUtcNow()) : "";

    private bool ExpiresSoon => Card.TokenExpiresOn is { } date
        && date.DayNumber - DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime).DayNumber <= ExpiryWarningDays;

    private bool IsExpired => Card.TokenExpiresOn is { } date && date <= DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime);

    private string TokenText => $"{(Card.TokenName is { } name ? $"“{name}”, a " : "A ")}{ConnectionTokens.KindWord(Card.TokenKind)}{(Card.TokenUsername is { } user ? $" of @{user}" : "")} ";

    private string CoverageText => Card.Coverage switch
    {
        ConnectionCoverage.Memberships => "What the token's account is a member of",
        ConnectionCoverage.Groups => $"The groups {string.Join(", ", Card.Groups)}",
        _ => "Everything the token can see",
    };

    private CalloutKind StatusKind => Card.Status != ConnectionStatus.Working || IsExpired ? CalloutKind.Danger : ExpiresSoon ? CalloutKind.Warning : CalloutKind.Success;

    private string StatusWord => Card.Status switch
    {
        ConnectionStatus.Unreachable => "Not reachable",
        ConnectionStatus.TokenRefused => "Token refused",
        ConnectionStatus.TokenLost => "Token lost",
        _ => IsExpired ? "Token expired" : ExpiresSoon ? "Token expires soon" : "Working",
    };

    private string StatusTitle => Card.Status switch
    {
        ConnectionStatus.Unreachable => "The portal does not reach this GitLab",
        ConnectionStatus.TokenRefused => "GitLab refuses the token",
        _ => "The stored token cannot be read",
    };

    private string StatusAdvice => Card.Status switch
    {
        ConnectionStatus.Unreachable => "What was read before stays. Choose “Check now” to see the cause, who can fix it and how.",
        ConnectionStatus.TokenRefused => "What was read before stays. An admin of the team can choose “Replace token”, or “Check now” to see the cause.",
        _ => "The key that protected it is gone. An admin of the team can choose “Replace token”. Repositories and projects stay.",
    };

    /// <summary>Beside the field while it is open: what was wrong with what was pasted.</summary>
    private string? FieldError => isReplacing && problem is Problem.Invalid or Problem.Refused { Code: "token-refused" } ? problem.Message : null;

    private string ElementId => $"connection-{Card.Id:N}";

    private Task CheckAsync() => ActAsync(isCheck: true, async access =>
    {
        var result = await Check.RunAsync(access, Card.Id, new LiveList(this), Lifetime);
        problem = result.Problem;
        if (result.IsSuccess) live = result.Value;
    });

    private Task SyncAsync() => ActAsync(isCheck: false, async access =>
    {
        var requested = await Sync(access, Card.Id, Lifetime);
        problem = requested.Problem;
        if (requested.IsSuccess) Toasts.Success("Reading the repositories again.");
    });

    private async Task ReplaceAsync()
    {
        if (busy || field is null) return;
        var pasted = await field.TakeAsync(Lifetime);
        await ActAsync(isCheck: true, async access =>
        {
            var result = await Replace.RunAsync(access, Card.Id, pasted, new LiveList(this), Lifetime);
            problem = result.Problem;
            if (result.IsSuccess)
            {
                isReplacing = false;
                live = [];
                Toasts.Success("The new token is in use.");
            }
            else if (result.Problem is Problem.Refused refused)
            {
                live = refused.Findings;
            }
        });
        if (isReplacing) FocusError();
        else FocusMenu();
    }

    private async Task RenameAsync()
    {
        var name = await Dialogs.AskAsync("Rename connection", "Name", Card.Name, "Rename", Connection.MaxNameLength);
        if (name is null || name.Trim() == Card.Name) return;
        await ActAsync(isCheck: false, async access =>
        {
            var renamed = await Rename.RunAsync(access, Card.Id, name, Lifetime);
            // Not typed in this card's own field: shown as a notice.
            problem = renamed.Problem is { } refused ? new Problem.Conflict(refused.Code, refused.Message) : null;
        });
        FocusError();
    }

    private async Task RemoveAsync()
    {
        var lines = new List<string> { $"The portal forgets the token and stops reading {Card.BaseUrl}." };
        foreach (var consequence in Consequences)
        {
            if (await consequence(Card.Id, Lifetime) is { } line) lines.Add(line);
        }

        lines.Add("On GitLab nothing changes: revoke the token there if it is no longer needed.");
        if (!await Dialogs.ConfirmAsync($"Remove “{Card.Name}”?", string.Join("\n", lines), "Remove connection", danger: true)) return;
        await ActAsync(isCheck: false, async access =>
        {
            var removed = await Remove.RunAsync(access, Card.Id, Lifetime);
            problem = removed.Problem;
            if (removed.IsSuccess) Toasts.Success($"“{Card.Name}” was removed.");
        });
    }

    private void OpenReplace()
    {
        (isReplacing, isNetworking, isMoving, problem, live) = (true, false, false, null, []);
        Focus("focus", " .replace :is(input, button)");
    }

    private void OpenNetwork()
    {
        (isReplacing, isNetworking, isMoving, problem, live) = (false, true, false, null, []);
        Focus("focus", " .network textarea");
    }

    private void OpenAddress()
    {
        (isReplacing, isNetworking, isMoving, problem, live) = (false, false, true, null, []);
        Focus("focus", " .change-address input");
    }

    private void AddressClosed(bool isChanged)
    {
        CloseForms();
        if (isChanged) Toasts.Success("The portal calls the new address.");
    }

    private async Task SaveNetworkAsync(NetworkSettings settings)
    {
        await ActAsync(isCheck: true, async access =>
        {
            var result = await Network.RunAsync(access, Card.Id, settings, new LiveList(this), Lifetime);
            problem = result.Problem;
            if (result.IsSuccess)
            {
                (isNetworking, live) = (false, []);
                Toasts.Success("The network settings are in use.");
            }
            else if (result.Problem is Problem.Refused refused)
            {
                live = refused.Findings;
            }
        });
        if (isNetworking) FocusError();
        else FocusMenu();
    }

    private void CloseForms()
    {
        (isReplacing, isNetworking, isMoving, problem, live) = (false, false, false, null, []);
        FocusMenu();
    }

    private void FocusError() => Focus("focusError");

    /// <summary>Where the form was opened from.</summary>
    private void FocusMenu() => Focus("focus", " summary");

    private void Focus(string function, string within = "")
    {
        nextFocus = ($"portal.{function}", $"#{ElementId}{within}");
        StateHasChanged();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (nextFocus is not { } next || !isDrawnIdle) return;
        // Here, when the browser has what was drawn, and not an older drawing: earlier there may be nothing yet to focus.
        nextFocus = null;
        await Script.InvokeVoidAsync(next.Function, Lifetime, next.Selector);
    }

    private async Task ActAsync(bool isCheck, Func<TeamAccess, Task> act)
    {
        if (busy) return;
        (busy, isChecking, problem, live) = (true, isCheck, null, []);
        StateHasChanged();
        try
        {
            var access = await Authorize();
            if (access.IsSuccess) await act(access.Value);
            else problem = access.Problem;
        }
        catch (OperationCanceledException) when (Lifetime.IsCancellationRequested)
        {
            // The page was left.
        }
        finally
        {
            busy = false;
        }
    }

    private sealed class LiveList(ConnectionCardView card) : IProgress<Finding>
    {
        private readonly Lock gate = new();

        public void Report(Finding value)
        {
            lock (gate) card.live = [.. card.live, value];
            card.Refresh();
        }
    }
}
