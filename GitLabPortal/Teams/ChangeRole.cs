using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>Gives a member another role, at most one's own.</summary>
public sealed class ChangeRole(IDbContextFactory<PortalDb> contexts, TimeProvider clock, MembershipFeed memberships)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid memberId, TeamRole role, CancellationToken cancellationToken)
    {
        if (!Enum.IsDefined(role)) return new Problem.Invalid("role-unknown", "There is no such role.");

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var member = await Membership.FindAsync(db, access.TeamId, memberId, cancellationToken);
        if (member is null) return Membership.NoSuchMember;
        if (!Membership.MayManage(confirmed.Value.Role, member.Role) || role > confirmed.Value.Role)
        {
            return new Problem.Forbidden("owners-only", "Only an owner can make owners or change what an owner may do.");
        }

        if (member.Role == role) return Result.Success;
        if (await Membership.IsLastOwnerAsync(db, member, cancellationToken)) return Membership.LastOwner;

        var before = member.Role;
        member.Role = role;
        await Membership.RevokeInvitationsAsync(db, access.TeamId, memberId, role, cancellationToken);
        db.Record(
            clock.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "member.role-changed",
            $"{member.Account!.Name} ({member.Account.Email}): {before} → {role}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memberships.Publish(new MembershipChanged(access.TeamId, memberId));
        return Result.Success;
    }
}
