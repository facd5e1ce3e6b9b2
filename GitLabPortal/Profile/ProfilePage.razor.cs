using FluentValidation;
using GitLabPortal.Accounts;
using GitLabPortal.SignIn;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Profile;

public sealed partial class ProfilePage(
    AccountQueries accounts, RenameAccount rename, ChangePassword changePassword, EndSession endSession, EndSessions endSessions,
    BrowserSession session, NavigationManager location)
{
    private static readonly NameValidator Names = new();
    private static readonly PasswordValidator Passwords = new();

    private AccountSummary? person;
    private List<SessionSummary> sessions = [];
    private FieldErrors nameErrors = FieldErrors.None;
    private FieldErrors passwordErrors = FieldErrors.None;

    public sealed class NameForm
    {
        public string? Name { get; set; }
    }

    public sealed class PasswordForm
    {
        public string? CurrentPassword { get; set; }

        public string? NewPassword { get; set; }
    }

    public sealed class SessionForm
    {
        public Guid? Id { get; set; }
    }

    [SupplyParameterFromQuery] private string? Saved { get; set; }

    [SupplyParameterFromForm(FormName = "name")] private NameForm? NameInput { get; set; }

    [SupplyParameterFromForm(FormName = "password")] private PasswordForm? PasswordInput { get; set; }

    [SupplyParameterFromForm(FormName = "session")] private SessionForm? SessionInput { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    // The page is for signed-in people only.
    private Guid AccountId => Context.User.GetAccountId() ?? throw new InvalidOperationException("Nobody is signed in.");

    protected override async Task OnInitializedAsync()
    {
        NameInput ??= new NameForm();
        PasswordInput ??= new PasswordForm();
        person = await accounts.FindAsync(AccountId, Context.RequestAborted);
        sessions = await accounts.SessionsOfAsync(AccountId, Context.RequestAborted);
    }

    private async Task RenameAsync()
    {
        nameErrors = FieldErrors.Of(await Names.ValidateAsync(NameInput!, Context.RequestAborted));
        if (nameErrors.Any) return;

        var renamed = await rename.RunAsync(AccountId, NameInput!.Name, Context.RequestAborted);
        if (renamed.IsSuccess) location.NavigateTo("profile?saved=name");
        else nameErrors = FieldErrors.Of(renamed.Problem);
    }

    private async Task ChangePasswordAsync()
    {
        passwordErrors = FieldErrors.Of(await Passwords.ValidateAsync(PasswordInput!, Context.RequestAborted));
        if (passwordErrors.Any) return;

        var changed = await changePassword.RunAsync(AccountId, PasswordInput!.CurrentPassword, PasswordInput.NewPassword, Context.RequestAborted);
        if (changed.IsSuccess)
        {
            await session.RenewAsync(Context, changed.Value);
            location.NavigateTo("profile?saved=password");
        }
        else
        {
            passwordErrors = FieldErrors.Of(changed.Problem);
        }
    }

    private bool IsThis(SessionSummary item) => item.Id == Context.User.GetSessionId();

    private async Task EndAsync()
    {
        if (SessionInput?.Id is not { } id) return;
        await endSession.RunAsync(AccountId, id, Context.RequestAborted);
        location.NavigateTo("profile?saved=session");
    }

    private async Task EndOthersAsync()
    {
        await endSessions.RunAsync(AccountId, Context.User.GetSessionId(), Context.RequestAborted);
        location.NavigateTo("profile?saved=sessions");
    }

    private async Task SignOutEverywhereAsync()
    {
        await endSessions.RunAsync(AccountId, kept: null, Context.RequestAborted);
        await session.EndAsync(Context);
        location.NavigateTo("sign-in");
    }

    private sealed class NameValidator : AbstractValidator<NameForm>
    {
        public NameValidator() => RuleFor(f => f.Name).PersonName();
    }

    private sealed class PasswordValidator : AbstractValidator<PasswordForm>
    {
        public PasswordValidator()
        {
            RuleFor(f => f.CurrentPassword).NotEmpty().WithMessage("Enter your current password.");
            RuleFor(f => f.NewPassword).NewPassword();
        }
    }
}
