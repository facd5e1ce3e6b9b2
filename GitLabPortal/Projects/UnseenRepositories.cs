using GitLabPortal.Data;
using GitLabPortal.Repositories;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

internal static class UnseenRepositories
{
    /// <summary>
    /// Drops the catalogue's rows that no connection sees and no team picked: without a token for them the portal has no business
    /// keeping names and descriptions of private repositories.
    /// </summary>
    public static Task ForgetAsync(PortalDb db, Guid serverId, CancellationToken cancellationToken) =>
        db.Set<Repository>()
            .Where(r => r.ServerId == serverId)
            .Where(r => !db.Set<RepositorySighting>().Any(s => s.RepositoryId == r.Id))
            .Where(r => !db.Set<Project>().Any(p => p.ServerId == r.ServerId && p.GitLabId == r.GitLabId))
            .ExecuteDeleteAsync(cancellationToken);
}
