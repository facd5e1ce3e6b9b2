using GitLabPortal.Accounts;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.SignIn;

public sealed partial class SetUpPage(
    AccountQueries accounts, SetUpCode code, SetUpPortal setUp, BrowserSession session, FailedTries failures, NavigationManager location)
{
    private static readonly FirstPersonValidator Validator = new();

    private FieldErrors errors = FieldErrors.None;
    private State state = State.Closed;

    private enum State { Closed, NeedsLink, Open }

    public sealed class Form
    {
        public string? Name { get; set; }

        public string? Email { get; set; }

        public string? Password { get; set; }

        public string? TeamName { get; set; }
    }

    [SupplyParameterFromQuery] private string? Code { get; set; }

    [SupplyParameterFromForm(FormName = "set-up")] private Form? Input { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        Input ??= new Form();
        if (await accounts.AnyAsync(Context.RequestAborted))
        {
            location.NotFound();
            return;
        }

        var areTooMany = failures.AreTooMany(Context);
        state = !areTooMany && code.Matches(Code) ? State.Open : State.NeedsLink;
        if (state == State.Open) return;

        Context.Response.StatusCode = areTooMany ? StatusCodes.Status429TooManyRequests : StatusCodes.Status403Forbidden;
        if (areTooMany) errors = FieldErrors.Of(FailedTries.TooMany);
        else if (!string.IsNullOrEmpty(Code)) failures.Count(Context);
    }

    private async Task SetUpAsync()
    {
        if (state != State.Open) return;

        var person = new FirstPerson(Input!.Name, Input.Email, Input.Password, Input.TeamName);
        errors = FieldErrors.Of(await Validator.ValidateAsync(person, Context.RequestAborted));
        if (errors.Any) return;

        var done = await setUp.RunAsync(Code, person, Context.RequestAborted);
        if (done.IsSuccess)
        {
            await session.BeginAsync(Context, done.Value.Account, keep: false);
            location.NavigateTo($"team/{done.Value.Slug}");
        }
        else
        {
            errors = FieldErrors.Of(done.Problem);
        }
    }
}
