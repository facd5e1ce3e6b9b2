using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>Gives a team another name. Its address stays, so that links go on working.</summary>
public sealed class RenameTeam(IDbContextFactory<PortalDb> contexts, TimeProvider clock, MembershipFeed memberships)
{
    public async Task<Result> RunAsync(TeamAccess access, string? name, CancellationToken cancellationToken)
    {
        if (DisplayName.Read(name, Team.MaxNameLength) is not { } tidy)
        {
            return new Problem.Invalid("name-unsuitable", $"Enter a name of at most {Team.MaxNameLength} characters.", "Name");
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var team = await db.Set<Team>().SingleAsync(t => t.Id == access.TeamId, cancellationToken);
        if (string.Equals(team.Name, tidy, StringComparison.Ordinal)) return Result.Success;

        db.Record(clock.GetUtcNow(), team.Id, access.AccountId, access.AccountName, "team.renamed", $"{team.Name} → {tidy}");
        team.Name = tidy;
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memberships.Publish(new MembershipChanged(team.Id, null));
        return Result.Success;
    }
}
