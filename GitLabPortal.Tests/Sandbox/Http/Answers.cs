using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>GitLab's refusals, byte for byte (FACTS 2.2, 4.5, 6).</summary>
internal static class Answers
{
    /// <summary>No token, unknown token and switched-off tokens look the same, and carry no WWW-Authenticate.</summary>
    public static Answer Unauthorized() => Answer.Json(401, """{"message":"401 Unauthorized"}""");

    public static Answer Expired() => InvalidToken("Token is expired. You can either do re-authorization or token refresh.");

    public static Answer Revoked() => InvalidToken("Token was revoked. You have to re-authorize from the user.");

    public static Answer ImpersonationDisabled() => InvalidToken("Token is an impersonation token but impersonation was disabled.");

    /// <param name="scopes">Any one of these would do, says the answer.</param>
    public static Answer InsufficientScope(IEnumerable<string> scopes) => Answer.Json(403,
        $$"""{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"{{string.Join(' ', scopes)}}"}""");

    public static Answer TwoTokens() => Answer.Json(400,
        """{"error":"invalid_request","error_description":"Both Authorization header and payload includes access token."}""");

    public static Answer Forbidden() => Answer.Json(403, """{"message":"403 Forbidden"}""");

    public static Answer Forbidden(string reason) => Message(403, $"403 Forbidden - {reason}");

    /// <summary>The bare form, of the helper; a record look-up spells it "404 Not found".</summary>
    public static Answer NotFound() => Answer.Json(404, """{"message":"404 Not Found"}""");

    public static Answer NotFound(string what) => Message(404, $"404 {what} Not Found");

    public static Answer RecordNotFound() => Answer.Json(404, """{"message":"404 Not found"}""");

    /// <summary>No route: the key differs from every other 404, and no token was looked at.</summary>
    public static Answer UnknownRoute() => Answer.Json(404, """{"error":"404 Not Found"}""");

    public static Answer WrongVerb(IEnumerable<string> allowed) =>
        Answer.Json(405, """{"error":"405 Not Allowed"}""").With("Allow", string.Join(", ", allowed));

    public static Answer VersionThreeIsGone() => Answer.Json(410, """{"error":"API V3 is no longer supported. Use API V4 instead."}""");

    public static Answer BadRequest(string reason) => Message(400, $"400 Bad request - {reason}");

    /// <summary>Parameter validation, routing and paging use the key error.</summary>
    public static Answer Invalid(string error) => Error(400, error);

    public static Answer KeysetRefused() => Error(405, "Keyset pagination is not yet available for this type of request");

    public static Answer OffsetTooDeep(int limit, string type) => Error(405,
        $"Offset pagination has a maximum allowed offset of {limit} for requests that return objects of type {type}. Remaining records can be retrieved using keyset pagination.");

    public static Answer Malformed() => Answer.Text(400, "Bad Request", "text/plain");

    public static Answer Moved(string location) =>
        Answer.Text(301, $"This resource has been moved permanently to {location}", "text/plain").With("Location", location);

    public static Answer MovedForOtherVerbs() => Answer.Json(405, """{"message":"Non GET methods are not allowed for moved projects"}""");

    public static Answer Message(int status, string message) => Answer.Json(status, $$"""{"message":{{Quoted(message)}}}""");

    public static Answer Error(int status, string error) => Answer.Json(status, $$"""{"error":{{Quoted(error)}}}""");

    private static Answer InvalidToken(string description) =>
        Answer.Json(401, $$"""{"error":"invalid_token","error_description":"{{description}}"}""")
            .With("WWW-Authenticate", $"Bearer realm=\"Protected by OAuth 2.0\", error=\"invalid_token\", error_description=\"{description}\"");

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, Json.Encoder)}\"";
}
