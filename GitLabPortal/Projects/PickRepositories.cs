using System.Globalization;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

/// <param name="Added">New as projects, or back after they were removed.</param>
/// <param name="AlreadyThere">Were projects of the team before.</param>
/// <param name="NotVisible">The person does not see them (any more); nothing was done with these.</param>
/// <param name="By">By whom they would be seen.</param>
public sealed record PickedCount(int Added, int AlreadyThere, int NotVisible, string By = "through the team's connections")
{
    /// <summary>In words, e.g. "2 added, 1 was already in the team".</summary>
    public string Words
    {
        get
        {
            var parts = new List<string> { Added == 0 ? "Nothing new" : $"{Added.ToString(CultureInfo.InvariantCulture)} added" };
            if (AlreadyThere > 0) parts.Add($"{AlreadyThere.ToString(CultureInfo.InvariantCulture)} {(AlreadyThere == 1 ? "was" : "were")} already in the team");
            if (NotVisible > 0) parts.Add($"{NotVisible.ToString(CultureInfo.InvariantCulture)} cannot be seen (any more) {By}");
            return string.Join(", ", parts);
        }
    }
}

/// <summary>Makes repositories that the person sees in the team into its projects. Doing it twice changes nothing.</summary>
public sealed class PickRepositories(IDbContextFactory<PortalDb> contexts, ProjectFeed feed, TimeProvider time)
{
    public const int MaxAtOnce = 1000;

    public async Task<Result<PickedCount>> RunAsync(TeamAccess access, IReadOnlyCollection<long> repositoryIds, CancellationToken cancellationToken)
    {
        var wanted = repositoryIds.Distinct().ToList();
        if (wanted.Count == 0) return new Problem.Invalid("nothing-selected", "Select at least one repository.");
        if (wanted.Count > MaxAtOnce)
        {
            return new Problem.Invalid("too-many-selected", $"Select at most {MaxAtOnce.ToString(CultureInfo.InvariantCulture)} repositories at once.");
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // A transaction in SQLite is the only writer: two people who pick the same at once take turns here. Elsewhere the unique
        // index makes the slower one fail, and it looks again.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await PickAsync(db, access, wanted, cancellationToken);
            }
            catch (DbUpdateException) when (attempt < 3)
            {
                db.ChangeTracker.Clear();
            }
        }
    }

    private async Task<Result<PickedCount>> PickAsync(PortalDb db, TeamAccess access, List<long> wanted, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Member, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var visible = await (await Sight.OfAsync(db, access, cancellationToken)).Visible(db)
            .Where(r => wanted.Contains(r.Id))
            .Select(r => new { r.ServerId, r.GitLabId, r.Name, r.FullPath })
            .ToListAsync(cancellationToken);
        var gitLabIds = visible.ConvertAll(r => r.GitLabId);
        var existing = (await db.Set<Project>()
            .Where(p => p.TeamId == access.TeamId && gitLabIds.Contains(p.GitLabId))
            .ToListAsync(cancellationToken)).ToDictionary(p => (p.ServerId, p.GitLabId));
        var now = time.GetUtcNow();
        var added = 0;
        foreach (var repository in visible)
        {
            if (!existing.TryGetValue((repository.ServerId, repository.GitLabId), out var project))
            {
                project = new Project
                {
                    TeamId = access.TeamId,
                    ServerId = repository.ServerId,
                    GitLabId = repository.GitLabId,
                    AddedById = access.AccountId,
                    AddedAt = now,
                };
                db.Add(project);
            }
            else if (project.RemovedAt is not null)
            {
                project.RemovedAt = null;
                project.AddedById = access.AccountId;
                project.AddedAt = now;
            }
            else
            {
                continue;
            }

            added++;
            project.SawAs(repository.Name, repository.FullPath);
            db.Record(now, access.TeamId, access.AccountId, access.AccountName, "project.added", repository.FullPath);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (added > 0) feed.Publish(new ProjectsChanged(access.TeamId));
        return new PickedCount(added, visible.Count - added, wanted.Count - visible.Count);
    }
}
