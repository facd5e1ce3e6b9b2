using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;
using Microsoft.JSInterop;

namespace GitLabPortal.Connections.Wizard;

/// <summary>The wizard's page. The step and what was entered, but never the token, are in the address: back, forward and reload work.</summary>
public sealed partial class ConnectPage
{
    private ConnectWizard wizard = null!;
    private WizardStep step;
    private bool isQuick;
    private bool busy;
    private bool wasResumed;
    private bool wasLost;
    private bool isElsewhere;
    private bool wasTried;
    private bool isDrawnIdle;
    private WizardStep? focused;
    private WizardStep? goingTo;
    private CancellationTokenSource? running;
    private (string Url, bool PlainHttp, string? ApiUrl, string? Authorities, string Text)? sealedInput;

    [Inject] private IServiceProvider Services { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private IOptions<PortalOptions> Portal { get; set; } = null!;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Inject] private WizardSeal Seal { get; set; } = null!;

    [Inject] private Toasts Toasts { get; set; } = null!;

    [Inject] private IJSRuntime Script { get; set; } = null!;

    [SupplyParameterFromQuery(Name = "step")] private string? StepName { get; set; }

    [SupplyParameterFromQuery(Name = "url")] private string? EnteredUrl { get; set; }

    [SupplyParameterFromQuery(Name = "plain-http")] private string? EnteredPlainHttp { get; set; }

    [SupplyParameterFromQuery(Name = "read-only")] private string? EnteredReadOnly { get; set; }

    [SupplyParameterFromQuery(Name = "api-url")] private string? EnteredApiUrl { get; set; }

    [SupplyParameterFromQuery(Name = "ca")] private string? EnteredAuthorities { get; set; }

    [SupplyParameterFromQuery(Name = "seal")] private string? EnteredSeal { get; set; }

    [SupplyParameterFromQuery(Name = "mode")] private string? Mode { get; set; }

    private bool IsInsecureEntry => SecureEntry.IsInsecure(Navigation.BaseUri) && !Portal.Value.AllowInsecureTokenEntry;

    protected override void OnInitialized()
    {
        base.OnInitialized();
        wizard = ActivatorUtilities.CreateInstance<ConnectWizard>(Services);
    }

    protected override async Task OnParametersSetAsync()
    {
        goingTo = null;
        await base.OnParametersSetAsync();
        isQuick = Mode == "token";
        if (Access is null || !Access.Can(TeamRole.Admin)) return;

        await ResumeAsync();
        var wanted = Enum.TryParse<WizardStep>(StepName, ignoreCase: true, out var named) && Enum.IsDefined(named) ? named : WizardStep.Server;
        var reachable = wizard.Reachable(wanted);
        // Back while a check runs: its result must not pull the person forward again.
        if (reachable != step) await StopAsync();
        step = reachable;
        if (step == wanted || isQuick || !RendererInfo.IsInteractive) return;

        wasLost = wanted == WizardStep.Connect && step == WizardStep.Check;
        isElsewhere = true;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (isElsewhere)
        {
            // Not earlier: before the first drawing arrives, the browser would load the whole page anew.
            isElsewhere = false;
            RememberInput();
        }

        if (wasTried && isDrawnIdle)
        {
            // Here, when the browser has what was drawn: earlier there may be nothing yet to focus. Not after an older drawing either,
            // of which many may be under way when findings come in quickly.
            wasTried = false;
            await Script.InvokeVoidAsync("portal.focusError", Lifetime, ".wizard");
        }

        if (Access is null || isQuick || focused == step) return;
        var isFirst = focused is null;
        focused = step;
        // When the page opens, its main heading has the focus.
        if (!isFirst) await Script.InvokeVoidAsync("portal.focus", Lifetime, "#step-title");
    }

    private static string Title(WizardStep step) => step switch
    {
        WizardStep.Server => "Server",
        WizardStep.Token => "Token",
        WizardStep.Check => "Paste and check",
        _ => "Connect",
    };

    private static bool IsTrue(string? text) => bool.TryParse(text, out var value) && value;

    /// <summary>
    /// After a reload: takes the input from the address and, on a later step, checks the server again. From somebody else's link it
    /// takes no more than the text of the field.
    /// </summary>
    private async Task ResumeAsync()
    {
        if (wasResumed) return;
        wasResumed = true;
        wizard.Url = EnteredUrl is { Length: <= 2000 } ? EnteredUrl : "";
        var allowsPlainHttp = IsTrue(EnteredPlainHttp);
        var isOwn = Seal.Fits(EnteredSeal, Access!.AccountId, EnteredUrl, allowsPlainHttp, EnteredApiUrl, EnteredAuthorities);
        if (isOwn)
        {
            wizard.EnterApiUrl(EnteredApiUrl ?? "");
            wizard.AllowPlainHttp = allowsPlainHttp;
            if (PackedAuthorities.Unpack(EnteredAuthorities, Clock) is { } authorities) wizard.Trust(authorities);
            sealedInput = (EnteredUrl!, wizard.AllowPlainHttp, EnteredApiUrl, EnteredAuthorities, EnteredSeal!);
        }

        wizard.ReadOnly = IsTrue(EnteredReadOnly);
        var isLater = StepName is not null && !StepName.Equals(nameof(WizardStep.Server), StringComparison.OrdinalIgnoreCase);
        // Prerendering would check twice and show neither result for long.
        if (wizard.Url.Length == 0 || !isOwn || !isLater || !RendererInfo.IsInteractive) return;
        busy = true;
        try
        {
            if (await wizard.CheckServerAsync(Access!, Refresh, Lifetime) || wizard.AlreadyConnectedAs.Count == 0) return;
            // Going on to a later step had accepted that the team has this server already.
            await wizard.CheckServerAsync(Access!, Refresh, Lifetime);
        }
        finally
        {
            busy = false;
        }
    }

