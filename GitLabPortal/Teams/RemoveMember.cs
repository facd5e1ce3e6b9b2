using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>Puts somebody else out of the team. What they did stays: projects, connections, the audit trail.</summary>
public sealed class RemoveMember(IDbContextFactory<PortalDb> contexts, TimeProvider clock, MembershipFeed memberships)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid memberId, CancellationToken cancellationToken)
    {
        if (memberId == access.AccountId) return new Problem.Invalid("leave-instead", "To go yourself, leave the team under General.");

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var member = await Membership.FindAsync(db, access.TeamId, memberId, cancellationToken);
        if (member is null) return Membership.NoSuchMember;
        if (!Membership.MayManage(confirmed.Value.Role, member.Role))
        {
            return new Problem.Forbidden("owners-only", "Only an owner can remove an owner.");
        }

        db.Remove(member);
        await Membership.RevokeInvitationsAsync(db, access.TeamId, memberId, null, cancellationToken);
        db.Record(
            clock.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "member.removed",
            $"{member.Account!.Name} ({member.Account.Email})");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memberships.Publish(new MembershipChanged(access.TeamId, memberId));
        return Result.Success;
    }
}
