using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Connections.Wizard;

/// <summary>The wizard's page. The step and what was entered, but never the token, are in the address: back, forward and reload work.</summary>
public sealed partial class ConnectPage
{
    private ConnectWizard wizard = null!;
    private WizardStep step;
    private bool isQuick;
    private bool busy;
    private bool wasResumed;

    [Inject] private IServiceProvider Services { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private IOptions<PortalOptions> Portal { get; set; } = null!;

    [Inject] private WizardSeal Seal { get; set; } = null!;

    [Inject] private Toasts Toasts { get; set; } = null!;

    [SupplyParameterFromQuery(Name = "step")] private string? StepName { get; set; }

    [SupplyParameterFromQuery(Name = "url")] private string? EnteredUrl { get; set; }

    [SupplyParameterFromQuery(Name = "plain-http")] private bool? EnteredPlainHttp { get; set; }

    [SupplyParameterFromQuery(Name = "read-only")] private bool? EnteredReadOnly { get; set; }

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
        await base.OnParametersSetAsync();
        isQuick = Mode == "token";
        if (Access is null || !Access.Can(TeamRole.Admin)) return;

        await ResumeAsync();
        var wanted = Enum.TryParse<WizardStep>(StepName, ignoreCase: true, out var named) && Enum.IsDefined(named) ? named : WizardStep.Server;
        step = wizard.Reachable(wanted);
    }

    private static string Title(WizardStep step) => step switch
    {
        WizardStep.Server => "Server",
        WizardStep.Token => "Token",
        WizardStep.Check => "Paste and check",
        _ => "Connect",
    };

    /// <summary>
    /// After a reload: takes the input from the address and, on a later step, checks the server again. From somebody else's link it
    /// takes no more than the text of the field.
    /// </summary>
    private async Task ResumeAsync()
    {
        if (wasResumed) return;
        wasResumed = true;
        wizard.Url = EnteredUrl is { Length: <= 2000 } ? EnteredUrl : "";
        var isOwn = Seal.Fits(EnteredSeal, Access!.AccountId, EnteredUrl, EnteredPlainHttp ?? false);
        wizard.AllowPlainHttp = isOwn && (EnteredPlainHttp ?? false);
        wizard.ReadOnly = EnteredReadOnly ?? false;
        var isLater = StepName is not null && !StepName.Equals(nameof(WizardStep.Server), StringComparison.OrdinalIgnoreCase);
        // Prerendering would check twice and show neither result for long.
        if (wizard.Url.Length == 0 || !isOwn || !isLater || !RendererInfo.IsInteractive) return;
        busy = true;
        try
        {
            if (!await wizard.CheckServerAsync(Access!, Refresh, Lifetime)) await wizard.CheckServerAsync(Access!, Refresh, Lifetime);
        }
        finally
        {
            busy = false;
        }
    }

    private async Task CheckServerAsync()
    {
        await WhileBusyAsync(async access =>
        {
            if (await wizard.CheckServerAsync(access, Refresh, Lifetime)) GoTo(WizardStep.Token);
            else RememberInput();
        });
    }

    private async Task CheckTokenAsync(string pasted)
    {
        await WhileBusyAsync(async access =>
        {
            if (await wizard.CheckTokenAsync(pasted, Refresh, Lifetime)) GoTo(WizardStep.Connect);
        });
    }

    private async Task ConnectAsync()
    {
        await WhileBusyAsync(async access =>
        {
            var connected = await wizard.ConnectAsync(access, Lifetime);
            if (connected.IsSuccess) GoToConnections();
        });
    }

    private async Task WhileBusyAsync(Func<TeamAccess, Task> work)
    {
        if (busy) return;
        var access = await AuthorizeAsync(TeamRole.Admin);
        if (!access.IsSuccess) return;
        busy = true;
        try
        {
            await work(access.Value);
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

    private void GoTo(WizardStep target) => Navigation.NavigateTo(Address(target));

    private void RememberInput() => Navigation.NavigateTo(Address(step), replace: true);

    private void GoToConnections()
    {
        Toasts.Success("Connected. The repositories are being read now.");
        Navigation.NavigateTo($"team/{Slug}/settings#connections");
    }

    private string Address(WizardStep target)
    {
        var url = InstanceUrl.Parse(wizard.Url).Value?.BaseUrl;
        return Navigation.GetUriWithQueryParameters(
            Navigation.ToAbsoluteUri($"team/{Slug}/settings/connections/new").ToString(),
            new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["step"] = target.ToString().ToLowerInvariant(),
                ["url"] = url,
                ["plain-http"] = wizard.AllowPlainHttp ? "true" : null,
                ["read-only"] = wizard.ReadOnly ? "true" : null,
                ["seal"] = url is null || Access is null ? null : Seal.Of(Access.AccountId, url, wizard.AllowPlainHttp),
            });
    }
}
