using System.Text.Json;

namespace GitLabPortal.Repositories;

/// <summary>What a delivery says. It is a hint where to look, never taken over: GitLab itself is asked.</summary>
/// <param name="News">Null for what the catalogue does not care about.</param>
internal readonly record struct HookMessage(HookNews? News, long? ProjectId, long? UserId)
{
    /// <summary>Reads as little as it needs, and whatever somebody sends.</summary>
    public static HookMessage Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("event_name", out var name) || name.ValueKind != JsonValueKind.String) return default;
            var (project, user) = (Number(root, "project_id"), Number(root, "user_id"));
            return name.GetString() switch
            {
                "project_create" or "project_rename" or "project_transfer" or "project_update" when project is not null => new(HookNews.Project, project, null),
                "project_destroy" when project is not null => new(HookNews.ProjectGone, project, null),
                // Nothing is sent for the projects below, whose paths all changed.
                "group_rename" or "user_rename" or "group_destroy" => new(HookNews.Everything, null, null),
                "user_add_to_team" or "user_remove_from_team" or "user_update_for_team" when project is not null && user is not null =>
                    new(HookNews.ProjectMember, project, user),
                "user_add_to_group" or "user_remove_from_group" or "user_update_for_group" when user is not null => new(HookNews.GroupMember, null, user),
                _ => default,
            };
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static long? Number(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number > 0 ? number : null;
}
