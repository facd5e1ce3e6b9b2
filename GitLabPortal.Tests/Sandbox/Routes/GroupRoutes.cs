using System.Globalization;
using System.Text;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Groups and namespaces (FACTS 4.6). Old group paths are never redirected.</summary>
internal static class GroupRoutes
{
    private static readonly KeyValuePair<string, string>[] Defaults =
    [
        new("order_by", "name"), new("owned", "false"), new("page", "1"), new("per_page", "20"), new("sort", "asc"),
        new("statistics", "false"), new("top_level_only", "false"), new("with_custom_attributes", "false"),
    ];

    public static readonly Route[] All =
    [
        new("GET", "groups", List) { Access = Access.Anyone },
        new("GET", "groups/:id", Read) { Access = Access.Anyone },
        new("GET", "groups/:id/projects", call => WithGroup(call, group => ProjectListRoutes.ListOfGroup(call, group))) { Access = Access.Anyone },
        new("GET", "groups/:id/subgroups", ListSubgroups) { Access = Access.Anyone },
        new("GET", "namespaces", ListNamespaces),
        new("GET", "namespaces/:id", ReadNamespace),
    ];

    public static Answer WithGroup(ApiCall call, Func<SandboxGroup, Answer> handle)
    {
        var group = (call.PathNumber("id") is { } id ? call.World.FindNamespace(id) : call.World.FindNamespace(call.Path("id"))) as SandboxGroup;
        return group is not null && call.Viewer.CanSee(group) ? handle(group) : Answers.NotFound("Group");
    }

    private static Answer List(ApiCall call) => Page(call, call.World.NamespacesUnderLock.Values.OfType<SandboxGroup>());

    private static Answer ListSubgroups(ApiCall call) => WithGroup(call, group => Page(call, group.Subgroups.Values));

    private static Answer Page(ApiCall call, IEnumerable<SandboxGroup> groups)
    {
        var asked = call.Parameters;
        var (page, perPage) = Paging.Read(asked);
        var orderBy = asked.Choice("order_by", "name", "name", "path", "id", "similarity");
        var descending = asked.Choice("sort", "asc", "asc", "desc") == "desc";
        var isKeyset = asked.Choice("pagination", "legacy", "legacy", "keyset") == "keyset";
        var level = asked.Number("min_access_level");
        var owned = asked.Flag("owned") is true;
        var topOnly = asked.Flag("top_level_only") is true;
        var archived = asked.Flag("archived");
        var active = asked.Flag("active");
        if (asked.Complaint is { } complaint)
            return complaint;
        if (!isKeyset && call.World.Settings.OffsetLimit is var limit and > 0 && (long)page * perPage > limit)
            return Answers.OffsetTooDeep(limit, "Group");

        var found = groups.Where(call.Viewer.CanSee)
            .Where(g => level is null || call.Viewer.GroupLevel(g) >= level)
            .Where(g => !owned || call.Viewer.GroupLevel(g) >= 50)
            .Where(g => !topOnly || g.Parent is null)
            .Where(g => archived is null || g.IsArchived == archived)
            .Where(g => active is null || (!g.IsArchived && g.MarkedForDeletionOn is null) == active)
            .Where(g => asked["search"] is not { Length: > 0 } search || g.Name.Contains(search, StringComparison.OrdinalIgnoreCase) || g.FullPath.Contains(search, StringComparison.OrdinalIgnoreCase));
        Func<SandboxGroup, string> key = orderBy is "path" ? static g => g.Path : static g => g.Name;
        var sorted = orderBy is "id" ? found.OrderBy(static g => g.Id) : found.OrderBy(key, StringComparer.OrdinalIgnoreCase).ThenBy(static g => g.Id);
        List<SandboxGroup> all = [.. sorted];
        if (descending)
            all.Reverse();
        return isKeyset ? Keyset(call, orderBy, all, perPage) : Json.Array(all.Skip((page - 1) * perPage).Take(perPage), (json, group) => GroupShape.Write(json, group, call))
            .WithOffsetHeaders(call, page, perPage, all.Count, Defaults);
    }

    /// <summary>Unlike projects, groups page by an opaque cursor, and only by name.</summary>
    private static Answer Keyset(ApiCall call, string orderBy, List<SandboxGroup> all, int perPage)
    {
        if (orderBy != "name")
            return Answers.KeysetRefused();
        var start = 0;
        if (call.Parameters["cursor"] is { Length: > 0 } cursor)
            start = all.FindIndex(g => g.Id == IdOf(cursor)) + 1;
        var page = all.Skip(start).Take(perPage).ToList();
        var answer = Json.Array(page, (json, group) => GroupShape.Write(json, group, call));
        if (start + page.Count >= all.Count)
            return answer;
        var next = Cursor(page[^1]);
        return answer.With("X-NEXT-CURSOR", next).WithNext(call, Defaults, new KeyValuePair<string, string>("cursor", next));
    }

    private static string Cursor(SandboxGroup group) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{group.Id.ToString(CultureInfo.InvariantCulture)}"));

    private static long IdOf(string cursor)
    {
        var buffer = new byte[cursor.Length];
        return Convert.TryFromBase64String(cursor, buffer, out var length) && long.TryParse(buffer.AsSpan(0, length), CultureInfo.InvariantCulture, out var id) ? id : 0;
    }

    private static Answer Read(ApiCall call) => WithGroup(call, group => Json.Object(200, json =>
    {
        GroupShape.WriteProperties(json, group, call);
        json.WriteStartArray("shared_with_groups");
        json.WriteEndArray();
        // Deprecated and costly, yet the default: callers should say with_projects=false.
        if (call.Parameters.Flag("with_projects") is false)
            return;
        json.WriteStartArray("projects");
        foreach (var project in group.Projects.Values.Where(call.Viewer.CanSee).Take(100))
            ProjectShape.WriteFull(json, project, call, isSingle: false);
        json.WriteEndArray();
        json.WriteStartArray("shared_projects");
        json.WriteEndArray();
    }));

    private static Answer ListNamespaces(ApiCall call)
    {
        var (page, perPage) = Paging.Read(call.Parameters);
        var owned = call.Parameters.Flag("owned_only") is true;
        var topOnly = call.Parameters.Flag("top_level_only") is true;
        if (call.Parameters.Complaint is { } complaint)
            return complaint;
        var found = call.World.NamespacesUnderLock.Values
            .Where(n => call.Viewer.HasAdminPowers || call.Viewer.GroupLevel(n) > 0)
            .Where(n => !owned || call.Viewer.GroupLevel(n) >= 50)
            .Where(n => !topOnly || n.Parent is null)
            .Where(n => call.Parameters["search"] is not { Length: > 0 } search || n.Name.Contains(search, StringComparison.OrdinalIgnoreCase) || n.Path.Contains(search, StringComparison.OrdinalIgnoreCase))
            .OrderBy(static n => n.Id)
            .ToList();
        return Json.Array(found.Skip((page - 1) * perPage).Take(perPage), (json, space) => NamespaceShape.Write(json, space, call))
            .WithOffsetHeaders(call, page, perPage, found.Count, [new("page", "1"), new("per_page", "20")]);
    }

    private static Answer ReadNamespace(ApiCall call)
    {
        var space = call.PathNumber("id") is { } id ? call.World.FindNamespace(id) : call.World.FindNamespace(call.Path("id"));
        if (space is null || !(call.Viewer.HasAdminPowers || call.Viewer.GroupLevel(space) > 0))
            return Answers.NotFound("Namespace");
        return Json.Object(200, json => NamespaceShape.WriteProperties(json, space, call));
    }
}
