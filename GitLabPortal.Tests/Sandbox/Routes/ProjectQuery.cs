namespace GitLabPortal.Tests.Sandbox;

/// <summary>The filters, orders and defaults that GET /projects and GET /groups/:id/projects share (FACTS 4.1).</summary>
internal sealed class ProjectQuery
{
    private readonly ApiCall _call;
    private readonly List<Func<SandboxProject, bool>> _filters = [];

    public ProjectQuery(ApiCall call)
    {
        _call = call;
        var asked = call.Parameters;
        (Page, PerPage) = Paging.Read(asked);
        OrderBy = asked.Choice("order_by", "created_at", "id", "name", "path", "created_at", "updated_at", "last_activity_at", "star_count", "similarity", "storage_size", "repository_size", "wiki_size", "packages_size");
        Ascending = asked.Choice("sort", "desc", "asc", "desc") == "asc";
        IsKeyset = asked.Choice("pagination", "legacy", "legacy", "keyset") == "keyset";
        IsSimple = asked.Flag("simple") ?? false;
        IdAfter = asked.Number("id_after");
        IdBefore = asked.Number("id_before");
        AddFlags(asked);
        AddTexts(asked);
        AddTimes(asked);
    }

    public int Page { get; }
    public int PerPage { get; }
    public string OrderBy { get; }
    public bool Ascending { get; }
    public bool IsKeyset { get; }
    public bool IsSimple { get; }
    public long? IdAfter { get; }
    public long? IdBefore { get; }

    /// <summary>updated_after and updated_before demand the matching order; the default order counts as wrong.</summary>
    public Answer? Complaint => _call.Parameters.Complaint
        ?? (_call.Release.Has(Capability.UpdatedAtFilter) && OrderBy != "updated_at" && (_call.Parameters.Has("updated_after") || _call.Parameters.Has("updated_before"))
            ? Answers.BadRequest("`updated_at` filter and `updated_at` sorting must be paired")
            : null);

    public bool Accepts(SandboxProject project)
    {
        if (!_call.Viewer.CanSee(project))
            return false;
        foreach (var filter in _filters)
        {
            if (!filter(project))
                return false;
        }

        return true;
    }

    /// <summary>Ties are broken by id, in the same direction; the default order is by id in truth.</summary>
    public List<SandboxProject> Sort(List<SandboxProject> projects)
    {
        Comparison<SandboxProject> comparison = OrderBy switch
        {
            "name" or "similarity" => static (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase),
            "path" => static (a, b) => string.Compare(a.Path, b.Path, StringComparison.OrdinalIgnoreCase),
            "updated_at" => static (a, b) => a.UpdatedAt.CompareTo(b.UpdatedAt),
            "last_activity_at" => static (a, b) => a.LastActivityAt.CompareTo(b.LastActivityAt),
            "star_count" => static (a, b) => a.Stars.CompareTo(b.Stars),
            _ => static (_, _) => 0,
        };
        var direction = Ascending ? 1 : -1;
        projects.Sort((a, b) => direction * (comparison(a, b) is var order and not 0 ? order : a.Id.CompareTo(b.Id)));
        return projects;
    }

    private void AddFlags(Parameters asked)
    {
        var viewer = _call.Viewer;
        if (asked.Flag("archived") is { } archived)
            _filters.Add(p => p.IsArchivedBySelfOrAncestor == archived);
        if (_call.Release.Has(Capability.ActiveFilter) && asked.Flag("active") is { } active)
            _filters.Add(p => (!p.IsArchivedBySelfOrAncestor && p.MarkedForDeletionOn is null) == active);
        if (asked.Flag("imported") is { } imported && imported)
            _filters.Add(static p => p.ForkedFrom is not null);
        // The others mean "no filter" when false.
        if (asked.Flag("membership") is true)
            _filters.Add(viewer.IsMember);
        if (asked.Flag("owned") is true)
            _filters.Add(p => viewer.Level(p) >= 50);
        if (asked.Flag("starred") is true)
            _filters.Add(p => viewer.User?.StarredProjects.Contains(p.Id) is true);
        if (asked.Number("min_access_level") is { } level)
            _filters.Add(p => viewer.Level(p) >= level);
        foreach (var name in (ReadOnlySpan<string>)["statistics", "with_issues_enabled", "with_merge_requests_enabled", "with_custom_attributes", "include_pending_delete", "include_hidden", "search_namespaces"])
            asked.Flag(name);
    }

    private void AddTexts(Parameters asked)
    {
        if (asked.Choice("visibility", "", "private", "internal", "public") is { Length: > 0 } visibility)
            _filters.Add(p => ProjectShape.Visibility(p.Visibility) == visibility);
        if (asked["search"] is { Length: > 0 } search)
            _filters.Add(new ProjectSearch(search, asked.Flag("search_namespaces") is true).Matches);
        if (asked["topic"] is { Length: > 0 } topics)
        {
            var wanted = topics.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            _filters.Add(p => wanted.All(topic => p.Topics.Contains(topic, StringComparer.OrdinalIgnoreCase)));
        }
    }

    private void AddTimes(Parameters asked)
    {
        if (asked.Time("last_activity_after") is { } activeAfter)
            _filters.Add(p => p.LastActivityAt >= activeAfter);
        if (asked.Time("last_activity_before") is { } activeBefore)
            _filters.Add(p => p.LastActivityAt <= activeBefore);
        if (asked.Date("marked_for_deletion_on") is { } marked)
            _filters.Add(p => p.MarkedForDeletionOn == marked);
        if (!_call.Release.Has(Capability.UpdatedAtFilter))
            return;
        if (asked.Time("updated_after") is { } updatedAfter)
            _filters.Add(p => p.UpdatedAt >= updatedAfter);
        if (asked.Time("updated_before") is { } updatedBefore)
            _filters.Add(p => p.UpdatedAt <= updatedBefore);
    }
}