    private async Task CheckServerAsync()
    {
        await WhileBusyAsync(async (access, cancellationToken) =>
        {
            if (await wizard.CheckServerAsync(access, Refresh, cancellationToken)) GoTo(WizardStep.Token);
            else RememberInput();
        });
    }

    private async Task CheckTokenAsync(string pasted)
    {
        wasLost = false;
        await WhileBusyAsync(async (_, cancellationToken) =>
        {
            if (await wizard.CheckTokenAsync(pasted, Refresh, cancellationToken)) GoTo(WizardStep.Connect);
        });
    }

    private async Task ConnectAsync()
    {
        await WhileBusyAsync(async (access, _) =>
        {
            // Not to be stopped half way: what is saved is saved, whatever the person clicks next.
            var connected = await wizard.ConnectAsync(access, Lifetime);
            if (connected.IsSuccess) GoToConnections();
        });
    }

    private async Task WhileBusyAsync(Func<TeamAccess, CancellationToken, Task> work)
    {
        if (busy) return;
        busy = true;
        using var mine = running = CancellationTokenSource.CreateLinkedTokenSource(Lifetime);
        var stopped = mine.Token;
        try
        {
            var access = await AuthorizeAsync(TeamRole.Admin);
            if (access.IsSuccess) await work(access.Value, stopped);
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The page or the step was left: half a list of findings says nothing.
            if (step == WizardStep.Server) wizard.ForgetServer();
            else wizard.ForgetToken();
        }
        finally
        {
            busy = false;
            running = null;
        }

        wasTried = !Lifetime.IsCancellationRequested;
    }

    private Task StopAsync() => running?.CancelAsync() ?? Task.CompletedTask;

    private void GoTo(WizardStep target)
    {
        goingTo = target;
        Navigation.NavigateTo(Address(target));
    }

    /// <summary>A field was left. Not while a check runs or the next step is on its way: a button that goes away is left too, and would call the person back.</summary>
    private void RememberTyped()
    {
        if (!busy && goingTo is null) RememberInput();
    }

    private void RememberInput()
    {
        if (Navigation.Uri != Address(step)) Navigation.NavigateTo(Address(step), replace: true);
    }

    private void GoToConnections()
    {
        Toasts.Success("Connected. The repositories are being read now.");
        Navigation.NavigateTo($"team/{Slug}/settings#connections");
    }

    /// <summary>What was understood, or else the text as it is, unless it may hold a password.</summary>
    private static string? Rememberable(string url) =>
        InstanceUrl.Parse(url).Value?.BaseUrl ?? (url.Length is 0 or > 500 || url.Contains('@', StringComparison.Ordinal) ? null : url);

    /// <summary>The same for the same input: a seal that changed each time would make every address look new.</summary>
    private string? SealOf(string? url, string? apiUrl, string? authorities)
    {
        if (url is null || Access is null) return null;
        if (sealedInput is not { } last || (last.Url, last.PlainHttp, last.ApiUrl, last.Authorities) != (url, wizard.AllowPlainHttp, apiUrl, authorities))
        {
            sealedInput = last = (url, wizard.AllowPlainHttp, apiUrl, authorities, Seal.Of(Access.AccountId, url, wizard.AllowPlainHttp, apiUrl, authorities));
        }

        return last.Text;
    }

    private string Address(WizardStep target)
    {
        var url = Rememberable(wizard.Url);
        var apiUrl = Rememberable(wizard.ApiUrl);
        var authorities = PackedAuthorities.Pack(wizard.Authorities);
        return Navigation.GetUriWithQueryParameters(
            Navigation.ToAbsoluteUri($"team/{Slug}/settings/connections/new").ToString(),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["step"] = target.ToString().ToLowerInvariant(),
                ["url"] = url,
                ["plain-http"] = wizard.AllowPlainHttp ? "true" : null,
                ["read-only"] = wizard.ReadOnly ? "true" : null,
                ["api-url"] = apiUrl,
                ["ca"] = authorities,
                ["seal"] = SealOf(url, apiUrl, authorities),
            });
    }
}
