using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;

namespace GitLabPortal.Accounts;

/// <summary>
/// Who is signed in on an open page. The page's connection outlives the request whose cookie was checked, so the session is checked
/// again when it is said to have ended, and from time to time in case that was missed.
/// </summary>
internal sealed partial class CircuitSession : RevalidatingServerAuthenticationStateProvider
{
    private static readonly AuthenticationState Nobody = new(new ClaimsPrincipal(new ClaimsIdentity()));

    private readonly SessionValidation validation;
    private readonly ILogger logger;
    private readonly IDisposable subscription;

    public CircuitSession(ILoggerFactory loggers, SessionValidation validation, SessionFeed sessions) : base(loggers)
    {
        this.validation = validation;
        logger = loggers.CreateLogger<CircuitSession>();
        subscription = sessions.Subscribe(ended => _ = Task.Run(() => OnEndedAsync(ended)));
    }

    protected override TimeSpan RevalidationInterval => TimeSpan.FromMinutes(5);

    protected override async Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        await validation.RefreshAsync(authenticationState.User, cancellationToken) is not null;

    protected override void Dispose(bool disposing)
    {
        subscription.Dispose();
        base.Dispose(disposing);
    }

    private async Task OnEndedAsync(SessionsEnded ended)
    {
        try
        {
            var state = await GetAuthenticationStateAsync();
            if (state.User.GetAccountId() != ended.AccountId) return;

            var isOver = ended.SessionId is null
                ? await validation.RefreshAsync(state.User, CancellationToken.None) is null
                : state.User.GetSessionId() == ended.SessionId;
            if (isOver) SetAuthenticationState(Task.FromResult(Nobody));
        }
        catch (Exception e)
        {
            // When in doubt the page ends: it can be opened again with a session that stands.
            LogFailed(e);
            SetAuthenticationState(Task.FromResult(Nobody));
        }
    }

    [LoggerMessage(LogLevel.Error, "Could not check whether an open page's session has ended; the page was signed out")]
    private partial void LogFailed(Exception exception);
}
