using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Profile;

/// <summary>A GitLab account of a person, as that person sees it.</summary>
public sealed record IdentityRow(Guid Id, string Username, string BaseUrl, bool SignsIn, IdentityState State, DateTimeOffset LinkedAt, DateTimeOffset? SignedInAt);

public sealed class IdentityQueries(IDbContextFactory<PortalDb> contexts)
{
    public async Task<IReadOnlyList<IdentityRow>> OfAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<GitLabIdentity>().AsNoTracking()
            .Where(i => i.AccountId == accountId)
            .OrderBy(i => i.Server!.BaseUrl)
            .Select(i => new IdentityRow(i.Id, i.Username, i.Server!.SignInBrowserUrl ?? i.Server.BaseUrl, i.SignsIn, i.State, i.LinkedAt, i.SignedInAt))
            .ToListAsync(cancellationToken);
    }
}
