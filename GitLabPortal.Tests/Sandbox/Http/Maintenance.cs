namespace GitLabPortal.Tests.Sandbox;

/// <summary>Maintenance mode refuses writes, and how depends on the content type (FACTS 6.3).</summary>
internal static class Maintenance
{
    private const string DefaultMessage = "GitLab is undergoing maintenance";

    public static Answer? Refuse(ReceivedRequest request, SandboxWorld world, ServerIdentity server, Circumstance circumstances)
    {
        var message = world.Settings.MaintenanceMessage ?? (circumstances.HasFlag(Circumstance.Maintenance) ? DefaultMessage : null);
        if (message is null || request.Path == "/oauth/token" || request.Path!.EndsWith("/git-upload-pack", StringComparison.Ordinal))
            return null;

        if (request.ContentType is "application/json" or "application/vnd.git-lfs+json")
            return Answers.Message(503, message).With("Retry-After", "900");

        var location = request.Headers.Referer.ToString() is { Length: > 0 } referer ? referer : server.ExternalUrl + "/";
        return Answer.Html(301, $"<html><body>You are being <a href=\"{location}\">redirected</a>.</body></html>").With("Location", location);
    }
}
