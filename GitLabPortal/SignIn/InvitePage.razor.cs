using GitLabPortal.Accounts;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.SignIn;

public sealed partial class InvitePage(
    TeamQueries teams, AccountQueries accounts, AcceptInvitation accept, BrowserSession session, FailedTries failures, NavigationManager location)
{
    private static readonly AccountRegistrationValidator Validator = new();

    private FieldErrors errors = FieldErrors.None;
    private Problem? unusable;
    private InvitationView? invitation;
    private AccountSummary? person;
    private bool isMember;
    private bool isForAnother;

    public sealed class Form
    {
        public string? Name { get; set; }

        public string? Email { get; set; }

        public string? Password { get; set; }
    }

    [Parameter] public string Code { get; set; } = "";

    [SupplyParameterFromForm(FormName = "register")] private Form? Input { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        Input ??= new Form();
        if (Context.User.GetAccountId() is { } id) person = await accounts.FindAsync(id, Context.RequestAborted);
        if (failures.AreTooMany(Context))
        {
            Refuse(FailedTries.TooMany, StatusCodes.Status429TooManyRequests);
            return;
        }

        invitation = await teams.FindInvitationAsync(Code, Context.RequestAborted);
        if (invitation.State == InvitationState.Unknown) failures.Count(Context);
        if (invitation.State.Problem() is { } problem)
        {
            // Not 404, for which the portal has a page of its own that would not say what to do.
            Refuse(problem, StatusCodes.Status410Gone);
            return;
        }

        if (person is null) return;
        var mine = await teams.ForAccountAsync(person.Id, Context.RequestAborted);
        isMember = mine.Any(t => string.Equals(t.Slug, invitation.TeamSlug, StringComparison.Ordinal));
        isForAnother = invitation.Email is { } email
            && !string.Equals(AccountRules.NormalizeEmail(email), AccountRules.NormalizeEmail(person.Email), StringComparison.Ordinal);
    }

    private async Task RegisterAsync()
    {
        // Signed in in another tab meanwhile: the page now shows how to join with that account.
        if (unusable is not null || person is not null) return;

        var registration = new AccountRegistration(Input!.Name, Input.Email, Input.Password);
        errors = FieldErrors.Of(await Validator.ValidateAsync(registration, Context.RequestAborted));
        if (errors.Any) return;

        var joined = await accept.RunAsync(Code, registration, Context.RequestAborted);
        if (joined.IsSuccess) await session.BeginAsync(Context, joined.Value.Account, keep: false);
        Finish(joined);
    }

    private async Task JoinAsync()
    {
        if (unusable is null && person is not null) Finish(await accept.RunAsync(Code, person.Id, Context.RequestAborted));
    }

    private void Finish(Result<JoinedTeam> joined)
    {
        if (joined.IsSuccess) location.NavigateTo($"team/{joined.Value.Slug}");
        else errors = FieldErrors.Of(joined.Problem);
    }

    private void Refuse(Problem problem, int status)
    {
        unusable = problem;
        Context.Response.StatusCode = status;
    }
}
