using System.Security.Claims;
using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

public sealed partial class SetUpServerPage
{
    private AdminSetUp setUp = null!;
    private SecretField? tokenField;
    private SetUpRight? right;
    private Problem? refused;
    private IReadOnlyList<TeamSummary> teams = [];
    private bool busy;

    [Inject] private IServiceProvider Services { get; set; } = null!;

    [Inject] private ServerAccess ServerRights { get; set; } = null!;

    [Inject] private TeamAuthorizer Authorizer { get; set; } = null!;

    [Inject] private TeamQueries TeamList { get; set; } = null!;

    [Inject] private NavigationManager Location { get; set; } = null!;

    [Inject] private IOptions<PortalOptions> Portal { get; set; } = null!;

    [SupplyParameterFromQuery] private string? Code { get; set; }

    [SupplyParameterFromQuery(Name = "url")] private string? EnteredUrl { get; set; }

    [Inject] private FailedTries Failures { get; set; } = null!;

    [CascadingParameter] private Task<AuthenticationState> Authentication { get; set; } = null!;

    /// <summary>Of the first request; null inside the circuit.</summary>
    [CascadingParameter] private HttpContext? Context { get; set; }

    private string Address => PortalAddress.Of(Portal.Value, Location);

    private string RedirectUri => Address + SetOut.CallbackPath;

    private bool IsInsecure => SecureEntry.IsInsecure(Location.BaseUri) && !Portal.Value.AllowInsecureTokenEntry;

    protected override async Task OnInitializedAsync()
    {
        setUp = ActivatorUtilities.CreateInstance<AdminSetUp>(Services);
        // Only the text of the field: an address that came by a link is not dialled before somebody presses the button.
        setUp.Url = EnteredUrl is { Length: <= 2000 } ? EnteredUrl : "";
        var asked = await AskAsync();
        if (asked.Value is not { IsAdministrator: true }) return;
        var mine = (await Authentication).User.GetAccountId() is { } id ? await TeamList.ForAccountAsync(id, Lifetime) : [];
        teams = [.. mine.Where(t => t.Role >= TeamRole.Admin)];
    }

    private async Task<Result<SetUpRight>> AskAsync()
    {
        var person = (await Authentication).User;
        var asked = await IsGuessAsync(person) ? await GuessAsync(person) : await ServerRights.SetUpAsync(person, Code, Lifetime);
        // What was done by a link that has ended with it stays in sight.
        if (setUp.Step is not AdminSetUpStep.Done || asked.IsSuccess) (right, refused) = (asked.Value, asked.Problem);
        return asked;
    }

    private async Task<bool> IsGuessAsync(ClaimsPrincipal person) => !string.IsNullOrEmpty(Code) && !(await ServerRights.AdministratorAsync(person, Lifetime)).IsSuccess;

    /// <summary>Wrong codes count like wrong passwords.</summary>
    private async Task<Result<SetUpRight>> GuessAsync(ClaimsPrincipal person)
    {
        if (Failures.AreTooMany(Context))
        {
            if (Context is { Response.HasStarted: false }) Context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            return FailedTries.TooMany;
        }

        var asked = await ServerRights.SetUpAsync(person, Code, Lifetime);
        if (!asked.IsSuccess) Failures.Count(Context);
        return asked;
    }

    private async Task<Result<TeamAccess>> TeamAccessAsync(string slug, CancellationToken cancellationToken) =>
        await Authorizer.AuthorizeAsync((await Authentication).User, slug, TeamRole.Admin, cancellationToken);

    private Task CheckServerAsync() => WhileBusyAsync(may => setUp.CheckServerAsync(may, Lifetime));

    private Task TrustAsync(TrustedAuthorities authorities)
    {
        setUp.Trust(authorities);
        return CheckServerAsync();
    }

    private Task CheckTokenAsync() => WhileBusyAsync(async may =>
    {
        var pasted = await tokenField!.TakeAsync(Lifetime);
        await setUp.CheckTokenAsync(may, pasted, Address, Lifetime);
    });

    private Task ApplyAsync() => WhileBusyAsync(may => setUp.ApplyAsync(may, Order(may), Code, Refresh, Lifetime));

    private Task UndoAsync() => WhileBusyAsync(may => setUp.UndoAsync(Order(may), Refresh, Lifetime));

    private SetUpOrder Order(SetUpRight may) => new(may.Actor, TeamAccessAsync);

    private async Task WhileBusyAsync(Func<SetUpRight, Task> work)
    {
        if (busy) return;
        var asked = await AskAsync();
        if (!asked.IsSuccess) return;
        busy = true;
        try
        {
            await work(asked.Value);
        }
        catch (OperationCanceledException) when (Lifetime.IsCancellationRequested)
        {
            // The page was left; the journal knows what was done.
        }
        finally
        {
            busy = false;
        }
    }
}

/// <summary>GitLab's page for a new token, filled in as far as GitLab allows; scopes that it does not have it leaves out.</summary>
internal static class AdminTokenLink
{
    private const string Query = "?name=GitLabPortal+set-up&description=Sets+up+sign-in+for+GitLabPortal%2C+once&scopes=api,admin_mode";

    public static string Current(string baseUrl) => $"{baseUrl}/-/user_settings/personal_access_tokens{Query}";

    public static string Old(string baseUrl) => $"{baseUrl}/-/profile/personal_access_tokens{Query}";
}
