using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

internal static class UserShape
{
    public static void WriteBasic(Utf8JsonWriter json, string name, SandboxUser user, ServerIdentity server)
    {
        json.WriteStartObject(name);
        WriteBasicProperties(json, user, server);
        json.WriteEndObject();
    }

    public static void WriteBasicProperties(Utf8JsonWriter json, SandboxUser user, ServerIdentity server)
    {
        json.WriteNumber("id", user.Id);
        json.WriteString("username", user.Username);
        json.WriteString("public_email", (string?)null);
        json.WriteString("name", user.Name);
        json.WriteString("state", State(user));
        json.WriteBoolean("locked", false);
        json.WriteString("avatar_url", $"https://www.gravatar.example/avatar/{Deterministic.Hex(user.Email, 64)}?s=80&d=identicon");
        json.WriteString("web_url", $"{server.ExternalUrl}/{user.Username}");
    }

    /// <summary>GET /user. An admin's keys are absent for others, not false; is_admin ignores Admin Mode.</summary>
    public static void WriteSelf(Utf8JsonWriter json, SandboxUser user, ServerIdentity server, DateTimeOffset now, bool asAdmin = false)
    {
        WriteBasicProperties(json, user, server);
        json.WriteString("created_at", Json.Time(user.CreatedAt));
        foreach (var name in (ReadOnlySpan<string>)["bio", "location", "linkedin", "twitter", "discord", "website_url", "github", "job_title"])
            json.WriteString(name, "");
        json.WriteNull("pronouns");
        json.WriteString("organization", "");
        json.WriteBoolean("bot", user.Kind is SandboxUserKind.ProjectBot or SandboxUserKind.GroupBot);
        json.WriteNull("work_information");
        json.WriteNull("local_time");
        json.WriteString("last_sign_in_at", user.IsBot ? null : Json.Time(user.CreatedAt));
        json.WriteString("confirmed_at", user.State is SandboxUserState.Unconfirmed ? null : Json.Time(user.CreatedAt));
        json.WriteString("last_activity_on", Json.Date(DateOnly.FromDateTime(now.UtcDateTime)));
        json.WriteString("email", user.Email);
        json.WriteNumber("theme_id", 3);
        json.WriteNumber("color_scheme_id", 1);
        json.WriteNumber("projects_limit", user.IsBot ? 0 : 100_000);
        json.WriteString("current_sign_in_at", user.IsBot ? null : Json.Time(user.CreatedAt));
        json.WriteStartArray("identities");
        json.WriteEndArray();
        json.WriteBoolean("can_create_group", !user.IsBot && !user.IsExternal);
        json.WriteBoolean("can_create_project", !user.IsBot && !user.IsExternal);
        json.WriteBoolean("two_factor_enabled", false);
        json.WriteBoolean("external", user.IsExternal);
        json.WriteBoolean("private_profile", false);
        json.WriteString("commit_email", user.Email);
        json.WriteString("preferred_language", "en");
        if (server.Release.IsEnterprise)
        {
            json.WriteNull("shared_runners_minutes_limit");
            json.WriteNull("extra_shared_runners_minutes_limit");
            json.WriteStartArray("scim_identities");
            json.WriteEndArray();
        }

        if (!user.IsAdmin && !asAdmin)
            return;
        json.WriteBoolean("is_admin", user.IsAdmin);
        json.WriteString("note", user.Note);
        json.WriteNumber("namespace_id", user.Namespace.Id);
        json.WriteNull("created_by");
        if (server.Release.IsEnterprise)
            json.WriteBoolean("is_auditor", false);
    }

    private static string State(SandboxUser user) => user.State switch
    {
        SandboxUserState.Blocked => "blocked",
        SandboxUserState.PendingApproval => "blocked_pending_approval",
        SandboxUserState.Deactivated => "deactivated",
        _ => "active",
    };
}
