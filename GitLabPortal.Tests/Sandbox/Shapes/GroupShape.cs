using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

internal static class GroupShape
{
    public static void Write(Utf8JsonWriter json, SandboxGroup group, ApiCall call)
    {
        json.WriteStartObject();
        WriteProperties(json, group, call);
        json.WriteEndObject();
    }

    public static void WriteProperties(Utf8JsonWriter json, SandboxGroup group, ApiCall call)
    {
        json.WriteNumber("id", group.Id);
        json.WriteString("web_url", NamespaceShape.WebUrl(group, call.Server));
        json.WriteString("name", group.Name);
        json.WriteString("path", group.Path);
        json.WriteString("description", group.Description);
        json.WriteString("visibility", ProjectShape.Visibility(group.Visibility));
        json.WriteBoolean("share_with_group_lock", false);
        json.WriteBoolean("require_two_factor_authentication", false);
        json.WriteNumber("two_factor_grace_period", 48);
        json.WriteString("project_creation_level", "developer");
        json.WriteNull("auto_devops_enabled");
        json.WriteString("subgroup_creation_level", "maintainer");
        json.WriteBoolean("emails_disabled", false);
        json.WriteBoolean("emails_enabled", true);
        json.WriteNull("mentions_disabled");
        json.WriteBoolean("lfs_enabled", true);
        if (call.Release.Has(Capability.DelayedDeletionForAll))
            json.WriteBoolean("archived", group.IsArchived);
        json.WriteNull("default_branch");
        json.WriteNumber("default_branch_protection", 2);
        // Absolute here, relative inside of a project's namespace.
        json.WriteString("avatar_url", group.AvatarPath is { } avatar ? call.Server.ExternalUrl + avatar : null);
        json.WriteBoolean("request_access_enabled", true);
        json.WriteString("full_name", group.FullName);
        json.WriteString("full_path", group.FullPath);
        json.WriteString("created_at", Json.Time(group.CreatedAt));
        if (group.Parent is { } parent)
            json.WriteNumber("parent_id", parent.Id);
        else
            json.WriteNull("parent_id");
        if (call.Release.Has(Capability.TokenAssociations))
            json.WriteNumber("organization_id", 1);
        json.WriteString("shared_runners_setting", "enabled");
        if (call.Release.HasDelayedDeletion)
            json.WriteString("marked_for_deletion_on", Json.Date(group.MarkedForDeletionOn));
        if (call.Release.IsEnterprise)
        {
            json.WriteNull("ldap_cn");
            json.WriteNull("ldap_access");
            json.WriteString("wiki_access_level", "enabled");
        }
    }
}
