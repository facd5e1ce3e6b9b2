using GitLabPortal.Repositories;

namespace GitLabPortal.Projects;

/// <summary>Whether a project can be used now, and if not, why.</summary>
public enum ProjectState { Available, Archived, PendingDeletion, NotVisible, NotShared, NotLinked, ServerNotConnected, PersonalAccessLost }

/// <summary>A team's project as the list shows it. Texts come from GitLab and are not to be trusted.</summary>
public sealed record ProjectRow(
    Guid Id,
    string Name,
    string FullPath,
    string NamespacePath,
    string ServerAddress,
    string? HttpCloneUrl,
    string? SshCloneUrl,
    string? DefaultBranch,
    RepositoryVisibility Visibility,
    DateTimeOffset? LastActivityAt,
    string WebUrl,
    string AddedBy,
    DateTimeOffset AddedAt,
    ProjectState State,
    DateOnly? DeletionOn,
    Absence? Absence = null,
    PersonalAccess? Personal = null)
{
    /// <summary>Why it is greyed, and who can help; null when nothing is wrong.</summary>
    public string? Reason => State switch
    {
        ProjectState.Available => null,
        ProjectState.Archived => "Archived on GitLab: it can be read, not changed.",
        ProjectState.PendingDeletion => $"Marked for deletion on {DeletionOn:yyyy-MM-dd}. GitLab deletes it when its waiting period is over; until then a maintainer can restore it there.",
        ProjectState.NotVisible when Absence == Repositories.Absence.Deleted => "Deleted on GitLab. A GitLab administrator can say whether it can be restored.",
        ProjectState.NotVisible when Absence == Repositories.Absence.GroupNotShown =>
            "GitLab no longer shows its group to the team's token: the group was deleted or renamed, or the token's account lost access. A GitLab maintainer can say.",
        ProjectState.NotVisible => "The team's token no longer sees it. It was deleted on GitLab, or the token's account lost access: a GitLab maintainer can say.",
        ProjectState.NotShared => "Your GitLab account cannot open it: it is not shared with you, or not there any more. A maintainer of it can add you on GitLab. It shows here as the team named it when it was added.",
        ProjectState.NotLinked => "You see its details once your GitLab account is linked in your profile. It shows here as the team named it when it was added.",
        ProjectState.ServerNotConnected => "Its GitLab server is not connected to this team. It comes back when a team admin connects the server again.",
        ProjectState.PersonalAccessLost => Personal?.Reason,
        _ => null,
    };

    /// <summary>The project cannot be reached at all; an archived one can still be read.</summary>
    public bool IsOutOfReach =>
        State is ProjectState.NotVisible or ProjectState.NotShared or ProjectState.NotLinked or ProjectState.ServerNotConnected or ProjectState.PersonalAccessLost;
}
