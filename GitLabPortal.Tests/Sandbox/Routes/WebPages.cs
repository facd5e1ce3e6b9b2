namespace GitLabPortal.Tests.Sandbox;

/// <summary>Everything outside of /api that a client without a session can meet (FACTS 1.1 and 2.8).</summary>
internal sealed class WebPages(SandboxWorld world, ServerIdentity server, GitTransport git, OAuthPages oauth, BrowserPages browser)
{
    /// <returns>Null for a route that GitLab does not have.</returns>
    public Answer? Handle(ReceivedRequest request, Parameters parameters)
    {
        var path = request.Path!;
        if (git.Handle(request, parameters) is { } gitAnswer)
            return gitAnswer;
        if (oauth.Handle(request, parameters) is { } oauthAnswer)
            return oauthAnswer;
        if (browser.Handle(request, parameters) is { } browserAnswer)
            return browserAnswer;
        if (path.StartsWith("/oauth/", StringComparison.Ordinal) || path.StartsWith("/.well-known/", StringComparison.Ordinal))
            return null;
        if (!request.IsRead)
            return null;

        return path switch
        {
            "/" => ToSignIn(),
            "/help" => Answer.Html(200, Pages.Help),
            "/-/manifest.json" => Answer.Json(200, $$"""{"name":"{{world.Settings.BrandTitle}}","short_name":"GitLab","start_url":"{{server.RelativeRoot}}/","display":"browser"}"""),
            "/-/health" => world.Settings.MonitoringAllowed
                ? Answer.Text(200, "GitLab OK", "text/plain")
                : Answer.Text(404, "Not Found", "text/plain", AnswerSource.Workhorse),
            "/-/readiness" or "/-/liveness" => world.Settings.MonitoringAllowed
                ? Answer.Json(200, """{"status":"ok","master_check":[{"status":"ok"}]}""")
                : Answer.Text(404, """{"error":"Not Found","status":404}""", "application/json", AnswerSource.Workhorse),
            "/robots.txt" => Answer.Text(200, "User-Agent: *\nDisallow: /autocomplete/users\nDisallow: /-/ide/\nDisallow: /users/sign_in\n", "text/plain", AnswerSource.Workhorse),
            "/favicon.ico" or "/favicon.png" => Answer.Html(301, "").With("Location", $"{server.ExternalUrl}/assets/favicon.png"),
            // A page that exists and one that does not look the same to a visitor without a session,
            // the page for new tokens among them.
            _ => ToSignIn(),
        };
    }

    private Answer ToSignIn() => Answer.RedirectPage(server.ExternalUrl + "/users/sign_in");
}
