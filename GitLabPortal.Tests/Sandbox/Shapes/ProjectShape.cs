using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>The project objects of FACTS 4.4: the basic one for simple=true and anonymous callers, the full one otherwise.</summary>
internal static class ProjectShape
{
    public static void WriteBasic(Utf8JsonWriter json, SandboxProject project, ApiCall call)
    {
        json.WriteStartObject();
        WriteBasicProperties(json, project, call);
        json.WriteEndObject();
    }

    public static void WriteFull(Utf8JsonWriter json, SandboxProject project, ApiCall call, bool isSingle)
    {
        json.WriteStartObject();
        WriteBasicProperties(json, project, call);
        ProjectDetailsShape.Write(json, project, call, isSingle);
        json.WriteEndObject();
    }

    internal static void WriteBasicProperties(Utf8JsonWriter json, SandboxProject project, ApiCall call)
    {
        var server = call.Server;
        var fullPath = project.FullPath;
        var webUrl = $"{server.ExternalUrl}/{fullPath}";
        var readsCode = call.Viewer.CanReadCode(project);

        json.WriteNumber("id", project.Id);
        json.WriteString("description", project.Description);
        json.WriteString("name", project.Name);
        json.WriteString("name_with_namespace", project.NameWithNamespace);
        json.WriteString("path", project.Path);
        json.WriteString("path_with_namespace", fullPath);
        json.WriteString("created_at", Json.Time(project.CreatedAt));
        // The keys are absent, not null, for a caller who may not read the code.
        if (readsCode)
            json.WriteString("default_branch", project.DefaultBranch);
        json.Strings("tag_list", project.Topics);
        if (call.Release.Has(Capability.Topics))
            json.Strings("topics", project.Topics);
        json.WriteString("ssh_url_to_repo", $"git@{server.SshHost}:{fullPath}.git");
        json.WriteString("http_url_to_repo", webUrl + ".git");
        json.WriteString("web_url", webUrl);
        if (readsCode)
        {
            json.WriteString("readme_url", project is { HasReadme: true, IsEmpty: false } ? $"{webUrl}/-/blob/{project.DefaultBranch}/README.md" : null);
            json.WriteNumber("forks_count", project.Forks);
        }

        json.WriteString("avatar_url", project.HasAvatar ? $"{server.ExternalUrl}/uploads/-/system/project/avatar/{project.Id}/avatar.png" : null);
        json.WriteNumber("star_count", project.Stars);
        json.WriteString("last_activity_at", Json.Time(project.LastActivityAt));
        json.WriteString("visibility", Visibility(project.Visibility));
        json.WriteStartObject("namespace");
        NamespaceShape.WriteBasic(json, project.Namespace, server);
        json.WriteEndObject();
        if (call.Viewer.HasAdminPowers)
            json.WriteString("repository_storage", "default");
    }

    public static string Visibility(SandboxVisibility visibility) => visibility switch
    {
        SandboxVisibility.Public => "public",
        SandboxVisibility.Internal => "internal",
        _ => "private",
    };
}
