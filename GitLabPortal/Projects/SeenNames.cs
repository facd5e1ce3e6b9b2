using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

internal static class SeenNames
{
    /// <summary>
    /// Notes how the team's own token sees its projects now. The catalogue's row goes on being read by other teams, and what only they
    /// may see must not show through a project that this team has lost. Through a personal connection nothing is noted: there a project
    /// keeps the name under which a member who saw it added it, and its new one is for those who may open it.
    /// </summary>
    public static async Task KeepAsync(PortalDb db, Guid connectionId, IReadOnlyList<Repository> page, CancellationToken cancellationToken)
    {
        if (page.Count == 0) return;
        var serverId = page[0].ServerId;
        var seen = page.ToDictionary(r => r.GitLabId);
        var projects = await db.Set<Project>()
            .Where(p => p.ServerId == serverId && seen.Keys.Contains(p.GitLabId))
            .Where(p => db.Set<Connection>().Any(c => c.Id == connectionId && c.TeamId == p.TeamId && c.Audience == ConnectionAudience.Team))
            .ToListAsync(cancellationToken);
        foreach (var project in projects) project.SawAs(seen[project.GitLabId].Name, seen[project.GitLabId].FullPath);
    }
}
