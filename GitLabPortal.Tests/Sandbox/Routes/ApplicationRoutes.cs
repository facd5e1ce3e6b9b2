using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>OAuth applications of the instance, for admins (FACTS 3.1).</summary>
internal static class ApplicationRoutes
{
    private static readonly HashSet<string> KnownScopes = new(StringComparer.Ordinal)
    {
        "api", "read_api", "read_user", "create_runner", "manage_runner", "k8s_proxy", "self_rotate", "read_repository", "write_repository",
        "ai_features", "sudo", "admin_mode", "read_service_ping", "openid", "profile", "email",
    };

    public static readonly Route[] All =
    [
        new("POST", "applications", Create) { Access = Access.Admin },
        new("GET", "applications", List) { Access = Access.Admin },
        new("DELETE", "applications/:id", call => With(call, application =>
        {
            call.World.Delete(application);
            return Answer.Empty(204);
        })) { Access = Access.Admin },
        new("POST", "applications/:id/renew-secret", call => With(call, application =>
        {
            call.World.RenewSecret(application);
            return Json.Object(201, json => Write(json, application, call, withSecret: true));
        })) { Access = Access.Admin, Since = Capability.RenewApplicationSecret },
    ];

    private static Answer Create(ApiCall call)
    {
        var asked = call.Parameters;
        if (!asked.Has("name"))
            asked.Complain("name is missing");
        if (!asked.Has("redirect_uri"))
            asked.Complain("redirect_uri is missing");
        if (!asked.Has("scopes"))
            asked.Complain("scopes is missing");
        if (string.IsNullOrWhiteSpace(asked["scopes"]))
            asked.Complain("scopes is empty");
        var confidential = asked.Flag("confidential") ?? true;
        if (asked.Complaint is { } complaint)
            return complaint;

        var uris = asked["redirect_uri"]!.Split((char[])['\n', '\r', ' '], StringSplitOptions.RemoveEmptyEntries);
        foreach (var uri in uris)
        {
            if (Complaint(uri) is { } text)
                return Answer.Json(400, "{\"message\":{\"redirect_uri\":[\"" + text + "\"]}}");
        }

        var scopes = asked["scopes"]!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (!scopes.All(KnownScopes.Contains))
            return Answer.Json(400, """{"message":{"scopes":["doesn't match configured on the server."]}}""");
        var application = call.World.AddApplication(asked["name"]!, asked["redirect_uri"]!, scopes, confidential);
        return Json.Object(201, json => Write(json, application, call, withSecret: true));
    }

    private static string? Complaint(string uri)
    {
        if (!Uri.TryCreate(uri, UriKind.RelativeOrAbsolute, out var parsed))
            return "must be a valid URI.";
        if (!parsed.IsAbsoluteUri || uri[0] == '/')
            return "must be an absolute URI.";
        return parsed.Scheme is "javascript" or "data" or "vbscript" ? "is forbidden by the server." : null;
    }

    /// <summary>Not paginated, and without secrets.</summary>
    private static Answer List(ApiCall call) => Json.Array(call.World.Applications, (json, application) =>
    {
        json.WriteStartObject();
        Write(json, application, call, withSecret: false);
        json.WriteEndObject();
    });

    private static Answer With(ApiCall call, Func<SandboxApplication, Answer> handle) =>
        call.PathNumber("id") is { } id && call.World.FindApplication(id) is { } application ? handle(application) : Answers.NotFound("Application");

    private static void Write(Utf8JsonWriter json, SandboxApplication application, ApiCall call, bool withSecret)
    {
        json.WriteNumber("id", application.Id);
        json.WriteString("application_id", application.ClientId);
        json.WriteString("application_name", application.Name);
        json.WriteString("callback_url", string.Join('\n', application.RedirectUris));
        json.WriteBoolean("confidential", application.IsConfidential);
        if (call.Release.Has(Capability.IntegerPathParameters))
            json.Strings("scopes", application.Scopes);
        if (withSecret)
            json.WriteString("secret", application.Secret);
    }
}
