using System.Data;
using System.Security.Claims;
using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>By which right somebody sets up a server. A guest may neither choose a team nor touch a server that works.</summary>
public sealed record SetUpRight(Actor Actor, bool IsAdministrator);

/// <summary>Decides who may set up servers and look after them. Asked for each action: an open page outlives a right.</summary>
public sealed class ServerAccess(IDbContextFactory<PortalDb> contexts, ServerQueries queries, IOptions<SignInOptions> options, TimeProvider clock)
{
    public static readonly Problem AdministratorsOnly = new Problem.Forbidden("not-portal-administrator", "Only a portal administrator can do this.");

    public static readonly Problem NeedsLink = new Problem.Forbidden(
        "setup-link-needed", "Only a portal administrator, or a GitLab admin with a one-time set-up link, can set up a server. This link is used, expired or not whole: ask for a new one.");

    public async Task<Result<Actor>> AdministratorAsync(ClaimsPrincipal person, CancellationToken cancellationToken)
    {
        if (person.GetAccountId() is not { } id) return AdministratorsOnly;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Account>().SingleOrDefaultAsync(a => a.Id == id && a.IsPortalAdministrator, cancellationToken) is { } account
            ? new Actor(account.Id, account.Name)
            : AdministratorsOnly;
    }

    public async Task<Result<SetUpRight>> SetUpAsync(ClaimsPrincipal person, string? code, CancellationToken cancellationToken)
    {
        var administrator = await AdministratorAsync(person, cancellationToken);
        if (administrator.IsSuccess) return new SetUpRight(administrator.Value, IsAdministrator: true);
        if (await queries.LinkAsync(code, cancellationToken) is { } account) return new SetUpRight(new(null, $"A GitLab admin, by a link of {account.Name}"), IsAdministrator: false);
        return options.Value.OpenSetup ? new SetUpRight(new(null, "A visitor (open set-up)"), IsAdministrator: false) : NeedsLink;
    }

    /// <summary>A guest sets up what is new: a server that people sign in with already is its administrators' matter.</summary>
    public async Task<Result> MayTouchAsync(SetUpRight right, string baseUrl, CancellationToken cancellationToken)
    {
        if (right.IsAdministrator) return Result.Success;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ServerApplication>().AnyAsync(a => a.Server!.BaseUrl == baseUrl && a.State == ApplicationState.Current && a.WorkedAt != null, cancellationToken)
            ? new Problem.Forbidden("setup-server-works", "Sign-in with this server is set up and works. Only a portal administrator can change it.")
            : Result.Success;
    }

    /// <summary>The link has done its work.</summary>
    public async Task UseLinkAsync(string? code, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(code)) return;
        var (hash, now) = (OneTimeCode.Hash(code), clock.GetUtcNow());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<SetUpLink>().Where(l => l.CodeHash == hash && l.UsedAt == null).ExecuteUpdateAsync(set => set.SetProperty(l => l.UsedAt, now), cancellationToken);
    }
}

/// <summary>Says who of a server may enter without an invitation, and where they land.</summary>
public sealed class ChangeEntry(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    public async Task<Result> RunAsync(
        Actor actor, Guid serverId, JoinRule rule, string? teamSlug, TeamRole role, IReadOnlyList<ChosenGroup> groups, CancellationToken cancellationToken)
    {
        if (role is TeamRole.Owner) return new Problem.Invalid("role-too-high", "People who join by themselves cannot become owners.");
        if (rule is JoinRule.Groups && groups.Count == 0) return new Problem.Invalid("no-group", "Name at least one group.", "Groups");
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        if (!await db.Set<Account>().AnyAsync(a => a.Id == actor.AccountId && a.IsPortalAdministrator, cancellationToken)) return ServerAccess.AdministratorsOnly;
        var server = await db.Set<Server>().SingleOrDefaultAsync(s => s.Id == serverId, cancellationToken);
        if (server is null) return new Problem.NotFound("server-gone", "This server is not there any more.");
        var team = rule is JoinRule.Invited ? null : await db.Set<Team>().SingleOrDefaultAsync(t => t.Slug == teamSlug, cancellationToken);
        if (team is null && rule is not JoinRule.Invited) return new Problem.Invalid("team-missing", "Choose the team that they join.", "Team");

        var entry = await db.Set<ServerEntry>().SingleOrDefaultAsync(e => e.ServerId == serverId, cancellationToken);
        entry ??= db.Add(new ServerEntry { ServerId = serverId }).Entity;
        (entry.Rule, entry.TeamId, entry.Role, entry.Groups) = (rule, team?.Id, role, rule is JoinRule.Groups ? ServerEntry.TextOf(groups) : "");
        db.Record(clock.GetUtcNow(), team?.Id, actor.AccountId, actor.Name, "server.entry-changed", $"{server.BaseUrl}: {rule}{(team is null ? "" : $" join {team.Name} as {role}")}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success;
    }
}

/// <summary>Takes a server out of the portal that no team is connected to. On GitLab nothing is changed.</summary>
public sealed class RemoveServer(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    public async Task<Result> RunAsync(Actor actor, Guid serverId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        if (!await db.Set<Account>().AnyAsync(a => a.Id == actor.AccountId && a.IsPortalAdministrator, cancellationToken)) return ServerAccess.AdministratorsOnly;
        var server = await db.Set<Server>().SingleOrDefaultAsync(s => s.Id == serverId, cancellationToken);
        if (server is null) return Result.Success;
        var teams = await db.Set<Connection>().Where(c => c.ServerId == serverId).Select(c => c.Team!.Name).Distinct().ToListAsync(cancellationToken);
        if (teams.Count > 0) return new Problem.Conflict("server-in-use", $"{string.Join(", ", teams)} still use this server. Remove their connections first; their projects depend on them.");
        if (await db.Set<ServerSetUp>().AnyAsync(s => s.ServerId == serverId && s.State == SetUpState.Begun, cancellationToken))
            return new Problem.Conflict("setup-unfinished", "A set-up of this server is not finished. Undo it first, or what it made on GitLab stays there.");

        var owners = await db.Set<Project>().Where(p => p.ServerId == serverId && p.RemovedAt == null).Select(p => p.Team!.Name).Distinct().ToListAsync(cancellationToken);
        if (owners.Count > 0)
            return new Problem.Conflict("server-has-projects", $"{string.Join(", ", owners)} still have projects on this server; without a connection they are greyed. Remove them from the teams first.");

        // What was taken out of a team could be put back as long as the server is known.
        await db.Set<Project>().Where(p => p.ServerId == serverId).ExecuteDeleteAsync(cancellationToken);
        await db.Set<Repository>().Where(r => r.ServerId == serverId).ExecuteDeleteAsync(cancellationToken);
        db.Remove(server);
        db.Record(clock.GetUtcNow(), null, actor.AccountId, actor.Name, "server.removed", server.BaseUrl);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success;
    }
}
