using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>GET /personal_access_tokens/self/associations: what the token reaches by membership, a page of each.</summary>
internal static class AssociationsShape
{
    public static void Write(Utf8JsonWriter json, ApiCall call)
    {
        var (page, perPage) = Paging.Read(call.Parameters);
        json.WriteStartArray("groups");
        var groups = call.World.NamespacesUnderLock.Values.OfType<SandboxGroup>().Where(g => call.Viewer.GroupLevel(g) > 0);
        foreach (var group in groups.Skip((page - 1) * perPage).Take(perPage))
        {
            json.WriteStartObject();
            json.WriteNumber("id", group.Id);
            json.WriteString("web_url", NamespaceShape.WebUrl(group, call.Server));
            json.WriteString("name", group.Name);
            if (group.Parent is { } parent)
                json.WriteNumber("parent_id", parent.Id);
            else
                json.WriteNull("parent_id");
            json.WriteNumber("organization_id", 1);
            json.WriteNumber("access_levels", call.Viewer.GroupLevel(group));
            json.WriteString("visibility", ProjectShape.Visibility(group.Visibility));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("projects");
        var projects = call.World.ProjectsUnderLock.Where(p => !p.IsBeingDestroyed && call.Viewer.IsMember(p));
        foreach (var project in projects.Skip((page - 1) * perPage).Take(perPage))
            WriteProject(json, project, call);
        json.WriteEndArray();
    }

    private static void WriteProject(Utf8JsonWriter json, SandboxProject project, ApiCall call)
    {
        json.WriteStartObject();
        json.WriteNumber("id", project.Id);
        json.WriteString("description", project.Description);
        json.WriteString("name", project.Name);
        json.WriteString("name_with_namespace", project.NameWithNamespace);
        json.WriteString("path", project.Path);
        json.WriteString("path_with_namespace", project.FullPath);
        json.WriteString("created_at", Json.Time(project.CreatedAt));
        json.WriteStartObject("access_levels");
        WriteLevel(json, "project_access_level", call.Viewer.ProjectLevel(project));
        WriteLevel(json, "group_access_level", call.Viewer.GroupLevel(project.Namespace));
        json.WriteEndObject();
        json.WriteString("visibility", ProjectShape.Visibility(project.Visibility));
        json.WriteString("web_url", $"{call.Server.ExternalUrl}/{project.FullPath}");
        json.WriteStartObject("namespace");
        NamespaceShape.WriteBasic(json, project.Namespace, call.Server);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLevel(Utf8JsonWriter json, string name, int level)
    {
        if (level == 0)
            json.WriteNull(name);
        else
            json.WriteNumber(name, level);
    }
}
