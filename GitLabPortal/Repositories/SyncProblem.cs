using GitLabPortal.Connections;
using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

/// <summary>Why a page did not come.</summary>
/// <param name="Text">What happened, what to do and who can. When it goes on is told by the run's <see cref="SyncRun.RetryAt"/>.</param>
/// <param name="Status">What it says about the connection, once the walk has given up.</param>
/// <param name="IsFinal">Trying again soon cannot help: somebody must do something first.</param>
internal sealed record SyncProblem(string Code, string Text, ConnectionStatus Status, bool IsFinal, TimeSpan? RetryAfter = null)
{
    public static readonly SyncProblem TokenLost = new(
        "token-key-lost",
        "The key that protects this connection's token is lost, so the portal cannot read it. A team admin must enter the token again.",
        ConnectionStatus.TokenLost, IsFinal: true);

    public static readonly SyncProblem DatabaseBusy = new(
        "database-busy", "The portal's database was busy.", ConnectionStatus.Working, IsFinal: false);

    public static SyncProblem Of(GitLabException failure) => failure switch
    {
        GitLabUnauthorizedException e => Token(e.Code, e.Reason switch
        {
            UnauthorizedReason.Expired => "The token has expired.",
            UnauthorizedReason.Revoked => "The token was revoked.",
            UnauthorizedReason.ImpersonationDisabled => "The token is an impersonation token, and GitLab has switched those off.",
            UnauthorizedReason.DPoP => "GitLab wants a proof of possession (DPoP) with this token, which the portal cannot give.",
            _ => "GitLab does not accept the token.",
        } + " A team admin must replace it."),
        GitLabForbiddenException e => Token(e.Code, e.Reason switch
        {
            ForbiddenReason.InsufficientScope => "The token may not list projects. A team admin must replace it by one with the scope read_api or api.",
            ForbiddenReason.GranularPermission => "The fine-grained token may not read projects. A team admin must replace it or extend its permissions.",
            ForbiddenReason.Blocked => "The token's account is blocked on GitLab. A GitLab admin can unblock it.",
            ForbiddenReason.PendingApproval => "The token's account waits for approval by a GitLab admin.",
            ForbiddenReason.Deactivated => "The token's account is deactivated. Sign in to GitLab with it once to reactivate it.",
            ForbiddenReason.TermsNotAccepted => "The token's account must accept GitLab's terms of service. Sign in to GitLab with it once.",
            ForbiddenReason.PasswordExpired => "The password of the token's account has expired. Sign in to GitLab with it and change the password.",
            ForbiddenReason.EmailNotConfirmed => "The e-mail address of the token's account is not confirmed. Confirm it on GitLab.",
            ForbiddenReason.InternalUser => "The token belongs to an internal GitLab account, which may not do this. A team admin must replace it.",
            _ => "GitLab refuses the token here (403), perhaps because of the address that the portal calls from. Ask a GitLab admin.",
        }),
        GitLabRateLimitedException e => new(e.Code, "GitLab asks us to slow down.", ConnectionStatus.Working, IsFinal: false, e.RetryAfter),
        GitLabUnavailableException e => new(
            e.Code,
            e.Kind switch
            {
                UnavailableKind.TimedOut => "GitLab did not answer in time.",
                UnavailableKind.ServerError => "GitLab had an internal error (500). A GitLab admin can find it in the logs.",
                UnavailableKind.Starting => "GitLab is starting or down.",
                UnavailableKind.BadGateway => "The gateway in front of GitLab does not get an answer from it.",
                UnavailableKind.Maintenance => "GitLab is in maintenance.",
                UnavailableKind.Overloaded => "GitLab is overloaded.",
                _ when !e.IsWorthRetrying => "No safe connection to GitLab comes about. A team admin can run the connection's check to see why.",
                _ => "GitLab cannot be reached.",
            },
            ConnectionStatus.Unreachable, IsFinal: e is { IsWorthRetrying: false, Kind: UnavailableKind.Network }, e.RetryAfter),
        GitLabUnexpectedAnswerException e => new(
            e.Code,
            e.Kind switch
            {
                UnexpectedKind.Html => "A web page came instead of GitLab's answer: a sign-in gateway or firewall stands in between. Ask a network admin.",
                UnexpectedKind.Redirect => "GitLab now redirects to another address. A team admin can run the connection's check to see where to.",
                UnexpectedKind.TooLarge => "GitLab's answer is larger than the portal allows. The portal's operator can raise Outbound:MaxResponseBytes.",
                _ => "GitLab's answer was cut off or garbled.",
            },
            ConnectionStatus.Unreachable, IsFinal: e.Kind is UnexpectedKind.Redirect or UnexpectedKind.TooLarge, e.RetryAfter),
        GitLabNotFoundException e => new(
            e.Code, "This address no longer answers as GitLab does (404). A team admin can run the connection's check.", ConnectionStatus.Unreachable, IsFinal: true),
        _ => new(failure.Code, "GitLab refused to list the projects. A team admin can run the connection's check.", ConnectionStatus.Unreachable, IsFinal: true),
    };

    private static SyncProblem Token(string code, string text) => new(code, text, ConnectionStatus.TokenRefused, IsFinal: true);
}
