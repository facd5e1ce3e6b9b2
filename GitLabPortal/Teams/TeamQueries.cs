using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>A team as its member sees it in a list.</summary>
public sealed record TeamSummary(string Slug, string Name, TeamRole Role);

public sealed class TeamQueries(IDbContextFactory<PortalDb> contexts)
{
    /// <summary>The teams a person belongs to, by name.</summary>
    public async Task<IReadOnlyList<TeamSummary>> ForAccountAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<TeamMember>()
            .AsNoTracking()
            .Where(m => m.AccountId == accountId)
            .OrderBy(m => m.Team!.Name)
            .Select(m => new TeamSummary(m.Team!.Slug, m.Team.Name, m.Role))
            .ToListAsync(cancellationToken);
    }
}
