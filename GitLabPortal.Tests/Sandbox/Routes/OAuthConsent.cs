namespace GitLabPortal.Tests.Sandbox;

/// <summary>
/// The authorization endpoint (FACTS 5.1). Its errors are pages of GitLab with status 200: nothing is sent back to the client,
/// whose callback then never fires.
/// </summary>
internal sealed class OAuthConsent(SandboxWorld world, ServerIdentity server)
{
    private static readonly string[] Echoed = ["client_id", "redirect_uri", "response_type", "state", "scope", "nonce", "code_challenge", "code_challenge_method"];

    public Answer Ask(ReceivedRequest request, Parameters asked)
    {
        if (world.UserOfSession(BrowserPages.SessionOf(request)) is not { } user)
        {
            var target = request.FullPath + "?" + request.RawQuery;
            return Answer.RedirectPage($"{server.ExternalUrl}/users/sign_in", world.OpenSession(user: null, target));
        }

        if (Refuse(asked, out var application, out var scopes) is { } refusal)
            return refusal;
        if (application.IsTrusted || (application.IsConfidential && world.HasAuthorized(user, application, scopes)))
            return Answer.Html(200, Pages.ScriptRedirect(Granted(asked, application, user, scopes)));

        var fields = Echoed.Where(asked.Has).Select(name => new KeyValuePair<string, string>(name, asked[name]!));
        return Answer.Html(200, Pages.Consent(server.RelativeRoot, application.Name, user.Username, fields));
    }

    public Answer Decide(ReceivedRequest request, Parameters asked)
    {
        if (world.UserOfSession(BrowserPages.SessionOf(request)) is not { } user)
            return Answer.RedirectPage($"{server.ExternalUrl}/users/sign_in");
        if (Refuse(asked, out var application, out var scopes) is { } refusal)
            return refusal;

        var denied = request.Method == "DELETE" || asked["_method"] == "delete";
        return Answer.RedirectPage(denied
            ? Back(asked, ("error", "access_denied"), ("error_description", "The resource owner or authorization server denied the request."))
            : Granted(asked, application, user, scopes));
    }

    private Answer? Refuse(Parameters asked, out SandboxApplication application, out IReadOnlyList<string> scopes)
    {
        application = world.FindApplication(asked["client_id"])!;
        scopes = [];
        if (application is null)
            return Error("Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.");
        if (!application.RedirectUris.Contains(asked["redirect_uri"] ?? "", StringComparer.Ordinal))
            return Error("The redirect URI included is not valid.");
        if (asked["response_type"] != "code")
            return Error("The authorization server does not support this response type.");

        // Without a scope GitLab means api, cut down to what the application has.
        var wanted = asked["scope"] is { Length: > 0 } text ? text.Split(' ', StringSplitOptions.RemoveEmptyEntries) : ["api"];
        if (!wanted.All(application.Scopes.Contains))
            return Error("The requested scope is invalid, unknown, or malformed.");
        scopes = wanted;
        return null;
    }

    private string Granted(Parameters asked, SandboxApplication application, SandboxUser user, IReadOnlyList<string> scopes) => Back(asked, ("code", world.AddGrant(new SandboxGrant(
        application, user, asked["redirect_uri"]!, scopes, asked["code_challenge"], asked["code_challenge_method"], asked["nonce"], world.Now.AddMinutes(10)))));

    private static string Back(Parameters asked, params (string Name, string Value)[] values)
    {
        var target = asked["redirect_uri"]!;
        var query = string.Join('&', values.Append(("state", asked["state"] ?? "")).Where(v => v.Item2.Length > 0).Select(v => $"{v.Item1}={Uri.EscapeDataString(v.Item2)}"));
        return target + (target.Contains('?', StringComparison.Ordinal) ? "&" : "?") + query;
    }

    private static Answer Error(string reason) => Answer.Html(200, Pages.OAuthError(reason));
}
