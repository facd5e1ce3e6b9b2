using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

/// <summary>An account of a person on a GitLab server, whose repositories the person may add to teams.</summary>
/// <param name="ServerName">Its address without the scheme.</param>
/// <param name="ReadsRepositories">The person has let the portal read them.</param>
public sealed record PersonalSource(Guid IdentityId, string ServerName, string Username, IdentityState State, bool ReadsRepositories);

/// <summary>A repository as GitLab shows it to the person at this moment. Texts come from GitLab and are not to be trusted.</summary>
/// <param name="IsPicked">It is a project of the team already.</param>
public sealed record PersonalRepository(
    long GitLabId, string Name, string FullPath, string? Description, string Visibility, bool IsArchived, DateTimeOffset? LastActivityAt, string? WebUrl, bool IsPicked);

/// <param name="Total">Null where GitLab does not count.</param>
public sealed record PersonalPage(IReadOnlyList<PersonalRepository> Items, int? Total, bool HasMore);

/// <summary>
/// Reads a person's own repositories from GitLab, live and with the person's own token. Nothing of it is stored: until it is picked,
/// nobody else has to know that it is there.
/// </summary>
public sealed class PersonalRepositories(IDbContextFactory<PortalDb> contexts, IdentityTokens tokens, GitLabClients clients, TimeProvider time)
{
    public const int PageSize = 20;

    /// <summary>A person waits in front of it: shorter than what background work may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    public static readonly Problem NotAllowed = new Problem.Forbidden(
        "personal-not-allowed", "The portal knows who you are on this server, but may not read your repositories there. Let it on your profile page, under Git integrations.");

    private static readonly Problem Slow = new Problem.Upstream(
        "personal-slow", "GitLab does not answer in time. It may be busy: try again in a moment, or search for a part of the name, which is less work for it.");

    public async Task<IReadOnlyList<PersonalSource>> SourcesAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var identities = await db.Set<GitLabIdentity>().AsNoTracking().Include(i => i.Server)
            .Where(i => i.AccountId == accountId)
            .OrderBy(i => i.Server!.BaseUrl).ThenBy(i => i.Username)
            .ToListAsync(cancellationToken);
        return identities.ConvertAll(i => new PersonalSource(i.Id, PersonalAccess.NameOf(i.Server!.BaseUrl), i.Username, i.State, i.ReadsRepositories));
    }

    /// <param name="access">For whose team; the person is its member.</param>
    /// <param name="identityId">One of the person's own accounts.</param>
    /// <param name="search">Searched by GitLab.</param>
    /// <param name="page">From 1 on.</param>
    /// <param name="cancellationToken">Ends the request to GitLab, too.</param>
    public async Task<Result<PersonalPage>> ListAsync(TeamAccess access, Guid identityId, string? search, int page, CancellationToken cancellationToken)
    {
        var found = await CallAsync(access, identityId, (client, ct) => client.Projects.ListOwnAsync(search, page, PageSize, ct), cancellationToken);
        if (!found.IsSuccess) return found.Problem;

        var ids = found.Value.Items.Select(p => p.Id).ToList();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var picked = await db.Set<Project>()
            .Where(p => p.TeamId == access.TeamId && p.RemovedAt == null && ids.Contains(p.GitLabId) && db.Set<GitLabIdentity>().Any(i => i.Id == identityId && i.ServerId == p.ServerId))
            .Select(p => p.GitLabId)
            .ToListAsync(cancellationToken);
        return new PersonalPage([.. found.Value.Items.Select(p => Row(p, picked.Contains(p.Id)))], found.Value.Total, found.Value.HasMore);
    }

    /// <summary>Calls GitLab with the person's own token, once more with a new one when GitLab does not take it.</summary>
    internal async Task<Result<T>> CallAsync<T>(TeamAccess access, Guid identityId, Func<GitLabClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var own = await db.Set<GitLabIdentity>().AsNoTracking().SingleOrDefaultAsync(i => i.Id == identityId && i.AccountId == access.AccountId, cancellationToken);
            if (own is null) return new Problem.NotFound("identity-gone", "This GitLab account is no longer connected. Connect it again on your profile page.");
            if (!own.ReadsRepositories) return NotAllowed;
        }

        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var token = await tokens.GetAsync(identityId, both.Token);
            for (var isRetry = false; ; isRetry = true)
            {
                if (!token.IsSuccess) return token.Problem;
                try
                {
                    return Result.Of(await call(clients.ForPerson(token.Value.BaseUrl, token.Value.AccessToken, token.Value.Path), both.Token));
                }
                catch (GitLabUnauthorizedException) when (!isRetry)
                {
                    token = await tokens.ReplaceAsync(identityId, token.Value.Version, both.Token);
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Slow;
        }
        catch (GitLabForbiddenException e) when (e.Reason is ForbiddenReason.InsufficientScope)
        {
            return NotAllowed;
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }

    private static PersonalRepository Row(GitLabProject project, bool isPicked) => new(
        project.Id, project.Name, project.PathWithNamespace, project.Description, project.Visibility, project.Archived, project.LastActivityAt, project.WebUrl, isPicked);
}
