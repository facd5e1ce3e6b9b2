using GitLabPortal.UI;

namespace GitLabPortal.Teams;

/// <summary>Roles as they are said.</summary>
public static class RoleWords
{
    public static string WithArticle(TeamRole role) => role switch
    {
        TeamRole.Owner => "an owner",
        TeamRole.Admin => "an admin",
        _ => "a member",
    };

    /// <summary>What the role is for, to follow a colon.</summary>
    public static string May(TeamRole role) => role switch
    {
        TeamRole.Owner => "you decide about everything in the team, also about other owners",
        TeamRole.Admin => "you manage members and GitLab connections, and work with projects",
        _ => "you browse repositories and work with projects",
    };

    /// <summary>The roles that somebody with <paramref name="own"/> may give.</summary>
    internal static IReadOnlyList<SelectOption> Choices(TeamRole own) =>
        [.. Enum.GetValues<TeamRole>().Where(r => r <= own).Select(r => new SelectOption(r.ToString(), r.ToString()))];
}
