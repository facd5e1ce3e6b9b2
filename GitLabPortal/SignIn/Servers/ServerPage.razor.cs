using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

public sealed partial class ServerPage
{
    private ServerDetails? server;
    private Problem? problem;
    private Problem? removeProblem;
    private bool isGone;
    private bool busy;

    [Parameter] public Guid Id { get; set; }

    [Inject] private ServerQueries Servers { get; set; } = null!;

    [Inject] private ServerAccess ServerRights { get; set; } = null!;

    [Inject] private CheckApplication Check { get; set; } = null!;

    [Inject] private RemoveServer Remove { get; set; } = null!;

    [Inject] private Dialogs Dialogs { get; set; } = null!;

    [Inject] private Toasts Toasts { get; set; } = null!;

    [Inject] private NavigationManager Location { get; set; } = null!;

    [Inject] private IOptions<PortalOptions> Portal { get; set; } = null!;

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = null!;

    private string Address => PortalAddress.Of(Portal.Value, Location);

    private bool IsUnfinished => server?.SetUp?.State is SetUpState.Begun;

    private bool IsElsewhere => server?.Application is { } application && application.RedirectUri != Address + SetOut.CallbackPath;

    private string SetUpText => IsUnfinished ? "Continue or undo" : server?.Application is null ? "Set up sign-in" : "Repair or undo";

    protected override Task OnParametersSetAsync() => LoadAsync();

    private async Task LoadAsync()
    {
        server = await Servers.FindAsync(Id, Lifetime);
        isGone = server is null;
    }

    private async Task CheckAsync()
    {
        if (busy || server?.Application is not { } application) return;
        if (!(await ServerRights.AdministratorAsync((await Authentication).User, Lifetime)).IsSuccess) return;
        busy = true;
        var state = await Check.RunAsync(application.Id, Lifetime);
        busy = false;
        problem = state.Problem;
        if (state.Value is ApplicationState.Current && state.IsSuccess) Toasts.Success("GitLab knows the application.");
        await LoadAsync();
    }

    private async Task RemoveAsync()
    {
        if (server is null) return;
        var actor = await ServerRights.AdministratorAsync((await Authentication).User, Lifetime);
        if (!actor.IsSuccess)
        {
            removeProblem = actor.Problem;
            return;
        }

        var host = new Uri(server.BaseUrl).Host;
        if (!await Dialogs.ConfirmAsync("Remove server", $"{server.BaseUrl} and everybody's link to it are forgotten.", "Remove server", danger: true, typedConfirmation: host)) return;
        var removed = await Remove.RunAsync(actor.Value, Id, Lifetime);
        removeProblem = removed.Problem;
        if (removed.IsSuccess) Location.NavigateTo("servers");
    }
}
