using System.Text;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>The statuses of git over HTTP (FACTS 8); no repository behind it.</summary>
internal sealed class GitTransport(SandboxWorld world, Authentication authentication)
{
    private const string Missing = "The project you were looking for could not be found or you don't have permission to view it.";

    public Answer? Handle(ReceivedRequest request, Parameters parameters)
    {
        var path = request.Path!;
        const string InfoRefs = "/info/refs";
        if (!path.EndsWith(InfoRefs, StringComparison.Ordinal))
            return null;

        var repository = path[1..^InfoRefs.Length];
        if (!repository.EndsWith(".git", StringComparison.Ordinal))
        {
            return Answer.Html(302, "").With("Location", $"{request.FullPath[..^InfoRefs.Length]}.git{InfoRefs}{(request.RawQuery.Length > 0 ? "?" : "")}{request.RawQuery}");
        }

        return Advertise(request, parameters["service"], Uri.UnescapeDataString(repository[..^4]));
    }

    private Answer Advertise(ReceivedRequest request, string? service, string fullPath)
    {
        if (request.Method == "HEAD")
            return Answer.Empty(403);

        var project = world.FindProject(fullPath) ?? world.FindMovedProject(fullPath);
        var isPush = service == "git-receive-pack";
        if (PasswordOf(request) is not { } password)
        {
            var isOpen = project is { Visibility: SandboxVisibility.Public } && !isPush && service is not null
                && new Viewer(world, user: null, hasAdminPowers: false).CanReadCode(project);
            return isOpen ? Refs(service!) : Denied();
        }

        if (world.FindTokenBySecret(password) is not { } token || !token.IsActiveAt(world.Now) || token.User.State is not SandboxUserState.Active
            || (token.Kind is SandboxTokenKind.Impersonation && world.Settings.ImpersonationDisabled)
            || (token.Kind is not SandboxTokenKind.OAuth && world.Settings.PersonalAccessTokensDisabled))
            return Denied();

        if (service is not ("git-upload-pack" or "git-receive-pack"))
            return Text(403, "Access denied");

        var viewer = new Viewer(world, token.User, authentication.HasAdminPowers(token));
        if (project is null || !viewer.CanSee(project))
            return Text(404, Missing);
        string[] wanted = isPush ? ["write_repository", "api"] : ["read_repository", "write_repository", "api", "read_api"];
        if (!wanted.Any(token.Scopes.Contains) || !viewer.CanReadCode(project))
            return Text(403, isPush ? "You are not allowed to upload code." : "You are not allowed to download code from this project.");
        if (isPush && project.IsArchived)
            return Text(403, "You can't push code to an archived project.");
        if (isPush && viewer.Level(project) < 30 && !viewer.HasAdminPowers)
            return Text(403, "You are not allowed to push code to this project.");
        return Refs(service);
    }

    private static string? PasswordOf(ReceivedRequest request)
    {
        if (request.Headers.Authorization.ToString() is not { } header || !header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        var buffer = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), buffer, out var length))
            return "";
        var pair = Encoding.UTF8.GetString(buffer, 0, length);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        // Any user name will do, as long as there is one.
        return colon > 0 ? pair[(colon + 1)..] : "";
    }

    private static Answer Refs(string service)
    {
        var first = $"# service={service}\n";
        return Answer.Text(200, $"{first.Length + 4:x4}{first}0000", $"application/x-{service}-advertisement", AnswerSource.Workhorse);
    }

    private static Answer Denied() =>
        Text(401, "HTTP Basic: Access denied. If a password was provided for Git authentication, the password was incorrect or you're required to use a token instead of a password.")
            .With("WWW-Authenticate", "Basic realm=\"GitLab\"");

    private static Answer Text(int status, string text) => Answer.Text(status, text, "text/plain; charset=utf-8");
}
