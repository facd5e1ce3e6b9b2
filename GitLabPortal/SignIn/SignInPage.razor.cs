using FluentValidation;
using GitLabPortal.Accounts;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.SignIn;

public sealed partial class SignInPage(
    AccountQueries accounts, PasswordCheck passwords, BrowserSession session, FailedTries failures, NavigationManager location)
{
    private static readonly FormValidator Validator = new();

    private FieldErrors errors = FieldErrors.None;

    public sealed class Form
    {
        public string? Email { get; set; }

        public string? Password { get; set; }

        public bool Keep { get; set; }
    }

    [SupplyParameterFromQuery(Name = "returnUrl")] private string? Return { get; set; }

    [SupplyParameterFromForm(FormName = "sign-in")] private Form? Input { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        Input ??= new Form();
        if (!HttpMethods.IsGet(Context.Request.Method)) return;

        if (Context.User.Identity is { IsAuthenticated: true }) location.NavigateTo(ReturnUrl.Local(Return));
        else if (!await accounts.AnyAsync(Context.RequestAborted)) location.NavigateTo("setup");
    }

    private async Task SignInAsync()
    {
        errors = FieldErrors.Of(await Validator.ValidateAsync(Input!, Context.RequestAborted));
        if (errors.Any) return;

        if (failures.AreTooMany(Context))
        {
            Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            errors = FieldErrors.Of(FailedTries.TooMany);
            return;
        }

        var account = await passwords.ByEmailAsync(Input!.Email, Input.Password, Context.RequestAborted);
        if (account.IsSuccess)
        {
            await session.BeginAsync(Context, account.Value, Input.Keep);
            location.NavigateTo(ReturnUrl.Local(Return));
        }
        else
        {
            failures.Count(Context);
            errors = FieldErrors.Of(account.Problem);
        }
    }

    /// <summary>Only whether there is something to try: what an address or a password must look like is no help here.</summary>
    private sealed class FormValidator : AbstractValidator<Form>
    {
        public FormValidator()
        {
            RuleFor(f => f.Email).NotEmpty().WithMessage("Enter your e-mail address.");
            RuleFor(f => f.Password).NotEmpty().WithMessage("Enter your password.");
        }
    }
}
