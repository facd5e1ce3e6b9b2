namespace GitLabPortal.Tests.Sandbox;

/// <summary>What one caller may see, for the length of one request. Holds the world's lock by contract of its user.</summary>
internal sealed class Viewer(SandboxWorld world, SandboxUser? user, bool hasAdminPowers)
{
    private readonly Dictionary<long, int> _groupLevels = [];
    private HashSet<long>? _groupsOnTheWay;

    public SandboxUser? User => user;
    public bool HasAdminPowers => hasAdminPowers;

    public int GroupLevel(SandboxNamespace space)
    {
        if (user is null)
            return 0;
        if (_groupLevels.TryGetValue(space.Id, out var known))
            return known;

        var own = space is SandboxPersonalNamespace personal
            ? personal.Owner == user ? 50 : 0
            : user.GroupLevels.GetValueOrDefault(space.Id);
        var level = space.Parent is null ? own : Math.Max(own, GroupLevel(space.Parent));
        _groupLevels[space.Id] = level;
        return level;
    }

    public int ProjectLevel(SandboxProject project) =>
        user is null ? 0 : user.ProjectLevels.GetValueOrDefault(project.Id);

    /// <summary>0 without any membership. Minimal access (5) to a group opens none of its projects.</summary>
    public int Level(SandboxProject project) =>
        Math.Max(ProjectLevel(project), GroupLevel(project.Namespace) is > 5 and var level ? Math.Max(level, SharedLevel(project)) : SharedLevel(project));

    /// <summary>By groups that were invited to the project or to one above it. The permissions of a project do not tell of this (FACTS 4.4).</summary>
    private int SharedLevel(SandboxProject project)
    {
        if (user is null)
            return 0;
        var level = Reached(project.Shares);
        for (var space = project.Namespace; space is not null; space = space.Parent)
            level = Math.Max(level, space is SandboxGroup group ? Reached(group.Shares) : 0);
        return level;
    }

    private int Reached(List<(SandboxGroup Group, int Level)> shares)
    {
        var level = 0;
        foreach (var share in shares)
            level = Math.Max(level, GroupLevel(share.Group) is > 5 and var own ? Math.Min(own, share.Level) : 0);
        return level;
    }

    public bool IsMember(SandboxProject project) => Level(project) > 0;

    public bool CanSee(SandboxProject project) =>
        !project.IsBeingDestroyed && (hasAdminPowers || IsOpen(project.Visibility) || IsMember(project));

    /// <summary>Guests read the code of internal and public projects, but not of private ones.</summary>
    public bool CanReadCode(SandboxProject project)
    {
        if (!CanSee(project) || project.RepositoryAccess is SandboxFeatureAccess.Disabled)
            return false;
        if (hasAdminPowers || Level(project) >= 20)
            return true;
        return IsOpen(project.Visibility) && (project.RepositoryAccess is SandboxFeatureAccess.Enabled || IsMember(project));
    }

    public bool CanSee(SandboxGroup group) =>
        hasAdminPowers || IsOpen(group.Visibility) || GroupLevel(group) > 0 || GroupsOnTheWay.Contains(group.Id);

    private bool IsOpen(SandboxVisibility visibility) => visibility switch
    {
        SandboxVisibility.Public => true,
        SandboxVisibility.Internal => user is { IsExternal: false },
        _ => false,
    };

    /// <summary>Who is a member further down sees the groups that lead there.</summary>
    private HashSet<long> GroupsOnTheWay
    {
        get
        {
            if (_groupsOnTheWay is not null)
                return _groupsOnTheWay;

            _groupsOnTheWay = [];
            foreach (var id in user?.GroupLevels.Keys ?? Enumerable.Empty<long>())
                AddWithAncestors(world.FindNamespace(id));
            foreach (var id in user?.ProjectLevels.Keys ?? Enumerable.Empty<long>())
                AddWithAncestors(world.FindProject(id)?.Namespace);
            return _groupsOnTheWay;
        }
    }

    private void AddWithAncestors(SandboxNamespace? space)
    {
        for (; space is not null; space = space.Parent)
            _groupsOnTheWay!.Add(space.Id);
    }
}
