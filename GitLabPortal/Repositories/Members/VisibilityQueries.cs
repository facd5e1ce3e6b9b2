using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>What may be chosen about who sees what a connection brings, and what is chosen.</summary>
/// <param name="Obstacle">Why members cannot see each their own; null when they can.</param>
/// <param name="Linked">How many members of the team have linked an account of this server.</param>
public sealed record VisibilityOptions(
    VisibilityChoice Chosen, ConnectionCoverage Coverage, IReadOnlyList<ChosenGroup> Groups, string BaseUrl, Problem? Obstacle, int Members, int Linked);

/// <summary>Reads what may be chosen about who sees what.</summary>
public sealed class VisibilityQueries(IDbContextFactory<PortalDb> contexts, ApplicationSecrets applications)
{
    /// <summary>For somebody who is being shown the connection; null when it is gone.</summary>
    internal async Task<VisibilityOptions?> OptionsAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var connection = await db.Set<Connection>().AsNoTracking().Include(c => c.Server).Include(c => c.Groups).SingleOrDefaultAsync(c => c.Id == connectionId, cancellationToken);
        if (connection is null) return null;
        var members = db.Set<TeamMember>().Where(m => m.TeamId == connection.TeamId);
        return new VisibilityOptions(
            ChoiceOf(connection), connection.Coverage, [.. connection.Groups.OrderBy(g => g.FullPath).Select(g => new ChosenGroup(g.GitLabGroupId, g.FullPath))],
            connection.Server!.BaseUrl, await ObstacleAsync(db, connection.Server, applications, cancellationToken), await members.CountAsync(cancellationToken),
            await members.CountAsync(m => db.Set<GitLabIdentity>().Any(i => i.AccountId == m.AccountId && i.ServerId == connection.ServerId && i.State == IdentityState.Active), cancellationToken));
    }

    internal static VisibilityChoice ChoiceOf(Connection connection) =>
        connection.Audience == ConnectionAudience.Members ? VisibilityChoice.Members
        : connection.Coverage == ConnectionCoverage.Groups ? VisibilityChoice.Groups
        : VisibilityChoice.Everyone;

    /// <summary>People must be able to sign in with the server, and the application there must be allowed to list their projects.</summary>
    internal static async Task<Problem?> ObstacleAsync(PortalDb db, Server server, ApplicationSecrets applications, CancellationToken cancellationToken)
    {
        if (applications.ForIntegration(server.BaseUrl) is not null) return null;
        var application = await db.Set<ServerApplication>().AsNoTracking()
            .Where(a => a.ServerId == server.Id && a.State != ApplicationState.Old)
            .OrderByDescending(a => a.CreatedAt)
            .FirstOrDefaultAsync(cancellationToken);
        return application switch
        {
            null => new Problem.Conflict(
                "visibility-needs-sign-in", "People cannot sign in with this GitLab yet, so the portal cannot know who may open what. A portal administrator can set that up on the page Servers."),
            { State: ApplicationState.Missing } => new Problem.Conflict(
                "visibility-application-missing", "This GitLab no longer knows the portal's application. A portal administrator can repair the sign-in on the page Servers."),
            _ when !MemberViewJournal.Lists(application.Scopes) => new Problem.Conflict(
                "visibility-needs-scope", "The portal's application on this GitLab lacks the scope read_api, so it cannot list people's projects. A portal administrator can set the sign-in up anew on the page Servers."),
            _ => null,
        };
    }
}
