using FluentValidation;
using GitLabPortal.Accounts;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

public sealed partial class SignInPage(
    AccountQueries accounts, PasswordCheck passwords, BrowserSession session, FailedTries failures, RecognisedServers servers, SetOut setOut, SignInWatch watch,
    IOptions<PortalOptions> portal, IOptions<SignInOptions> options, NavigationManager location)
{
    private static readonly FormValidator Validator = new();

    private FieldErrors errors = FieldErrors.None;
    private FieldErrors serverErrors = FieldErrors.None;
    private Problem? serverProblem;
    private IReadOnlyList<RecognisedServer> remembered = [];
    private Uri? leaving;
    private string? destination;
    private bool isUnknown;

    public sealed class Form
    {
        public string? Email { get; set; }

        public string? Password { get; set; }

        public bool Keep { get; set; }
    }

    public sealed class ServerForm
    {
        public string? Address { get; set; }
    }

    [SupplyParameterFromQuery(Name = "returnUrl")] private string? Return { get; set; }

    /// <summary>Somebody who is signed in wants to do so once more, to give the portal what GitLab did not give it the last time.</summary>
    [SupplyParameterFromQuery(Name = "again")] private string? Again { get; set; }

    [SupplyParameterFromForm(FormName = "sign-in")] private Form? Input { get; set; }

    [SupplyParameterFromForm(FormName = "gitlab")] private ServerForm? ServerInput { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    private string Contact => portal.Value.SupportContact;

    private bool IsOpen => options.Value.OpenSetup;

    /// <summary>Of the invitation that the person came by.</summary>
    private string? InvitationCode =>
        ReturnUrl.Local(Return) is var path && path.StartsWith("/invite/", StringComparison.Ordinal) && path.Length is > 8 and < 200 && !path[8..].Contains('/', StringComparison.Ordinal)
            ? Uri.UnescapeDataString(path[8..].Split('?', '#')[0])
            : null;

    protected override async Task OnInitializedAsync()
    {
        Input ??= new Form();
        ServerInput ??= new ServerForm();
        remembered = await servers.RememberedAsync(Context, Context.RequestAborted);
        if (!HttpMethods.IsGet(Context.Request.Method)) return;

        if (Again is not "true" && Context.User.Identity is { IsAuthenticated: true }) location.NavigateTo(ReturnUrl.Local(Return));
        else if (!await accounts.AnyAsync(Context.RequestAborted)) location.NavigateTo("setup");
    }

    private async Task FindServerAsync()
    {
        var parsed = Connections.InstanceUrl.Parse(ServerInput!.Address);
        if (!parsed.IsSuccess)
        {
            serverErrors = FieldErrors.Of(parsed.Problem);
            return;
        }

        // A password that was pasted along is dropped at the first look.
        ServerInput.Address = parsed.Value.BaseUrl;
        if (IsTooMany()) return;
        if (await servers.FindAsync(ServerInput.Address, Context.RequestAborted) is { } server)
        {
            await LeaveAsync(server);
            return;
        }

        // Counted like wrong passwords: nobody shall find out by trying which servers a company has.
        failures.Count(Context);
        isUnknown = true;
    }

    private async Task LeaveAsync(RecognisedServer server)
    {
        var away = await setOut.RunAsync(Context, server.ServerId, new TripWish(ReturnUrl.Local(Return), InvitationCode), Context.RequestAborted);
        // While the person is away the portal finds out whether GitLab still knows it.
        watch.LookAfter(server.ServerId);
        (leaving, destination, serverProblem) = (away.Value, server.BaseUrl, away.Problem);
    }

    private async Task SignInAsync()
    {
        errors = FieldErrors.Of(await Validator.ValidateAsync(Input!, Context.RequestAborted));
        if (errors.Any || IsTooMany()) return;

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

    private bool IsTooMany()
    {
        if (!failures.AreTooMany(Context)) return false;
        Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        errors = FieldErrors.Of(FailedTries.TooMany);
        return true;
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
