using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// Who sees what a connection brings: everyone in the team all of it; everyone, but only some groups; each member what they may open on
/// GitLab themselves.
/// </summary>
public enum VisibilityChoice { Everyone, Groups, Members }

/// <summary>Changes who sees what a connection brings. What is no longer to be seen is gone from the grid when this returns.</summary>
public sealed class ChooseVisibility(
    IDbContextFactory<PortalDb> contexts, ApplicationSecrets applications, IEnumerable<RemovalCleanup> cleanups, RequestSync sync, ConnectionFeed feed, TimeProvider time)
{
    private const int AtOnce = 1_000;

    private static readonly Problem Gone = new Problem.NotFound("connection-not-found", "This connection is gone. Reload the page to see the current list.");

    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, VisibilityChoice choice, IReadOnlyList<ChosenGroup> groups, CancellationToken cancellationToken)
    {
        if (choice == VisibilityChoice.Groups && groups.Count == 0) return new Problem.Invalid("groups-missing", "Choose at least one group.", "Groups");
        var saved = await SaveAsync(access, connectionId, choice, groups, cancellationToken);
        if (!saved.IsSuccess) return saved.Problem;

        var (serverId, isNarrower, isOther) = saved.Value;
        if (isNarrower) await HideOthersAsync(connectionId, serverId, groups, cancellationToken);
        feed.Publish(new ConnectionChanged(connectionId, access.TeamId, ConnectionChange.Updated));
        return isOther ? await sync.RunAsync(access, connectionId, cancellationToken) : Result.Success;
    }

    private async Task<Result<(Guid ServerId, bool IsNarrower, bool IsOther)>> SaveAsync(
        TeamAccess access, Guid connectionId, VisibilityChoice choice, IReadOnlyList<ChosenGroup> groups, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;
        var connection = await db.Set<Connection>().Include(c => c.Server).Include(c => c.Groups)
            .SingleOrDefaultAsync(c => c.Id == connectionId && c.TeamId == access.TeamId, cancellationToken);
        if (connection is null) return Gone;
        if (choice == VisibilityChoice.Members && await VisibilityQueries.ObstacleAsync(db, connection.Server!, applications, cancellationToken) is { } obstacle) return obstacle;

        var (before, had) = (connection.Coverage, connection.Groups.Select(g => g.GitLabGroupId).ToHashSet());
        connection.Audience = choice == VisibilityChoice.Members ? ConnectionAudience.Members : ConnectionAudience.Team;
        // Each seeing their own narrows what the connection brings no further, and widens nothing.
        if (choice == VisibilityChoice.Groups) connection.Coverage = ConnectionCoverage.Groups;
        else if (choice == VisibilityChoice.Everyone && connection.Coverage == ConnectionCoverage.Groups) connection.Coverage = ConnectionCoverage.Everything;
        var wanted = choice == VisibilityChoice.Groups ? groups.DistinctBy(g => g.GitLabId).ToList() : [];
        if (choice != VisibilityChoice.Members)
        {
            connection.Groups.RemoveAll(g => wanted.TrueForAll(w => w.GitLabId != g.GitLabGroupId));
            connection.Groups.AddRange(wanted.Where(w => !had.Contains(w.GitLabId))
                .Select(w => new ConnectionGroup { ConnectionId = connectionId, GitLabGroupId = w.GitLabId, FullPath = w.FullPath }));
        }

        var isOther = before != connection.Coverage || !had.SetEquals(connection.Groups.Select(g => g.GitLabGroupId));
        // A walk under way reads what was wanted before: without its run it stops, and another one begins.
        if (isOther) await db.Set<SyncRun>().Where(r => r.ConnectionId == connectionId && r.State == SyncState.Running).ExecuteDeleteAsync(cancellationToken);
        db.Record(
            time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.visibility-chosen",
            $"Of “{connection.Name}”, {Words(choice, wanted)}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return (connection.ServerId, isOther && connection.Coverage == ConnectionCoverage.Groups, isOther);
    }

    private static string Words(VisibilityChoice choice, List<ChosenGroup> groups) => choice switch
    {
        VisibilityChoice.Members => "each member sees what they may open on GitLab themselves",
        VisibilityChoice.Groups => $"everyone sees the groups {string.Join(", ", groups.Select(g => g.FullPath))}",
        _ => "everyone sees what the token sees",
    };

    /// <summary>In small transactions: each row takes work on the search index, and others wait to write.</summary>
    private async Task HideOthersAsync(Guid connectionId, Guid serverId, IReadOnlyList<ChosenGroup> groups, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var others = db.Set<RepositorySighting>().Where(s => s.ConnectionId == connectionId);
        foreach (var group in groups)
        {
            var (path, below) = (group.FullPath, group.FullPath + "/");
            others = others.Where(s => s.Repository!.NamespacePath != path && !s.Repository.NamespacePath.StartsWith(below));
        }

        while (await others.OrderBy(s => s.RepositoryId).Select(s => s.RepositoryId).Take(AtOnce).ToListAsync(cancellationToken) is { Count: > 0 } ids)
        {
            await db.Set<RepositorySighting>().Where(s => s.ConnectionId == connectionId && ids.Contains(s.RepositoryId)).ExecuteDeleteAsync(cancellationToken);
        }

        foreach (var cleanup in cleanups) await cleanup(db, serverId, cancellationToken);
    }
}

/// <summary>Finds groups on GitLab with a connection's own token, for choosing among them.</summary>
public sealed class FindConnectionGroups(IDbContextFactory<PortalDb> contexts, GitLabClients clients, SecretProtector secrets, TimeProvider time)
{
    public async Task<Result<IReadOnlyList<GitLabGroup>>> RunAsync(TeamAccess access, Guid connectionId, string? text, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;
        var connection = await db.Set<Connection>().AsNoTracking().Include(c => c.Server).SingleOrDefaultAsync(c => c.Id == connectionId && c.TeamId == access.TeamId, cancellationToken);
        if (connection is null) return new Problem.NotFound("connection-not-found", "This connection is gone. Reload the page to see the current list.");
        if (secrets.Reveal(connection.ProtectedToken, ConnectionTokens.Row(connection.Id)) is not { } token)
            return new Problem.Conflict("token-key-lost", SyncProblem.TokenLost.Text);

        try
        {
            var page = await clients.For(connection.Server!.BaseUrl, token, connection.Path(time)).Groups.ListAsync(text, 1, cancellationToken);
            return Result.Of<IReadOnlyList<GitLabGroup>>(page.Items);
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }
}
