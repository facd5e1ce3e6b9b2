using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Teams;

/// <summary>The team's name and address, and the way out of it.</summary>
public sealed partial class GeneralSection(
    TeamQueries teams, RenameTeam rename, LeaveTeam leave, MembershipFeed memberships, Dialogs dialogs, Toasts toasts,
    NavigationManager location, IOptions<PortalOptions> portal)
{
    private FieldErrors errors = FieldErrors.None;
    private Problem? leaveProblem;
    private IDisposable? subscription;
    private string? name;
    private bool isOnlyOwner;
    private bool isSaving;
    private bool isLeaving;

    private string Address => $"{PortalAddress.Of(portal.Value, location)}/team/{Slug}";

    protected override void OnInitialized()
    {
        base.OnInitialized();
        // Whether one may leave depends on the others.
        subscription = memberships.Subscribe(change =>
        {
            if (change.TeamId == Access?.TeamId) RunSoon(CountOwnersAsync);
        });
    }

    protected override async Task LoadAsync()
    {
        name = Access!.TeamName;
        errors = FieldErrors.None;
        await CountOwnersAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) subscription?.Dispose();
        base.Dispose(disposing);
    }

    private async Task CountOwnersAsync()
    {
        if (Access is not { } access) return;
        var members = await teams.MembersAsync(access, Lifetime);
        isOnlyOwner = access.Role == TeamRole.Owner && members.Count(m => m.Role == TeamRole.Owner) == 1;
        StateHasChanged();
    }

    private async Task RenameAsync()
    {
        var access = await AuthorizeAsync(TeamRole.Admin);
        isSaving = true;
        var renamed = access.IsSuccess ? await rename.RunAsync(access.Value, name, Lifetime) : access.Problem;
        isSaving = false;
        errors = renamed.Problem is { } problem ? FieldErrors.Of(problem) : FieldErrors.None;
        if (renamed.IsSuccess) toasts.Success("The team's name is saved.");
    }

    private async Task LeaveAsync()
    {
        var isSure = await dialogs.ConfirmAsync(
            "Leave the team?", $"You lose access to {Access?.TeamName} at once. To come back you need a new invitation.", "Leave team", danger: true);
        if (!isSure) return;

        var access = await AuthorizeAsync(TeamRole.Member);
        isLeaving = true;
        var left = access.IsSuccess ? await leave.RunAsync(access.Value, Lifetime) : access.Problem;
        isLeaving = false;
        leaveProblem = left.Problem;
    }
}
