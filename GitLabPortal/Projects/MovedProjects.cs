using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

/// <summary>What becomes of projects when a connection's GitLab has another address.</summary>
internal static class MovedProjects
{
    public static Task<bool> HasOthersAsync(PortalDb db, Guid serverId, Guid teamId, CancellationToken cancellationToken) =>
        db.Set<Project>().AnyAsync(p => p.ServerId == serverId && p.TeamId != teamId, cancellationToken);

    /// <summary>
    /// The team's projects go along by GitLab's id, but for those that another connection of the team still sees at the old address and
    /// those that the team has at the new one already.
    /// </summary>
    public static Task MoveAsync(PortalDb db, Connection connection, Guid fromServerId, Guid toServerId, CancellationToken cancellationToken) =>
        db.Set<Project>()
            .Where(p => p.TeamId == connection.TeamId && p.ServerId == fromServerId)
            .Where(p => !db.Set<Project>().Any(there => there.TeamId == p.TeamId && there.ServerId == toServerId && there.GitLabId == p.GitLabId))
            .Where(p => !db.Set<RepositorySighting>().Any(s => s.Repository!.ServerId == fromServerId && s.Repository.GitLabId == p.GitLabId
                && s.Connection!.TeamId == p.TeamId && s.Connection.ServerId == fromServerId && s.ConnectionId != connection.Id))
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.ServerId, toServerId), cancellationToken);
}
