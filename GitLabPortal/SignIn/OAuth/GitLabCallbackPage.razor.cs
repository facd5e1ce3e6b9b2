using GitLabPortal.Accounts;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>Where GitLab leads back to. Shows something only when the person could not be let in.</summary>
public sealed partial class GitLabCallbackPage(
    SignInTrips trips, ComeBack comeBack, BrowserSession session, FailedTries failures, TeamQueries teams, NavigationManager location, IOptions<PortalOptions> portal)
{
    internal static readonly Problem NoTrip = new Problem.Invalid(
        "sign-in-not-begun-here", "This sign-in was not begun in this browser, was used already, or took longer than a quarter of an hour. Begin again.");

    internal static readonly Problem Denied = new Problem.Forbidden("sign-in-denied", "You did not authorise the portal on GitLab. Nothing was changed; you can try again.");

    private static readonly Problem Refused = new Problem.Forbidden("sign-in-refused-by-gitlab", "GitLab refused the sign-in. Try again; if it stays so, ask a portal administrator.");

    private static readonly Problem OtherSession = new Problem.Forbidden(
        "link-other-session", "You signed in or out meanwhile. Open your profile and begin again, so that the right accounts are linked.");

    private Problem? problem;
    private bool isLink;
    private string back = "sign-in";

    [SupplyParameterFromQuery] private string? Code { get; set; }

    [SupplyParameterFromQuery] private string? State { get; set; }

    [SupplyParameterFromQuery] private string? Error { get; set; }

    [CascadingParameter] private HttpContext Context { get; set; } = null!;

    protected override async Task OnInitializedAsync()
    {
        Context.Response.Headers.CacheControl = "no-store";
        if (failures.AreTooMany(Context))
        {
            Refuse(FailedTries.TooMany, StatusCodes.Status429TooManyRequests);
            return;
        }

        if (trips.Finish(Context, State) is not { } trip)
        {
            failures.Count(Context);
            Refuse(NoTrip, StatusCodes.Status400BadRequest);
            return;
        }

        isLink = trip.Purpose is TripPurpose.Link;
        back = isLink ? "profile" : $"sign-in?returnUrl={Uri.EscapeDataString(trip.ReturnUrl)}";
        if (Code is not { Length: > 0 and <= 1000 })
        {
            Refuse(Error == "access_denied" ? Denied : Refused, StatusCodes.Status403Forbidden);
            return;
        }

        if (isLink && (Context.User.GetAccountId() != trip.AccountId || Context.User.GetSessionId() != trip.SessionId))
        {
            Refuse(OtherSession, StatusCodes.Status403Forbidden);
            return;
        }

        var account = await comeBack.RunAsync(trip, Code, Context.RequestAborted);
        if (account.IsSuccess) await ArriveAsync(trip, account.Value);
        else Refuse(account.Problem, account.Problem is Problem.Upstream ? StatusCodes.Status502BadGateway : StatusCodes.Status403Forbidden);
    }

    private async Task ArriveAsync(SignInTrip trip, Account account)
    {
        if (!isLink)
        {
            // A new session, whatever the browser had before.
            await session.BeginAsync(Context, account, keep: false);
            RecognisedServers.Remember(Context, trip.ServerId);
        }

        // An invitation that was accepted on the way has nothing more to show.
        var isAccepted = trip.Invitation is { } code && (await teams.FindInvitationAsync(code, Context.RequestAborted)).State is not InvitationState.Open;
        location.NavigateTo(isAccepted ? "/" : trip.ReturnUrl);
    }

    private void Refuse(Problem why, int status)
    {
        problem = why;
        Context.Response.StatusCode = status;
    }
}
