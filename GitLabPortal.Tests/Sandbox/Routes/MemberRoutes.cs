using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Members of groups and projects (FACTS 3.2), as far as giving a bot access needs it.</summary>
internal static class MemberRoutes
{
    public static readonly Route[] All =
    [
        new("POST", "groups/:id/members", call => GroupRoutes.WithGroup(call, group =>
            Add(call, call.Viewer.GroupLevel(group), u => u.GroupLevels, group.Id, (user, level) => call.World.TellMember("add_to", user, group, level)))),
        new("POST", "projects/:id/members", call => ProjectRoutes.WithProject(call, project =>
            Add(call, call.Viewer.Level(project), u => u.ProjectLevels, project.Id, (user, level) => call.World.TellMember("add_to", user, project, level)))),
        new("GET", "groups/:id/members/:user_id", call => GroupRoutes.WithGroup(call, group => Find(call, u => u.GroupLevels.GetValueOrDefault(group.Id)))),
        new("GET", "groups/:id/members/all/:user_id", call => GroupRoutes.WithGroup(call, group => Find(call, u => new Viewer(call.World, u, hasAdminPowers: false).GroupLevel(group)))),
        new("DELETE", "groups/:id/members/:user_id", call => GroupRoutes.WithGroup(call, group => Remove(call, group))),
    ];

    private static Answer Add(ApiCall call, int callersLevel, Func<SandboxUser, Dictionary<long, int>> levels, long id, Action<SandboxUser, int> tell)
    {
        if (!call.Caller.HasAdminPowers && callersLevel < 40)
            return Answers.Forbidden();
        var asked = call.Parameters;
        var level = asked.Number("access_level");
        if (level is null)
            asked.Complain("access_level is missing");
        if (asked.Complaint is { } complaint)
            return complaint;
        var user = asked.Number("user_id") is { } number ? call.World.FindUser(number) : asked["username"] is { } name ? call.World.FindUser(name) : null;
        if (user is null)
            return Answers.NotFound("User");
        if (!levels(user).TryAdd(id, (int)level!.Value))
            return Answers.Message(409, "Member already exists");
        tell(user, (int)level.Value);
        return Json.Object(201, json => Write(json, user, (int)level.Value, call));
    }

    private static Answer Find(ApiCall call, Func<SandboxUser, int> level) =>
        call.PathNumber("user_id") is { } id && call.World.FindUser(id) is { } user && level(user) is var found and > 0
            ? Json.Object(200, json => Write(json, user, found, call))
            : Answers.RecordNotFound();

    private static Answer Remove(ApiCall call, SandboxGroup group)
    {
        if (!call.Caller.HasAdminPowers && call.Viewer.GroupLevel(group) < 50)
            return Answers.Forbidden();
        if (call.PathNumber("user_id") is not { } id || call.World.FindUser(id) is not { } user || !user.GroupLevels.ContainsKey(group.Id))
            return Answers.RecordNotFound();
        call.World.RemoveMember(user, group);
        return Answer.Empty(204);
    }

    private static void Write(Utf8JsonWriter json, SandboxUser user, int level, ApiCall call)
    {
        UserShape.WriteBasicProperties(json, user, call.Server);
        json.WriteNumber("access_level", level);
        json.WriteString("created_at", Json.Time(call.World.Now));
        json.WriteNull("expires_at");
        json.WriteString("membership_state", "active");
    }
}
