using System.Globalization;
using System.Net.Sockets;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>
/// The one place that turns what a call to GitLab threw into words for people. Catch with
/// <c>catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)</c>: null means a bug or a cancellation, not GitLab.
/// </summary>
public static class GitLabFailures
{
    /// <summary>The failure as a value, with GitLab's own wish when to try again.</summary>
    public static Problem.Upstream? ToProblem(Exception exception) =>
        ToFinding(exception) is { } finding
            ? new(finding.Code, finding.Fix.Length == 0 ? finding.Seen : $"{finding.Seen} {finding.Fix}", (exception as GitLabException)?.RetryAfter)
            : null;

    /// <summary>The failure as a finding; null for exceptions that do not come from a call to GitLab.</summary>
    public static Finding? ToFinding(Exception exception) => exception switch
    {
        OutboundRefusedException e => ConnectFailures.ToFinding(e),
        OutboundConnectException e => ConnectFailures.ToFinding(e),
        GitLabUnavailableException { InnerException: OutboundRefusedException e } => ConnectFailures.ToFinding(e),
        GitLabUnavailableException { InnerException: OutboundConnectException e } => ConnectFailures.ToFinding(e),
        GitLabUnavailableException e => Unavailable(e),
        GitLabUnauthorizedException e => Unauthorized(e),
        GitLabForbiddenException e => Forbidden(e),
        GitLabNotFoundException { IsUnknownRoute: true } => AnswerCodes.RouteUnknown.Saw("GitLab answered that it has no such call (404)."),
        GitLabNotFoundException => AnswerCodes.NotFound.Saw("GitLab answered 404."),
        GitLabRateLimitedException e => AnswerCodes.RateLimited.Saw(
            e.RetryAfter is { } wait && wait > TimeSpan.Zero ? $"GitLab answered 429 and asks to wait {Words(wait)}." : "GitLab answered 429."),
        GitLabRejectedException e => Rejected(e),
        GitLabUnexpectedAnswerException e => Unexpected(e),
        GitLabOAuthException e => OAuth(e),
        HttpRequestException e => Network(e),
        _ => null,
    };

    private static Finding Unavailable(GitLabUnavailableException e) => e.Kind switch
    {
        UnavailableKind.TimedOut => ServerCodes.NoAnswer.Saw($"Time ran out while {e.Phase ?? "waiting for an answer"}."),
        UnavailableKind.Network => Network(e.InnerException as HttpRequestException),
        UnavailableKind.Starting => AnswerCodes.Starting.Saw("GitLab's front answers that GitLab is not responding (502)."),
        UnavailableKind.BadGateway => AnswerCodes.BadGateway.Saw($"The proxy in front of GitLab answered {e.Status}."),
        UnavailableKind.Maintenance => AnswerCodes.Maintenance.Saw("GitLab answered 503 and says that it is under maintenance."),
        UnavailableKind.Overloaded => AnswerCodes.Overloaded.Saw("GitLab answered 503."),
        _ => AnswerCodes.ServerError.Saw($"GitLab answered {e.Status}."),
    };

