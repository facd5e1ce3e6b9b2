using System.Globalization;

namespace GitLabPortal.Tests.Sandbox;

internal static class ProjectListRoutes
{
    /// <summary>Link headers echo these even when the caller did not send them.</summary>
    private static readonly KeyValuePair<string, string>[] Defaults =
    [
        new("imported", "false"), new("membership", "false"), new("order_by", "created_at"), new("owned", "false"), new("page", "1"),
        new("per_page", "20"), new("simple", "false"), new("sort", "desc"), new("starred", "false"), new("statistics", "false"),
        new("with_custom_attributes", "false"), new("with_issues_enabled", "false"), new("with_merge_requests_enabled", "false"),
    ];

    private static readonly KeyValuePair<string, string>[] GroupDefaults =
    [
        new("include_ancestor_groups", "false"), new("include_subgroups", "false"), new("order_by", "created_at"), new("owned", "false"),
        new("page", "1"), new("per_page", "20"), new("simple", "false"), new("sort", "desc"), new("starred", "false"),
        new("with_custom_attributes", "false"), new("with_issues_enabled", "false"), new("with_merge_requests_enabled", "false"), new("with_shared", "true"),
    ];

    public static readonly Route[] All =
    [
        new("GET", "projects", List) { Access = Access.Anyone, Scopes = ListScopes },
    ];

    /// <summary>Projects of one group, with offset pagination only by id as everywhere.</summary>
    public static Answer ListOfGroup(ApiCall call, SandboxGroup group)
    {
        var query = new ProjectQuery(call);
        var withSubgroups = call.Parameters.Flag("include_subgroups") is true;
        call.Parameters.Flag("with_shared");
        if (query.Complaint is { } complaint)
            return complaint;

        List<SandboxProject> found = [];
        Collect(group);
        return Offset(call, query, query.Sort(found), GroupDefaults);

        void Collect(SandboxGroup from)
        {
            found.AddRange(from.Projects.Values.Where(query.Accepts));
            if (!withSubgroups)
                return;
            foreach (var subgroup in from.Subgroups.Values)
                Collect(subgroup);
        }
    }

    private static string[] ListScopes(GitLabRelease release) => release.Has(Capability.AiWorkflowsScope) ? ["ai_workflows"] : [];

    private static Answer List(ApiCall call)
    {
        var query = new ProjectQuery(call);
        if (query.Complaint is { } complaint)
            return complaint;
        if (query.IsKeyset)
            return query.OrderBy == "id" ? Keyset(call, query) : Answers.KeysetRefused();
        if (call.Caller.User is null && call.World.Settings.AnonymousProjectOffsetLimit is { } limit and > 0 && (long)query.Page * query.PerPage > limit)
            return Answers.OffsetTooDeep(limit, "Project");

        var projects = call.World.ProjectsUnderLock;
        var (from, to) = Range(call.World, query);
        List<SandboxProject> found = [];
        for (var i = from; i < to; i++)
        {
            if (query.Accepts(projects[i]))
                found.Add(projects[i]);
        }

        return Offset(call, query, query.Sort(found), Defaults);
    }

    /// <summary>
    /// Walks from the last id seen, so that each page of a long list costs the same. Every page that is not empty has a
    /// next link, the last one too: the end is an empty array.
    /// </summary>
    private static Answer Keyset(ApiCall call, ProjectQuery query)
    {
        var projects = call.World.ProjectsUnderLock;
        var (from, to) = Range(call.World, query);
        List<SandboxProject> page = new(query.PerPage);
        for (var step = 0; step < to - from && page.Count < query.PerPage; step++)
        {
            var project = projects[query.Ascending ? from + step : to - 1 - step];
            if (query.Accepts(project))
                page.Add(project);
        }

        var answer = Write(call, query, page);
        if (page.Count == 0)
            return answer;
        var last = page[^1].Id.ToString(CultureInfo.InvariantCulture);
        return answer.WithNext(call, Defaults, new KeyValuePair<string, string>(query.Ascending ? "id_after" : "id_before", last));
    }

    private static (int From, int To) Range(SandboxWorld world, ProjectQuery query) => (
        query.IdAfter is { } after ? world.IndexAfter(after) : 0,
        query.IdBefore is { } before ? world.IndexAfter(before - 1) : world.ProjectsUnderLock.Count);

    private static Answer Offset(ApiCall call, ProjectQuery query, List<SandboxProject> found, KeyValuePair<string, string>[] defaults)
    {
        var start = Math.Min((long)(query.Page - 1) * query.PerPage, found.Count);
        return Write(call, query, found.Skip((int)start).Take(query.PerPage))
            .WithOffsetHeaders(call, query.Page, query.PerPage, found.Count, defaults);
    }

    private static Answer Write(ApiCall call, ProjectQuery query, IEnumerable<SandboxProject> page)
    {
        var isSimple = query.IsSimple || call.Caller.User is null;
        if (!isSimple && call.World.Prepared?.List([.. page], call.Caller) is { } prepared)
            return prepared;
        return Json.Array(page, (json, project) =>
        {
            if (isSimple)
                ProjectShape.WriteBasic(json, project, call);
            else
                ProjectShape.WriteFull(json, project, call, isSingle: false);
        });
    }
}
