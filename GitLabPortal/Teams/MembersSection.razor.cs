using GitLabPortal.Kernel;
using GitLabPortal.UI;

namespace GitLabPortal.Teams;

/// <summary>Who is in the team and who is invited.</summary>
public sealed partial class MembersSection(
    TeamQueries teams, ChangeRole changeRole, RemoveMember removeMember, CreateInvitation createInvitation, RevokeInvitation revokeInvitation,
    MembershipFeed memberships, Dialogs dialogs, Toasts toasts)
{
    private IReadOnlyList<MemberRow>? members;
    private IReadOnlyList<InvitationRow> invitations = [];
    private IDisposable? subscription;
    private Problem? problem;
    private bool isInviting;

    // A new number draws the rows anew: the browser keeps what somebody chose in a list even when it was refused.
    private int attempt;

    protected override void OnInitialized()
    {
        base.OnInitialized();
        subscription = memberships.Subscribe(change =>
        {
            if (change.TeamId == Access?.TeamId) RunSoon(LoadAsync);
        });
    }

    protected override async Task LoadAsync()
    {
        if (Access is not { } access) return;
        members = await teams.MembersAsync(access, Lifetime);
        invitations = await teams.InvitationsAsync(access, Lifetime);
        StateHasChanged();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) subscription?.Dispose();
        base.Dispose(disposing);
    }

    private bool MayChange(MemberRow member) =>
        Membership.MayManage(Access!.Role, member.Role) && !(member.AccountId == Access.AccountId && IsOnlyOwner(member));

    private bool IsOnlyOwner(MemberRow member) => member.Role == TeamRole.Owner && members!.Count(m => m.Role == TeamRole.Owner) == 1;

    private static string RevokeLabel(InvitationRow invitation) =>
        $"{(invitation.IsExpired ? "Remove" : "Revoke")} the invitation for {invitation.Email ?? "anyone with the link"}";

    private async Task ChangeRoleAsync(MemberRow member, string? chosen)
    {
        if (!Enum.TryParse<TeamRole>(chosen, out var role)) return;

        var isOwnLoss = member.AccountId == Access?.AccountId && role < member.Role;
        if (isOwnLoss && !await dialogs.ConfirmAsync("Give up your role?", $"You become {RoleWords.WithArticle(role)}. You cannot take the role back yourself.", "Change my role", danger: true))
        {
            attempt++;
            return;
        }

        await ActAsync(access => changeRole.RunAsync(access, member.AccountId, role, Lifetime), $"{member.Name} is {RoleWords.WithArticle(role)} now.");
    }

    private async Task RemoveAsync(MemberRow member)
    {
        var isSure = await dialogs.ConfirmAsync(
            $"Remove {member.Name}?",
            $"{member.Email} loses access to the team at once. What they added stays. To come back they need a new invitation.",
            "Remove", danger: true);
        if (isSure) await ActAsync(access => removeMember.RunAsync(access, member.AccountId, Lifetime), $"{member.Name} is removed.");
    }

    private Task RevokeAsync(InvitationRow invitation) => ActAsync(
        access => revokeInvitation.RunAsync(access, invitation.Id, Lifetime), "The invitation is revoked; its link no longer works.");

    private async Task<Result<CreatedInvitation>> CreateInvitationAsync(InvitationRequest request)
    {
        var access = await AuthorizeAsync(TeamRole.Admin);
        if (!access.IsSuccess) return access.Problem;

        var created = await createInvitation.RunAsync(access.Value, request, Lifetime);
        await LoadAsync();
        return created;
    }

    private async Task ActAsync(Func<TeamAccess, Task<Result>> act, string success)
    {
        var access = await AuthorizeAsync(TeamRole.Admin);
        var result = access.IsSuccess ? await act(access.Value) : access.Problem;
        problem = result.Problem;
        if (result.IsSuccess) toasts.Success(success);
        else attempt++;
        await LoadAsync();
    }
}
