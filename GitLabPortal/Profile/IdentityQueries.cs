using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Profile;

/// <summary>A GitLab account of a person, as that person sees it.</summary>
/// <param name="BrowserUrl">The server's address for people, if that is another than the portal's.</param>
public sealed record IdentityRow(
    Guid Id, string Username, string BaseUrl, string? BrowserUrl, bool SignsIn, IdentityState State, DateTimeOffset LinkedAt, DateTimeOffset CheckedAt, bool ReadsRepositories)
{
    /// <summary>The server's name for people.</summary>
    public string ServerName => NameOf(BrowserUrl ?? BaseUrl);

    public static string NameOf(string baseUrl) => baseUrl[(baseUrl.IndexOf("://", StringComparison.Ordinal) + 3)..];
}

public sealed class IdentityQueries(IDbContextFactory<PortalDb> contexts)
{
    public async Task<IReadOnlyList<IdentityRow>> OfAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var identities = await db.Set<GitLabIdentity>().AsNoTracking().Include(i => i.Server)
            .Where(i => i.AccountId == accountId)
            .OrderBy(i => i.Server!.BaseUrl)
            .ToListAsync(cancellationToken);
        return identities.ConvertAll(i => new IdentityRow(
            i.Id, i.Username, i.Server!.BaseUrl, i.Server.SignInBrowserUrl, i.SignsIn, i.State, i.LinkedAt, i.CheckedAt, i.ReadsRepositories));
    }
}
