using GitLabPortal.Kernel;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;

namespace GitLabPortal.Teams;

/// <summary>
/// A page of a team, or a section of one. It finds out whether the person may be here when it opens, and again whenever the
/// membership or the session changes: a removed person is led away at once, a changed role shows at once.
/// Render nothing of the team while <see cref="Access"/> is null.
/// </summary>
[Authorize]
public abstract class TeamPage : LiveComponent
{
    private string? openedSlug;
    private IDisposable? subscription;

    [Parameter] public string Slug { get; set; } = "";

    [Inject] private TeamAuthorizer Authorizer { get; set; } = null!;

    [Inject] private MembershipFeed Memberships { get; set; } = null!;

    [Inject] private AuthenticationStateProvider Authentication { get; set; } = null!;

    [Inject] private NavigationManager Location { get; set; } = null!;

    /// <summary>What the person may do, for deciding what to show. Before doing anything, call <see cref="AuthorizeAsync"/>.</summary>
    protected TeamAccess? Access { get; private set; }

    /// <summary>There is no such team for this person; the not-found page is shown instead.</summary>
    protected bool Denied { get; private set; }

    /// <summary>
    /// Reads what the page shows. Called with <see cref="Access"/> set: when the page opens, when it moves to another team and when the
    /// person's role or the team's name changed. For other parameters override <see cref="OnParametersSetAsync"/> and call the base first.
    /// </summary>
    protected virtual Task LoadAsync() => Task.CompletedTask;

    /// <summary>Asks for permission as of now. Call it for each action and hand the answer to the use case.</summary>
    protected async Task<Result<TeamAccess>> AuthorizeAsync(TeamRole atLeast)
    {
        var access = await AskAsync(atLeast);
        if (!access.IsSuccess) await LookAgainAsync();
        return access;
    }

    protected override void OnInitialized()
    {
        Authentication.AuthenticationStateChanged += OnAuthenticationChanged;
        subscription = Memberships.Subscribe(OnMembershipChanged);
    }

    protected override async Task OnParametersSetAsync()
    {
        if (string.Equals(openedSlug, Slug, StringComparison.Ordinal)) return;

        var slug = openedSlug = Slug;
        (Access, Denied) = (null, false);
        var access = await AskAsync(TeamRole.Member);
        if (!string.Equals(slug, Slug, StringComparison.Ordinal)) return;

        if (access.IsSuccess)
        {
            Access = access.Value;
            await LoadAsync();
        }
        else
        {
            Denied = true;
            Location.NotFound();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Authentication.AuthenticationStateChanged -= OnAuthenticationChanged;
            subscription?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<Result<TeamAccess>> AskAsync(TeamRole atLeast)
    {
        var state = await Authentication.GetAuthenticationStateAsync();
        return await Authorizer.AuthorizeAsync(state.User, Slug, atLeast, Lifetime);
    }

    private async Task LookAgainAsync()
    {
        if (Access is null) return;

        var access = await AskAsync(TeamRole.Member);
        if (access.Value == Access) return;

        Access = access.Value;
        Denied = !access.IsSuccess;
        if (Access is not null) await LoadAsync();
        else await LeaveAsync();
        StateHasChanged();
    }

    private async Task LeaveAsync()
    {
        var state = await Authentication.GetAuthenticationStateAsync();
        // A full load: it also ends the circuit, and with it whatever else still shows the team. An ended session leads to the sign-in page by itself.
        if (state.User.Identity is { IsAuthenticated: true }) Location.NavigateTo("/", forceLoad: true);
    }

    private void OnMembershipChanged(MembershipChanged change)
    {
        if (Access is { } access && change.TeamId == access.TeamId && (change.AccountId is null || change.AccountId == access.AccountId))
        {
            LookAgainSoon();
        }
    }

    private void OnAuthenticationChanged(Task<AuthenticationState> state) => LookAgainSoon();

    private void LookAgainSoon() => RunSoon(LookAgainAsync);

    /// <summary>Runs on the renderer's thread, but not before the caller, a feed's publisher, has gone on with its own work.</summary>
    protected void RunSoon(Func<Task> work) => _ = Task.Run(() => RunOnRendererAsync(async () =>
    {
        try
        {
            await work();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await DispatchExceptionAsync(e);
        }
    }));
}
