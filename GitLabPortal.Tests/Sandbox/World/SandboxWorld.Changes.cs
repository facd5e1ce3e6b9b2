namespace GitLabPortal.Tests.Sandbox;

/// <summary>What happens to groups and projects while a portal watches.</summary>
public sealed partial class SandboxWorld
{
    /// <summary>Renames and leaves GitLab's route from the old path behind.</summary>
    public void Rename(SandboxProject project, string newPath, string? newName = null) =>
        Move(project, project.Namespace, newPath, newName ?? project.Name);

    public void Transfer(SandboxProject project, SandboxNamespace target) => Move(project, target, project.Path, project.Name);

    public void Rename(SandboxGroup group, string newPath, string? newName = null) => Write(() =>
    {
        var (oldPath, oldFullPath) = (group.Path, group.FullPath);
        _movedNamespaces[group.FullPath] = group.Id;
        Detach(group);
        group.Path = newPath;
        group.Name = newName ?? group.Name;
        Attach(group);
        Tell("group_rename", group, oldPath, oldFullPath);
    });

    /// <summary>The personal namespace and everything in it move along; GitLab tells of the person only.</summary>
    public void Rename(SandboxUser user, string newUsername) => Write(() =>
    {
        var old = user.Username;
        _movedNamespaces[old] = user.Namespace.Id;
        _namespacesByPath.Remove(old);
        user.Username = user.Namespace.Path = newUsername;
        _namespacesByPath.Add(newUsername, user.Namespace);
        Tell("user_rename", user, old);
    });

    public void Transfer(SandboxGroup group, SandboxGroup? newParent) => Write(() =>
    {
        _movedNamespaces[group.FullPath] = group.Id;
        Detach(group);
        group.Parent = newParent;
        Attach(group);
    });

    /// <summary>Gone at once, as after the end of the deletion period.</summary>
    public void Delete(SandboxProject project) => Write(() =>
    {
        project.IsBeingDestroyed = true;
        _projectsById.Remove(project.Id);
        _projects.Remove(project);
        project.Namespace.Projects.Remove(project.Path);
        Tell("project_destroy", project);
    });

    /// <summary>The destruction runs: the row exists, the API answers 404.</summary>
    public void StartDestroying(SandboxProject project) => Write(() => project.IsBeingDestroyed = true);

    /// <summary>Delayed deletion: renamed with a suffix, archived, dated, still readable.</summary>
    public void MarkForDeletion(SandboxProject project) => Write(() =>
    {
        if (!_release.HasDelayedDeletion)
        {
            Delete(project);
            return;
        }

        var suffix = DeletionSuffix(project);
        project.MarkedForDeletionOn = DateOnly.FromDateTime(Now.UtcDateTime);
        project.IsArchived = true;
        Move(project, project.Namespace, project.Path + suffix, project.Name + suffix);
    });

    public void Archive(SandboxProject project) => Update(project, () => project.IsArchived = true);

    public void Unarchive(SandboxProject project) => Update(project, () => project.IsArchived = false);

    public void Archive(SandboxGroup group) => Write(() => group.IsArchived = true);

    public void SetVisibility(SandboxProject project, SandboxVisibility visibility) => Update(project, () => project.Visibility = visibility);

    public void Describe(SandboxProject project, string? description) => Write(() =>
    {
        project.Description = description;
        project.UpdatedAt = Now;
        Tell("project_update", project);
    });

    /// <summary>Someone pushed.</summary>
    public void Push(SandboxProject project) => Write(() =>
    {
        project.IsEmpty = false;
        // GitLab writes this at most once per hour.
        if (Now - project.LastActivityAt >= TimeSpan.FromHours(1))
            project.LastActivityAt = Now;
    });

    internal bool HasDelayedDeletion => _release.HasDelayedDeletion;

    internal string DeletionSuffix(SandboxProject project) =>
        _release.Has(Capability.DelayedDeletionForAll) ? $"-deletion_scheduled-{project.Id}" : $"-deleted-{project.Id}";

    private void Update(SandboxProject project, Action change) => Write(() =>
    {
        change();
        Tell("project_update", project);
    });

    private void Move(SandboxProject project, SandboxNamespace target, string path, string name) => Write(() =>
    {
        var (oldPath, isTransfer) = (project.FullPath, target != project.Namespace);
        _movedProjects[project.FullPath] = project.Id;
        project.Namespace.Projects.Remove(project.Path);
        project.Namespace = target;
        project.Path = path;
        project.Name = name;
        project.UpdatedAt = Now;
        target.Projects.Add(path, project);
        _movedProjects.Remove(project.FullPath);
        Tell(isTransfer ? "project_transfer" : "project_rename", project, oldPath);
    });
}
