using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

/// <summary>Takes a project out of the team. Nothing happens on GitLab, and <see cref="RestoreProject"/> undoes it.</summary>
public sealed class RemoveProject(IDbContextFactory<PortalDb> contexts, ProjectFeed feed, TimeProvider time)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid projectId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Member, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var project = await db.Set<Project>().SingleOrDefaultAsync(p => p.Id == projectId && p.TeamId == access.TeamId, cancellationToken);
        if (project is null) return ProjectProblems.NotFound;
        if (project.RemovedAt is not null) return Result.Success;

        project.RemovedAt = time.GetUtcNow();
        db.Record(project.RemovedAt.Value, access.TeamId, access.AccountId, access.AccountName, "project.removed", ProjectProblems.Subject(project));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        feed.Publish(new ProjectsChanged(access.TeamId));
        return Result.Success;
    }
}

/// <summary>Undoes a removal: the project is back with the person and the date that it was added by.</summary>
public sealed class RestoreProject(IDbContextFactory<PortalDb> contexts, ProjectFeed feed, TimeProvider time)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid projectId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Member, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;

        var project = await db.Set<Project>().SingleOrDefaultAsync(p => p.Id == projectId && p.TeamId == access.TeamId, cancellationToken);
        if (project is null) return ProjectProblems.NotFound;
        if (project.RemovedAt is null) return Result.Success;

        project.RemovedAt = null;
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "project.restored", ProjectProblems.Subject(project));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        feed.Publish(new ProjectsChanged(access.TeamId));
        return Result.Success;
    }
}

internal static class ProjectProblems
{
    public static readonly Problem NotFound =
        new Problem.NotFound("project-not-found", "This project is not in the team any more. Reload the page to see the current list.");

    /// <summary>As the team saw it: whoever removes it may not be allowed to open it.</summary>
    public static string Subject(Project project) => project.SeenPath.Length > 0 ? project.SeenPath : $"GitLab project {project.GitLabId}";
}