    private static Finding Network(HttpRequestException? e) => e switch
    {
        { HttpRequestError: HttpRequestError.InvalidResponse } => ServerCodes.NotHttp.Saw("Something answered, but not as a web server does."),
        { InnerException: IOException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionReset } } } =>
            NetworkCodes.Dropped.Saw("The server reset the connection instead of answering."),
        { InnerException: { } inner } when TlsAlerts.Explain(inner) is ConnectFailure.ClientCertificateWanted =>
            TlsCodes.ClientCertificate.Saw("The server ended the connection because the portal showed no client certificate."),
        _ => NetworkCodes.Dropped.Saw("The server closed the connection before it answered."),
    };

    private static Finding Unauthorized(GitLabUnauthorizedException e) => e.Reason switch
    {
        UnauthorizedReason.Expired => TokenCodes.Expired.Saw("GitLab says that the token is expired."),
        UnauthorizedReason.Revoked => TokenCodes.Revoked.Saw("GitLab says that the token was revoked."),
        UnauthorizedReason.ImpersonationDisabled => TokenCodes.ImpersonationOff.Saw("GitLab says that this is an impersonation token and that impersonation is off."),
        UnauthorizedReason.DPoP => TokenCodes.NeedsDpop.Saw("GitLab wants proof of a key (DPoP) with every use of this token."),
        _ => TokenCodes.NotAccepted.Saw("GitLab answered 401 and does not say why."),
    };

    private static Finding Forbidden(GitLabForbiddenException e) => e.Reason switch
    {
        ForbiddenReason.InsufficientScope => TokenCodes.ScopeMissing.Saw($"The token lacks a scope. Any one of these would do: {Scopes(e)}."),
        ForbiddenReason.GranularPermission => TokenCodes.PermissionMissing.Saw(
            e.Permission is { } permission ? $"The fine-grained token lacks the permission {permission}." : "The fine-grained token lacks a permission."),
        ForbiddenReason.Blocked => AccountCodes.Blocked.Saw("GitLab says that the token's account is blocked."),
        ForbiddenReason.PendingApproval => AccountCodes.Pending.Saw("GitLab says that the token's account waits for an administrator's approval."),
        ForbiddenReason.Deactivated => AccountCodes.Deactivated.Saw("GitLab says that the token's account is deactivated."),
        ForbiddenReason.TermsNotAccepted => AccountCodes.Terms.Saw(
            "GitLab says that the token's account has not accepted the terms of service.", e.Url is { } url ? $"Sign in with the token's account and accept the terms at {url}." : null),
        ForbiddenReason.PasswordExpired => AccountCodes.PasswordExpired.Saw("GitLab says that the account's password is expired."),
        ForbiddenReason.EmailNotConfirmed => AccountCodes.EmailUnconfirmed.Saw("GitLab says that the account's e-mail address is not confirmed."),
        ForbiddenReason.InternalUser => AccountCodes.InternalUser.Saw("GitLab says that internal accounts may not do this."),
        ForbiddenReason.ReadOnlyServer => AccessCodes.ReadOnlyServer.Saw("GitLab says that it cannot change anything now."),
        _ => AccessCodes.Forbidden.Saw("GitLab answered 403 and does not say why."),
    };

    private static Finding Rejected(GitLabRejectedException e) => e.Reason switch
    {
        RejectedReason.TokenTypeRequired => TokenCodes.IsOAuth.Saw("GitLab knows the token, but it is not a personal, project or group access token."),
        RejectedReason.Malformed => TokenCodes.Malformed.Saw("GitLab could not read the request (400)."),
        RejectedReason.TooLarge => (e.Status switch { 414 => AnswerCodes.TooLongAddress, 431 => AnswerCodes.TooLargeHeaders, _ => AnswerCodes.TooLargeRequest }).Saw($"The server answered {e.Status}."),
        _ => AnswerCodes.Rejected.Saw($"GitLab answered {e.Status}."),
    };

    private static Finding OAuth(GitLabOAuthException e) => e.Refusal switch
    {
        OAuthRefusal.UnknownApplication => Finding.Failed(
            e.Code, "GitLab does not know the portal's application", "It was deleted on GitLab, or its secret was renewed there.",
            "A portal administrator opens Servers, chooses this server and repairs its sign-in.", FixOwner.PortalOperator),
        OAuthRefusal.GrantRefused => Finding.Failed(
            e.Code, "GitLab refused the sign-in", "The sign-in was used already, took too long, or was taken back.", "Sign in again.", FixOwner.You),
        _ => Finding.Failed(e.Code, "GitLab refused the sign-in", $"GitLab's token endpoint answered {e.Status}.", "Try again.", FixOwner.You),
    };

    private static Finding Unexpected(GitLabUnexpectedAnswerException e) => e.Kind switch
    {
        UnexpectedKind.Html => AnswerCodes.Page.Saw($"The server answered with a web page (status {e.Status})."),
        UnexpectedKind.Redirect => AnswerCodes.Redirects.Saw($"The server answered {e.Status}{(Target(e) is { } host ? $" and points to {host}" : "")}."),
        UnexpectedKind.Empty => AnswerCodes.Empty.Saw($"The server answered {e.Status} without any content."),
        UnexpectedKind.Truncated => AnswerCodes.CutOff.Saw("The connection closed before the answer was complete."),
        UnexpectedKind.TooLarge => AnswerCodes.TooLargeAnswer.Saw("The server's answer is larger than the portal takes."),
        UnexpectedKind.WrongShape => AnswerCodes.WrongShape.Saw("GitLab's answer is not what this call returns."),
        _ => AnswerCodes.NotJson.Saw($"The server answered {e.Status}, but not with JSON."),
    };

    // Only scheme and host: the rest of a redirect may hold one-time secrets.
    private static string? Target(GitLabUnexpectedAnswerException e) =>
        e.Target is { IsAbsoluteUri: true } target && target.Host.Length > 0 ? target.GetLeftPart(UriPartial.Authority) : null;

    /// <summary>GitLab lists every scope of which one would do; first those that do most of what a portal needs, and none for AI features.</summary>
    internal static string Scopes(GitLabForbiddenException e)
    {
        var named = e.Scopes.Where(s => s.Length <= 40 && s.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':')).ToList();
        var useful = named.Where(s => !s.StartsWith("ai_", StringComparison.Ordinal)).ToList();
        var shown = (useful.Count > 0 ? useful : named).OrderBy(s => s switch { "read_api" => 0, "api" => 1, _ => 2 });
        return named.Count == 0 ? "unknown" : string.Join(", ", shown);
    }

    private static string Words(TimeSpan span) => span.TotalSeconds < 120
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, (int)Math.Ceiling(span.TotalSeconds))} seconds")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)Math.Ceiling(span.TotalMinutes)} minutes");
}
