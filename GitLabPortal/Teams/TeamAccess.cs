using System.Security.Claims;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>Proof that a person may act in a team, as of the moment it was asked for. Ask again for each action; never keep one.</summary>
public sealed record TeamAccess
{
    internal TeamAccess(Guid teamId, string slug, string teamName, Guid accountId, string accountName, TeamRole role) =>
        (TeamId, Slug, TeamName, AccountId, AccountName, Role) = (teamId, slug, teamName, accountId, accountName, role);

    public Guid TeamId { get; }

    public string Slug { get; }

    public string TeamName { get; }

    public Guid AccountId { get; }

    public string AccountName { get; }

    public TeamRole Role { get; }

    /// <summary>Whoever runs the portal, at its command line: sees what the tokens see.</summary>
    internal bool IsOperator { get; init; }

    public bool Can(TeamRole role) => Role >= role;
}

/// <summary>The one place that decides who may act in which team.</summary>
public sealed class TeamAuthorizer(IDbContextFactory<PortalDb> contexts)
{
    /// <summary>
    /// The person's access to the team <paramref name="slug"/>. A team that does not exist and a team one does not belong to give the
    /// same <see cref="Problem.NotFound"/>, so that slugs cannot be probed; too low a role gives <see cref="Problem.Forbidden"/>.
    /// </summary>
    public async Task<Result<TeamAccess>> AuthorizeAsync(
        ClaimsPrincipal person, string slug, TeamRole atLeast, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return person.FindFirstValue(ClaimTypes.NameIdentifier) is { } id && Guid.TryParse(id, out var accountId)
            ? await FindAsync(db, accountId, slug, atLeast, cancellationToken)
            : NotAMember;
    }

    /// <summary>
    /// For the command line alone: whoever may run the program on the portal's own data could change it anyway. Acts in the name of the
    /// owner who has been there longest, and the audit trail says how.
    /// </summary>
    internal async Task<Result<TeamAccess>> AuthorizeOperatorAsync(string slug, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var owners = await db.Set<TeamMember>()
            .AsNoTracking()
            .Where(m => m.Team!.Slug == slug && m.Role == TeamRole.Owner)
            .OrderBy(m => m.JoinedAt).ThenBy(m => m.AccountId)
            .Select(m => new { m.TeamId, m.Team!.Slug, TeamName = m.Team.Name, m.AccountId, AccountName = m.Account!.Name, m.Role })
            .Take(1)
            .ToListAsync(cancellationToken);
        if (owners is [var owner])
            return new TeamAccess(owner.TeamId, owner.Slug, owner.TeamName, owner.AccountId, $"{owner.AccountName} (command line)", owner.Role) { IsOperator = true };

        var slugs = await db.Set<Team>().OrderBy(t => t.Slug).Select(t => t.Slug).Take(20).ToListAsync(cancellationToken);
        return new Problem.NotFound("team-not-found", slugs.Count == 0
            ? "This portal has no team yet. Make the first one with: gitlabportal setup"
            : $"There is no team “{slug}”. There is: {string.Join(", ", slugs)}");
    }

    /// <summary>For the command line alone: a member's own access, to see what that member sees.</summary>
    internal async Task<Result<TeamAccess>> AuthorizeAsMemberAsync(string slug, string email, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var normalized = email.Trim().ToUpperInvariant();
        var member = await db.Set<TeamMember>()
            .Where(m => m.Team!.Slug == slug && m.Account!.NormalizedEmail == normalized)
            .Select(m => (Guid?)m.AccountId)
            .SingleOrDefaultAsync(cancellationToken);
        return member is { } accountId
            ? await FindAsync(db, accountId, slug, TeamRole.Member, cancellationToken)
            : new Problem.NotFound("member-not-found", $"No member of the team “{slug}” has the e-mail address {email}.");
    }

    /// <summary>Asks again inside the caller's transaction, right before it saves.</summary>
    public static async Task<Result<TeamAccess>> ReconfirmAsync(
        PortalDb db, TeamAccess access, TeamRole atLeast, CancellationToken cancellationToken) =>
        await FindAsync(db, access.AccountId, access.Slug, atLeast, cancellationToken);

    private static readonly Problem NotAMember = new Problem.NotFound(
        "team-not-found", "There is no such team, or you are not a member of it. Ask an owner of the team for an invitation.");

    private static async Task<Result<TeamAccess>> FindAsync(
        PortalDb db, Guid accountId, string slug, TeamRole atLeast, CancellationToken cancellationToken)
    {
        var member = await db.Set<TeamMember>()
            .AsNoTracking()
            .Where(m => m.AccountId == accountId && m.Team!.Slug == slug)
            .Select(m => new { m.TeamId, m.Team!.Slug, TeamName = m.Team.Name, AccountName = m.Account!.Name, m.Role })
            .SingleOrDefaultAsync(cancellationToken);
        if (member is null) return NotAMember;

        return member.Role >= atLeast
            ? new TeamAccess(member.TeamId, member.Slug, member.TeamName, accountId, member.AccountName, member.Role)
            : new Problem.Forbidden("role-too-low", atLeast == TeamRole.Owner
                ? "Only an owner of the team can do this."
                : "Only an owner or admin of the team can do this.");
    }
}

/// <summary>Somebody's membership changed: pages that are open look again whether they may stay.</summary>
/// <param name="TeamId">The team.</param>
/// <param name="AccountId">Whose membership; null when it concerns every member, e.g. the team has a new name.</param>
public sealed record MembershipChanged(Guid TeamId, Guid? AccountId);

public sealed class MembershipFeed : Feed<MembershipChanged>;
