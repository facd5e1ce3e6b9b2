using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

/// <summary>Whose access a project hangs on that no connection of the team sees.</summary>
/// <param name="Person">The member's name.</param>
/// <param name="ServerName">Where the account is.</param>
/// <param name="State">Of the account; null when it is not connected any more.</param>
/// <param name="IsMember">The person is still in the team.</param>
public sealed record PersonalAccess(string Person, string ServerName, IdentityState? State, bool IsMember)
{
    public bool Works => IsMember && State is IdentityState.Active;

    public string Words => $"through {Person}'s {ServerName} account";

    /// <summary>Why it does not work, and the way back; null while it does.</summary>
    public string? Reason => this switch
    {
        { Works: true } => null,
        { IsMember: false } => $"It hung on {Person}'s {ServerName} account, and {Person} is no longer in the team. {Others}",
        { State: null } => $"{Person} has disconnected the {ServerName} account that it hung on. It comes back when {Person} connects it again in the profile. {Others}",
        { State: IdentityState.Blocked } => $"{ServerName} refuses {Person}'s account, which it hung on. A GitLab admin there can say why. {Others}",
        _ => $"{ServerName} took back the portal's access to {Person}'s account. It comes back when {Person} connects it again in the profile. {Others}",
    };

    private const string Others = "Another member who can open it on GitLab can add it anew, under Repositories, Personal.";

    /// <summary>An address without its scheme.</summary>
    public static string NameOf(string baseUrl) => baseUrl[(baseUrl.IndexOf("://", StringComparison.Ordinal) + 3)..];
}

/// <summary>Projects that hang on a person's own account.</summary>
public sealed class PersonalProjects(IDbContextFactory<PortalDb> contexts, ProjectFeed feed)
{
    /// <summary>The account was connected or disconnected: pages that show such projects look again.</summary>
    public async Task AnnounceAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var teams = await db.Set<Project>().Where(p => p.PersonalAccountId == accountId).Select(p => p.TeamId).Distinct().ToListAsync(cancellationToken);
        foreach (var team in teams) feed.Publish(new ProjectsChanged(team));
    }
}
