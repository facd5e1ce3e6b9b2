namespace GitLabPortal.Tests.Sandbox;

public sealed partial class SandboxWorld
{
    private readonly Dictionary<long, SandboxNamespace> _namespaces = [];
    private readonly Dictionary<string, SandboxNamespace> _namespacesByPath = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<long, SandboxProject> _projectsById = [];
    private readonly List<SandboxProject> _projects = [];
    private readonly Dictionary<string, long> _movedProjects = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, long> _movedNamespaces = new(StringComparer.OrdinalIgnoreCase);
    private long _lastProjectId;

    /// <summary>A snapshot in id order.</summary>
    public IReadOnlyList<SandboxProject> Projects => Read(() => _projects.ToList());

    public IReadOnlyList<SandboxGroup> Groups => Read(() => _namespaces.Values.OfType<SandboxGroup>().ToList());

    public IReadOnlyList<SandboxGroup> TopLevelGroups => Read(() => _namespacesByPath.Values.OfType<SandboxGroup>().ToList());

    internal IReadOnlyList<SandboxProject> ProjectsUnderLock => _projects;
    internal IReadOnlyDictionary<long, SandboxNamespace> NamespacesUnderLock => _namespaces;

    public SandboxGroup AddGroup(
        string path, string? name = null, SandboxGroup? parent = null, SandboxVisibility visibility = SandboxVisibility.Private) => Write(() =>
    {
        if (FindChild(parent, path) is not null)
            throw new ArgumentException($"The path {path} is taken.", nameof(path));

        var group = new SandboxGroup(++_lastNamespaceId, path, name ?? path, parent, Now) { Visibility = visibility };
        _namespaces.Add(group.Id, group);
        Attach(group);
        Tell("group_create", group);
        return group;
    });

    /// <summary>Adds a project; the further properties have setters on <see cref="Change"/>.</summary>
    public SandboxProject AddProject(
        SandboxNamespace @namespace,
        string path,
        string? name = null,
        SandboxVisibility visibility = SandboxVisibility.Private,
        string? description = null,
        bool archived = false,
        bool empty = false,
        string? defaultBranch = null,
        IReadOnlyList<string>? topics = null,
        SandboxFeatureAccess repositoryAccess = SandboxFeatureAccess.Enabled,
        SandboxProject? forkedFrom = null,
        long? id = null) => Write(() =>
    {
        var now = Now;
        var project = new SandboxProject(id ?? _lastProjectId + 1, @namespace, path, name ?? path)
        {
            Visibility = visibility,
            Description = description,
            IsArchived = archived,
            IsEmpty = empty,
            HasReadme = !empty,
            DefaultBranch = defaultBranch ?? Settings.DefaultBranchName,
            Topics = topics ?? [],
            RepositoryAccess = repositoryAccess,
            ForkedFrom = forkedFrom,
            CreatedAt = now,
            UpdatedAt = now,
            LastActivityAt = now,
            CreatorId = (@namespace as SandboxPersonalNamespace)?.Owner.Id ?? Root.Id,
        };
        if (forkedFrom is not null)
            forkedFrom.Forks++;
        Keep(project);
        Tell("project_create", project);
        return project;
    });

    public SandboxProject? FindProject(long id) => Read(() => _projectsById.GetValueOrDefault(id));

    /// <param name="fullPath">group/sub/project, in any case.</param>
    public SandboxProject? FindProject(string fullPath) => Read(() =>
    {
        var cut = fullPath.LastIndexOf('/');
        return cut > 0 ? FindNamespace(fullPath[..cut])?.Projects.GetValueOrDefault(fullPath[(cut + 1)..]) : null;
    });

    public SandboxNamespace? FindNamespace(long id) => Read(() => _namespaces.GetValueOrDefault(id));

    public SandboxNamespace? FindNamespace(string fullPath) => Read(() =>
    {
        var parts = fullPath.Split('/');
        var found = _namespacesByPath.GetValueOrDefault(parts[0]);
        for (var i = 1; i < parts.Length && found is not null; i++)
            found = found.Subgroups.GetValueOrDefault(parts[i]);
        return found;
    });

    public SandboxGroup? FindGroup(string fullPath) => FindNamespace(fullPath) as SandboxGroup;

    /// <summary>The project that used to live at this path, unless somebody reused the path.</summary>
    internal SandboxProject? FindMovedProject(string oldFullPath) => Read(() =>
    {
        if (_movedProjects.TryGetValue(oldFullPath, out var id))
            return _projectsById.GetValueOrDefault(id);

        // A renamed group leaves routes for everything below it.
        for (var cut = oldFullPath.LastIndexOf('/'); cut > 0; cut = oldFullPath.LastIndexOf('/', cut - 1))
        {
            if (_movedNamespaces.TryGetValue(oldFullPath[..cut], out var space) && _namespaces.TryGetValue(space, out var moved))
                return FindProject(moved.FullPath + oldFullPath[cut..]);
        }

        return null;
    });

    internal void Keep(SandboxProject project)
    {
        _projectsById.Add(project.Id, project);
        project.Namespace.Projects.Add(project.Path, project);
        if (_movedProjects.Count > 0)
            _movedProjects.Remove(project.FullPath);

        if (project.Id > _lastProjectId)
        {
            _projects.Add(project);
            _lastProjectId = project.Id;
        }
        else
        {
            _projects.Insert(IndexAfter(project.Id), project);
        }
    }

    /// <summary>Where the first project with a greater id stands.</summary>
    internal int IndexAfter(long id)
    {
        int low = 0, high = _projects.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_projects[middle].Id <= id)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private object? FindChild(SandboxGroup? parent, string path) => parent is null
        ? _namespacesByPath.GetValueOrDefault(path)
        : parent.Subgroups.GetValueOrDefault(path) ?? (object?)parent.Projects.GetValueOrDefault(path);

    private void Attach(SandboxGroup group)
    {
        if (group.Parent is { } parent)
            parent.Subgroups.Add(group.Path, group);
        else
            _namespacesByPath.Add(group.Path, group);
    }

    private void Detach(SandboxGroup group)
    {
        if (group.Parent is { } parent)
            parent.Subgroups.Remove(group.Path);
        else
            _namespacesByPath.Remove(group.Path);
    }
}
