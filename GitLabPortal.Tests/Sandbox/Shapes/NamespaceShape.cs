using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

internal static class NamespaceShape
{
    public static string WebUrl(SandboxNamespace space, ServerIdentity server) =>
        space is SandboxGroup ? $"{server.ExternalUrl}/groups/{space.FullPath}" : $"{server.ExternalUrl}/{space.Path}";

    /// <summary>The avatar is a relative path here, unlike the project's own.</summary>
    public static void WriteBasic(Utf8JsonWriter json, SandboxNamespace space, ServerIdentity server)
    {
        json.WriteNumber("id", space.Id);
        json.WriteString("name", space.Name);
        json.WriteString("path", space.Path);
        json.WriteString("kind", space.Kind);
        json.WriteString("full_path", space.FullPath);
        if (space.Parent is { } parent)
            json.WriteNumber("parent_id", parent.Id);
        else
            json.WriteNull("parent_id");
        json.WriteString("avatar_url", space.AvatarPath is { } avatar ? server.RelativeRoot + avatar : null);
        json.WriteString("web_url", WebUrl(space, server));
    }

    /// <summary>GET /namespaces: counts only for those who administer the namespace.</summary>
    public static void Write(Utf8JsonWriter json, SandboxNamespace space, ApiCall call)
    {
        json.WriteStartObject();
        WriteProperties(json, space, call);
        json.WriteEndObject();
    }

    public static void WriteProperties(Utf8JsonWriter json, SandboxNamespace space, ApiCall call)
    {
        WriteBasic(json, space, call.Server);
        if (call.Viewer.HasAdminPowers || call.Viewer.GroupLevel(space) >= 50)
        {
            if (space is SandboxGroup)
                json.WriteNumber("members_count_with_descendants", 1);
            json.WriteNumber("root_repository_size", 100);
            json.WriteNumber("projects_count", space.Projects.Count);
        }

        if (call.Release.IsEnterprise)
        {
            json.WriteNumber("billable_members_count", 1);
            json.WriteString("plan", "default");
            json.WriteNull("end_date");
            json.WriteNull("trial_ends_on");
            json.WriteBoolean("trial", false);
        }
    }
}
