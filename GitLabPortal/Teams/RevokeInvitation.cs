using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>Takes back a link that nobody has used yet.</summary>
public sealed class RevokeInvitation(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid invitationId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var invitation = await db.Set<Invitation>()
            .SingleOrDefaultAsync(i => i.Id == invitationId && i.TeamId == access.TeamId, cancellationToken);
        if (invitation is null) return Result.Success;
        if (invitation.UsedAt is not null)
        {
            return new Problem.Conflict("invitation-used", "Somebody has joined with this link already. Remove the member instead.");
        }

        db.Remove(invitation);
        db.Record(
            clock.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "invitation.revoked",
            $"{invitation.Email ?? "Anyone with the link"} as {invitation.Role}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Success;
    }
}
