using System.Globalization;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

/// <summary>
/// Makes repositories that a member sees with an account of their own into projects of the team. GitLab is asked for each, so that
/// nothing gets in that the person cannot open.
/// </summary>
public sealed class PickPersonal(IDbContextFactory<PortalDb> contexts, PersonalRepositories repositories, ProjectFeed feed, TimeProvider time)
{
    /// <summary>One request each.</summary>
    public const int MaxAtOnce = 40;

    private const string By = "by your account";

    public async Task<Result<PickedCount>> RunAsync(TeamAccess access, Guid identityId, IReadOnlyCollection<long> gitLabIds, CancellationToken cancellationToken)
    {
        var wanted = gitLabIds.Distinct().ToList();
        if (wanted.Count == 0) return new Problem.Invalid("nothing-selected", "Select at least one repository.");
        if (wanted.Count > MaxAtOnce) return new Problem.Invalid("too-many-selected", $"Select at most {MaxAtOnce.ToString(CultureInfo.InvariantCulture)} repositories at once.");

        var seen = await repositories.CallAsync(access, identityId, (client, ct) => LookAsync(client, wanted, ct), cancellationToken);
        if (!seen.IsSuccess) return seen.Problem;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await SaveAsync(access, identityId, seen.Value, wanted.Count - seen.Value.Count, cancellationToken);
            }
            catch (DbUpdateException) when (attempt < 3)
            {
                // Somebody picked the same at once: looks again.
            }
        }
    }

    private static async Task<List<GitLabProject>> LookAsync(GitLabClient client, List<long> wanted, CancellationToken cancellationToken)
    {
        List<GitLabProject> seen = [];
        foreach (var id in wanted)
        {
            if (await client.Projects.FindAsync(id, new ProjectListQuery { MembershipOnly = true }, cancellationToken) is { } project) seen.Add(project);
        }

        return seen;
    }

    private async Task<Result<PickedCount>> SaveAsync(TeamAccess access, Guid identityId, List<GitLabProject> seen, int unseen, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Member, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;
        var identity = await db.Set<GitLabIdentity>().SingleOrDefaultAsync(i => i.Id == identityId && i.AccountId == access.AccountId, cancellationToken);
        if (identity is null) return new Problem.NotFound("identity-gone", "This GitLab account is no longer connected. Nothing was added.");

        var added = 0;
        foreach (var one in seen)
        {
            var project = await db.Set<Project>().SingleOrDefaultAsync(p => p.TeamId == access.TeamId && p.ServerId == identity.ServerId && p.GitLabId == one.Id, cancellationToken);
            var isThere = project is { RemovedAt: null } && await IsReachedAsync(db, project, cancellationToken);
            if (isThere && project!.PersonalAccountId != access.AccountId) continue;
            project ??= db.Add(new Project { TeamId = access.TeamId, ServerId = identity.ServerId, GitLabId = one.Id, AddedById = access.AccountId, AddedAt = time.GetUtcNow() }).Entity;
            (project.PersonalAccountId, project.PersonalGitLabUserId) = (access.AccountId, identity.GitLabUserId);
            project.SawAs(one.Name, one.PathWithNamespace);
            if (isThere) continue;

            added++;
            (project.RemovedAt, project.AddedById, project.AddedAt) = (null, access.AccountId, time.GetUtcNow());
            db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "project.added", $"{one.PathWithNamespace}, with @{identity.Username}'s own access");
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (added > 0) feed.Publish(new ProjectsChanged(access.TeamId));
        return new PickedCount(added, seen.Count - added, unseen, By);
    }

    /// <summary>By the team's connections or by the account that it hangs on; what nobody reaches any more is taken over.</summary>
    private static async Task<bool> IsReachedAsync(PortalDb db, Project project, CancellationToken cancellationToken) =>
        await db.Set<RepositorySighting>().AnyAsync(
            s => s.Repository!.ServerId == project.ServerId && s.Repository.GitLabId == project.GitLabId && s.Connection!.TeamId == project.TeamId && s.MissingSince == null, cancellationToken)
        || (await db.Set<TeamMember>().AnyAsync(m => m.TeamId == project.TeamId && m.AccountId == project.PersonalAccountId, cancellationToken)
            && await db.Set<GitLabIdentity>().AnyAsync(
                i => i.AccountId == project.PersonalAccountId && i.ServerId == project.ServerId && i.GitLabUserId == project.PersonalGitLabUserId && i.State == IdentityState.Active, cancellationToken));
}
