using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

public sealed class LeaveTeam(IDbContextFactory<PortalDb> contexts, TimeProvider clock, MembershipFeed memberships)
{
    public async Task<Result> RunAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var member = await Membership.FindAsync(db, access.TeamId, access.AccountId, cancellationToken);
        if (member is null) return Membership.NoSuchMember;
        if (await Membership.IsLastOwnerAsync(db, member, cancellationToken)) return Membership.LastOwner;

        db.Remove(member);
        await Membership.RevokeInvitationsAsync(db, access.TeamId, access.AccountId, null, cancellationToken);
        db.Record(
            clock.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "member.left",
            $"{member.Account!.Name} ({member.Account.Email})");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memberships.Publish(new MembershipChanged(access.TeamId, access.AccountId));
        return Result.Success;
    }
}
