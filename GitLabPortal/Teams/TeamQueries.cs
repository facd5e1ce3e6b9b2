using GitLabPortal.Data;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>A team as its member sees it in a list.</summary>
public sealed record TeamSummary(string Slug, string Name, TeamRole Role);

public sealed record MemberRow(Guid AccountId, string Name, string Email, TeamRole Role, DateTimeOffset JoinedAt);

/// <summary>A link that nobody has used yet.</summary>
public sealed record InvitationRow(Guid Id, string? Email, TeamRole Role, string CreatedBy, DateTimeOffset ExpiresAt, bool IsExpired);

/// <summary>What somebody who holds the link may see of it.</summary>
public sealed record InvitationView(InvitationState State, string TeamName, string TeamSlug, string InvitedBy, TeamRole Role, string? Email)
{
    internal static readonly InvitationView Unknown = new(InvitationState.Unknown, "", "", "", TeamRole.Member, null);
}

public sealed class TeamQueries(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
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

    /// <summary>Everybody in the team: owners first, then by name.</summary>
    public async Task<IReadOnlyList<MemberRow>> MembersAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var members = await db.Set<TeamMember>()
            .AsNoTracking()
            .Where(m => m.TeamId == access.TeamId)
            .Select(m => new MemberRow(m.AccountId, m.Account!.Name, m.Account.Email!, m.Role, m.JoinedAt))
            .ToListAsync(cancellationToken);
        // Roles are stored as words, which the database would put in alphabetical order.
        return [.. members.OrderByDescending(m => m.Role).ThenBy(m => m.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The team's unused links, newest first; empty for somebody who may not make any.</summary>
    public async Task<IReadOnlyList<InvitationRow>> InvitationsAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        if (!access.Can(TeamRole.Admin)) return [];

        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Invitation>()
            .AsNoTracking()
            .Where(i => i.TeamId == access.TeamId && i.UsedAt == null)
            .OrderByDescending(i => i.CreatedAt)
            .Select(i => new InvitationRow(i.Id, i.Email, i.Role, i.CreatedBy!.Name, i.ExpiresAt, i.ExpiresAt <= now))
            .ToListAsync(cancellationToken);
    }

    /// <summary>The invitation behind a link, for whoever has the link.</summary>
    public async Task<InvitationView> FindInvitationAsync(string code, CancellationToken cancellationToken)
    {
        var hash = OneTimeCode.Hash(code);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var invitation = await db.Set<Invitation>()
            .AsNoTracking()
            .Include(i => i.Team)
            .Include(i => i.CreatedBy)
            .SingleOrDefaultAsync(i => i.CodeHash == hash, cancellationToken);
        return invitation is null
            ? InvitationView.Unknown
            : new InvitationView(
                InvitationStates.Of(invitation, clock.GetUtcNow()),
                invitation.Team!.Name, invitation.Team.Slug, invitation.CreatedBy!.Name, invitation.Role, invitation.Email);
    }
}
