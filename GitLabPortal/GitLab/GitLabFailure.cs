using System.Globalization;
using System.Text.RegularExpressions;

namespace GitLabPortal.GitLab;

/// <summary>The one table from an answer to the exception that it means (FACTS 2.2, 4, 6).</summary>
internal static partial class GitLabFailure
{
    private static readonly TimeSpan MaintenanceHint = TimeSpan.FromMinutes(5);

    /// <summary>The exception for an answer that is no success, or that is a success but no JSON.</summary>
    public static GitLabException Of(GitLabAnswer answer, TimeProvider time)
    {
        var body = GitLabErrorBody.Read(answer);
        var retryAfter = RetryAfter(answer, time);
        return answer.Status switch
        {
            429 => new GitLabRateLimitedException { RetryAfter = retryAfter, Status = 429 },
            >= 500 => Unavailable(answer, body, retryAfter),
            >= 300 and < 400 => Redirect(answer),
            413 or 414 or 431 => new GitLabRejectedException(RejectedReason.TooLarge, answer.Status) { Status = answer.Status },
            // GitLab's API never answers with a page: something else does.
            _ when answer.IsHtml => Page(answer),
            401 => new GitLabUnauthorizedException(WhyUnauthorized(body)) { Status = 401 },
            403 => Forbidden(body),
            404 => new GitLabNotFoundException(isUnknownRoute: !body.HasMessage && body.Says("404 Not Found")) { Status = 404 },
            >= 400 => new GitLabRejectedException(WhyRejected(answer, body), answer.Status)
            {
                Status = answer.Status,
                RetryAfter = retryAfter,
                TakenField = body.Says("email") ? "email" : body.Says("username") ? "username" : null,
            },
            _ when answer.Body.Length == 0 => new GitLabUnexpectedAnswerException(UnexpectedKind.Empty, "The answer is empty.") { Status = answer.Status },
            _ => new GitLabUnexpectedAnswerException(UnexpectedKind.NotJson, "The answer is not JSON.") { Status = answer.Status },
        };
    }

    private static GitLabUnexpectedAnswerException Page(GitLabAnswer answer) =>
        new(UnexpectedKind.Html, $"The answer is a web page (status {answer.Status}).") { Status = answer.Status };

    private static GitLabUnexpectedAnswerException Redirect(GitLabAnswer answer) =>
        new(UnexpectedKind.Redirect, $"The answer is a redirect ({answer.Status}).") { Status = answer.Status, Target = answer.Headers.Location };

    private static UnauthorizedReason WhyUnauthorized(GitLabErrorBody body) => body.Error switch
    {
        "dpop_error" => UnauthorizedReason.DPoP,
        "invalid_token" when body.Says("expired") => UnauthorizedReason.Expired,
        "invalid_token" when body.Says("revoked") => UnauthorizedReason.Revoked,
        "invalid_token" when body.Says("impersonation") => UnauthorizedReason.ImpersonationDisabled,
        _ => UnauthorizedReason.Unknown,
    };

    private static GitLabForbiddenException Forbidden(GitLabErrorBody body)
    {
        var reason = body switch
        {
            { Error: "insufficient_scope" } => ForbiddenReason.InsufficientScope,
            { Error: "insufficient_granular_scope" } => ForbiddenReason.GranularPermission,
            _ when body.Says("has been blocked") => ForbiddenReason.Blocked,
            _ when body.Says("pending approval") => ForbiddenReason.PendingApproval,
            _ when body.Says("accept the Terms of Service") => ForbiddenReason.TermsNotAccepted,
            _ when body.Says("been deactivated") => ForbiddenReason.Deactivated,
            _ when body.Says("email address is not confirmed") => ForbiddenReason.EmailNotConfirmed,
            _ when body.Says("password expired") => ForbiddenReason.PasswordExpired,
            _ when body.Says("internal users") => ForbiddenReason.InternalUser,
            _ when body.Says("read-only instance") => ForbiddenReason.ReadOnlyServer,
            _ => ForbiddenReason.Unspecified,
        };
        return new(reason)
        {
            Status = 403,
            Scopes = body.Scopes,
            Url = reason is ForbiddenReason.TermsNotAccepted or ForbiddenReason.Deactivated ? FirstUrl(body.Text) : null,
            Permission = reason is ForbiddenReason.GranularPermission ? PermissionPattern().Match(body.Text) is { Success: true } m ? m.Groups["permission"].Value : null : null,
        };
    }

    private static RejectedReason WhyRejected(GitLabAnswer answer, GitLabErrorBody body) => body switch
    {
        _ when body.Says("requires token type") => RejectedReason.TokenTypeRequired,
        _ when body.Says("Invalid url given") || body.Says("url is blocked") => RejectedReason.HookAddress,
        _ when body.Says("already been taken") || (answer.Status == 409 && body.Says("already exists")) => RejectedReason.Taken,
        _ when body.Says("pagination") => RejectedReason.PagingNotOffered,
        _ when answer.Status == 400 && !answer.IsJson => RejectedReason.Malformed,
        _ => RejectedReason.Other,
    };

    private static GitLabUnavailableException Unavailable(GitLabAnswer answer, GitLabErrorBody body, TimeSpan? retryAfter)
    {
        var kind = answer.Status switch
        {
            502 when body.Says("GitLab is not responding") || body.Says("Waiting for GitLab to boot") => UnavailableKind.Starting,
            503 when body.Says("maintenance") || retryAfter >= MaintenanceHint => UnavailableKind.Maintenance,
            503 when answer.IsHtml => UnavailableKind.BadGateway,
            503 => UnavailableKind.Overloaded,
            500 => UnavailableKind.ServerError,
            _ => UnavailableKind.BadGateway,
        };
        return new(kind, $"The server answered {answer.Status}: {kind}.") { Status = answer.Status, RetryAfter = retryAfter };
    }

    private static TimeSpan? RetryAfter(GitLabAnswer answer, TimeProvider time)
    {
        if (answer.Headers.RetryAfter is { } header)
        {
            if (header.Delta is { } delta) return delta;
            if (header.Date is { } date) return NotNegative(date - time.GetUtcNow());
        }

        return answer.Status == 429 && long.TryParse(answer.Header("RateLimit-Reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset)
            && reset is > 0 and < 253402300799
            ? NotNegative(DateTimeOffset.FromUnixTimeSeconds(reset) - time.GetUtcNow())
            : null;
    }

    private static TimeSpan NotNegative(TimeSpan span) => span < TimeSpan.Zero ? TimeSpan.Zero : span;

    private static Uri? FirstUrl(string text) =>
        UrlPattern().Match(text) is { Success: true } m && Uri.TryCreate(m.Value.TrimEnd('.', ','), UriKind.Absolute, out var url) ? url : null;

    [GeneratedRegex(@"https?://[^\s""'<>]{1,500}", RegexOptions.NonBacktracking)]
    private static partial Regex UrlPattern();

    [GeneratedRegex(@"\[(?<permission>[A-Za-z][A-Za-z :,_-]{0,200})\]", RegexOptions.NonBacktracking)]
    private static partial Regex PermissionPattern();
}
