using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>
/// Rules that every change of a membership keeps. To be asked inside a serialisable transaction: with SQLite it is the only writer,
/// so that two owners who leave at once take turns and the second one sees that the first has gone.
/// </summary>
internal static class Membership
{
    public static readonly Problem LastOwner = new Problem.Conflict(
        "last-owner", "A team needs an owner, and this is the only one. Make another member an owner first.");

    public static readonly Problem NoSuchMember = new Problem.NotFound(
        "member-not-found", "This person is not a member of the team any more.");

    /// <summary>Owners manage everybody; admins manage everybody but owners.</summary>
    public static bool MayManage(TeamRole actor, TeamRole subject) =>
        actor >= TeamRole.Admin && (actor == TeamRole.Owner || subject < TeamRole.Owner);

    public static async Task<TeamMember?> FindAsync(PortalDb db, Guid teamId, Guid accountId, CancellationToken cancellationToken) =>
        await db.Set<TeamMember>()
            .Include(m => m.Account)
            .SingleOrDefaultAsync(m => m.TeamId == teamId && m.AccountId == accountId, cancellationToken);

    public static async Task<bool> IsLastOwnerAsync(PortalDb db, TeamMember member, CancellationToken cancellationToken) =>
        member.Role == TeamRole.Owner
        && !await db.Set<TeamMember>().AnyAsync(
            m => m.TeamId == member.TeamId && m.AccountId != member.AccountId && m.Role == TeamRole.Owner, cancellationToken);

    /// <summary>
    /// Takes back the unused links of somebody who could not make them any more: they would be a way back in.
    /// <paramref name="role"/> is null for somebody who is gone.
    /// </summary>
    public static async Task<int> RevokeInvitationsAsync(
        PortalDb db, Guid teamId, Guid accountId, TeamRole? role, CancellationToken cancellationToken)
    {
        var open = await db.Set<Invitation>()
            .Where(i => i.TeamId == teamId && i.CreatedById == accountId && i.UsedAt == null)
            .ToListAsync(cancellationToken);
        var revoked = open.Where(i => role is not >= TeamRole.Admin || i.Role > role).ToList();
        db.RemoveRange(revoked);
        return revoked.Count;
    }
}
