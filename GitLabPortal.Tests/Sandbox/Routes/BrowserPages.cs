namespace GitLabPortal.Tests.Sandbox;

/// <summary>Signing in with a browser, so that whole stories can be told: name a user, any password will do.</summary>
internal sealed class BrowserPages(SandboxWorld world, ServerIdentity server)
{
    public static string? SessionOf(ReceivedRequest request)
    {
        foreach (var part in request.Headers.Cookie.ToString().Split(';', StringSplitOptions.TrimEntries))
        {
            if (part.StartsWith("_gitlab_session=", StringComparison.Ordinal))
                return part["_gitlab_session=".Length..];
        }

        return null;
    }

    public Answer? Handle(ReceivedRequest request, Parameters parameters)
    {
        if (request.Path != "/users/sign_in")
            return null;
        return request.IsRead ? Form(refusal: null) : SignIn(request, parameters["user[login]"] ?? "");
    }

    private Answer SignIn(ReceivedRequest request, string login)
    {
        if (world.FindUser(login) is not { IsBot: false } user)
            return Form("Invalid login or password.");
        if (user.State is not SandboxUserState.Active)
            return Form("Your account has been blocked. Please contact your GitLab administrator if you think this is an error.");

        var target = world.TakeReturnTarget(SessionOf(request)) ?? server.RelativeRoot + "/";
        return Answer.RedirectPage(target, world.OpenSession(user, returnTo: null));
    }

    private Answer Form(string? refusal) => Answer.Html(200, Pages.SignIn(world.Settings.BrandTitle, server.RelativeRoot, refusal));
}
