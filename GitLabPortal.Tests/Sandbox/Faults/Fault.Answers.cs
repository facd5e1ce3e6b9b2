using System.Globalization;

namespace GitLabPortal.Tests.Sandbox;

public sealed partial class Fault
{
    /// <summary>The throttle of the whole server (off by default on self-managed ones): plain text, RateLimit headers.</summary>
    public static Fault TooManyRequestsByRackAttack(int retryAfterSeconds = 60) => new("429 by Rack::Attack")
    {
        Replace = (_, now) => SandboxThrottle.Refusal(now, limit: 7200, TimeSpan.FromHours(1), observed: 7201, TimeSpan.FromSeconds(retryAfterSeconds)),
    };

    /// <summary>The limiter of single endpoints: JSON with a message inside of a message, and only Retry-After.</summary>
    public static Fault TooManyRequestsByEndpoint(int intervalSeconds = 60) => Replacing("429 by the endpoint", () =>
        Answer.Json(429, """{"message":{"error":"This endpoint has been requested too many times. Try again later."}}""")
            .With("Retry-After", intervalSeconds.ToString(CultureInfo.InvariantCulture)));

    public static Fault InternalServerError() => Replacing("500", () => Answer.Json(500, """{"message":"500 Internal Server Error"}"""));

    /// <summary>Workhorse is up, Rails is not: text on /api, a waiting page elsewhere.</summary>
    public static Fault GitLabIsNotResponding() => new("502 by Workhorse")
    {
        Replace = (request, _) => request.IsApi
            ? Answer.Text(502, "GitLab is not responding", "text/plain", AnswerSource.Workhorse)
            : Answer.Html(502, Pages.WaitingForGitLab, AnswerSource.Workhorse),
    };

    /// <summary>nginx is up, Workhorse is not: HTML even on /api.</summary>
    public static Fault NginxBadGateway() => Replacing("502 by nginx", () => Answer.Html(502, Pages.NginxError("502 Bad Gateway"), AnswerSource.Nginx));

    /// <summary>Gitaly is overloaded.</summary>
    public static Fault ServiceUnavailable(int? retryAfterSeconds = null) => Replacing("503", () =>
    {
        var answer = Answer.Json(503, """{"message":"503 Service Unavailable"}""");
        return retryAfterSeconds is { } seconds ? answer.With("Retry-After", seconds.ToString(CultureInfo.InvariantCulture)) : answer;
    });

    /// <summary>GitLab's maintenance mode: reads work; JSON writes are answered 503, others 301.</summary>
    public static Fault Maintenance() => new("maintenance mode") { Circumstance = Circumstance.Maintenance };

    /// <summary>The administrator's deploy page: every web path is 200 HTML, /api is not covered.</summary>
    public static Fault DeployPage() => new("deploy page")
    {
        Replace = (request, _) => request.IsApi
            ? Answer.Text(502, "GitLab is not responding", "text/plain", AnswerSource.Workhorse)
            : Answer.Html(200, Pages.Deploy, AnswerSource.Workhorse),
    };

    /// <summary>A single sign-on gateway answers API calls with its own form.</summary>
    public static Fault SsoLoginPage() => Replacing("SSO page", () => Answer.Html(200, Pages.SsoGateway, AnswerSource.Foreign));

    public static Fault SsoRedirect(string to = "https://sso.example.com/login?return_to=gitlab") => RedirectTo(to, 302);

    /// <summary>nginx sends the client elsewhere, as from http to the configured https address.</summary>
    public static Fault RedirectTo(string url, int status = 301) => Replacing($"{status} to {url}", () =>
        Answer.Html(status, Pages.NginxError($"{status} Moved"), AnswerSource.Nginx).With("Location", url));

    public static Fault PayloadTooLarge() => Replacing("413", () => Answer.Html(413, Pages.NginxError("413 Request Entity Too Large"), AnswerSource.Nginx));

    public static Fault UriTooLong() => Replacing("414", () => Answer.Html(414, Pages.NginxError("414 Request-URI Too Large"), AnswerSource.Nginx));

    /// <summary>Any answer; without GitLab's headers.</summary>
    public static Fault Custom(int status, string body, string contentType = "application/json", params (string Name, string Value)[] headers) =>
        Replacing(status.ToString(CultureInfo.InvariantCulture), () =>
        {
            var answer = Answer.Text(status, body, contentType, AnswerSource.Foreign);
            foreach (var (name, value) in headers)
                answer.With(name, value);
            return answer;
        });

    /// <summary>The caller's account is answered as blocked.</summary>
    public static Fault BlockedUser() => new("blocked user") { Circumstance = Circumstance.CallerBlocked };

    public static Fault TermsNotAccepted() => new("terms not accepted") { Circumstance = Circumstance.TermsNotAccepted };

    /// <summary>Looks like an unknown token.</summary>
    public static Fault PersonalAccessTokensDisabled() => new("personal access tokens disabled") { Circumstance = Circumstance.PersonalAccessTokensDisabled };

    /// <summary>A proxy decodes %2F on the way, so that encoded project paths match no route.</summary>
    public static Fault ProxyDecodesSlashes() => new("proxy decodes %2F") { Circumstance = Circumstance.ProxyDecodesSlashes };
}
