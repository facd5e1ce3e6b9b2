using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Projects;

/// <summary>Reads a team's projects.</summary>
public sealed class ProjectQueries(IDbContextFactory<PortalDb> contexts)
{
    private sealed class Joined
    {
        public required Project Project { get; init; }

        /// <summary>Null for one that only a member's own account shows: nothing of it is in the catalogue.</summary>
        public required Repository? Repository { get; init; }

        /// <summary>The person sees it now; otherwise only what the team saw itself may be used.</summary>
        public required bool IsSeen { get; init; }
    }

    /// <summary>The team's projects whose path, name, description or topics hold all words of <paramref name="text"/>, or whose path that was before a rename or transfer; by path.</summary>
    public async Task<Page<ProjectRow>> SearchAsync(TeamAccess access, string? text, PageRequest page, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var sight = await Sight.OfAsync(db, access, cancellationToken);
        var matches = Current(db, access.TeamId, sight);
        var search = new RepositorySearch { Text = text ?? "" };
        var moved = await PastPath.RepositoriesOnceAtAsync(db, access.TeamId, search.Text, cancellationToken);
        // A path that only others may open tells nothing; without anybody's own view, what the team saw once it may find again.
        var isOpen = !sight.All.Any(c => c.IsPersonal);
        foreach (var term in search.Terms())
        {
            matches = matches.Where(j => ((isOpen || j.IsSeen) && moved.Contains(j.Repository!.Id)) || (j.IsSeen ? j.Repository!.SearchText.Contains(term) : j.Project.SeenText.Contains(term)));
        }

        var total = await matches.CountAsync(cancellationToken);
        return new Page<ProjectRow>(
            await RowsAsync(db, sight, matches.OrderBy(j => j.Project.SeenPath.ToLower()).ThenBy(j => j.Project.Id), page, cancellationToken), total);
    }

    /// <summary>The projects that were added last, newest first.</summary>
    public async Task<Page<ProjectRow>> RecentAsync(TeamAccess access, int count, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var sight = await Sight.OfAsync(db, access, cancellationToken);
        var all = Current(db, access.TeamId, sight);
        return new Page<ProjectRow>(
            await RowsAsync(db, sight, all.OrderByDescending(j => j.Project.AddedAt).ThenByDescending(j => j.Project.Id), new PageRequest(0, count), cancellationToken),
            await all.CountAsync(cancellationToken));
    }

    /// <summary>What removing a connection means for the team's projects; null when it means nothing.</summary>
    internal async Task<string?> DescribeRemovalAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var connection = await db.Set<Connection>().AsNoTracking().SingleOrDefaultAsync(c => c.Id == connectionId, cancellationToken);
        if (connection is null) return null;

        var left = db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId != connectionId && s.MissingSince == null && s.Connection!.TeamId == connection.TeamId);
        var count = await db.Set<Project>()
            .Where(p => p.TeamId == connection.TeamId && p.ServerId == connection.ServerId && p.RemovedAt == null && p.PersonalAccountId == null)
            .CountAsync(p => !left.Any(s => s.Repository!.ServerId == p.ServerId && s.Repository.GitLabId == p.GitLabId), cancellationToken);
        return count switch
        {
            0 => null,
            1 => "1 project of the team stays in the list, greyed, and comes back when the same server is connected again.",
            _ => $"{count:N0} projects of the team stay in the list, greyed, and come back when the same server is connected again.",
        };
    }

    /// <summary>What the grid needs to tell the team's projects from other repositories; see <see cref="PickedRepositories"/>.</summary>
    internal static IQueryable<Repository> Picked(PortalDb db, Guid teamId) =>
        db.Set<Repository>().Where(r => db.Set<Project>()
            .Any(p => p.TeamId == teamId && p.ServerId == r.ServerId && p.GitLabId == r.GitLabId && p.RemovedAt == null));

    private static IQueryable<Joined> Current(PortalDb db, Guid teamId, Sight sight)
    {
        var seen = sight.Visible(db);
        return
            from project in db.Set<Project>().AsNoTracking()
            where project.TeamId == teamId && project.RemovedAt == null
            join repository in db.Set<Repository>().AsNoTracking()
                on new { project.ServerId, project.GitLabId } equals new { repository.ServerId, repository.GitLabId } into known
            from repository in known.DefaultIfEmpty()
            select new Joined
            {
                Project = project,
                Repository = repository,
                IsSeen = seen.Any(r => r.Id == repository.Id),
            };
    }

    private static async Task<List<ProjectRow>> RowsAsync(
        PortalDb db, Sight sight, IQueryable<Joined> ordered, PageRequest page, CancellationToken cancellationToken)
    {
        var readingCode = sight.ReadingCode(db);
        var open = sight.All.Where(c => !c.IsPersonal).Select(c => c.Id).ToList();
        var rows = await ordered
            .Skip(page.Skip)
            .Take(page.Take)
            .Select(j => new
            {
                j.Project.Id,
                j.Project.AddedAt,
                j.Project.SeenName,
                j.Project.SeenPath,
                AddedBy = j.Project.AddedBy!.Name,
                j.Project.Server!.BaseUrl,
                j.Repository,
                j.Project.ServerId,
                j.IsSeen,
                Person = j.Project.PersonalAccount!.Name,
                PersonState = db.Set<GitLabIdentity>()
                    .Where(i => i.AccountId == j.Project.PersonalAccountId && i.ServerId == j.Project.ServerId && i.GitLabUserId == j.Project.PersonalGitLabUserId)
                    .Select(i => (IdentityState?)i.State)
                    .FirstOrDefault(),
                PersonIsMember = db.Set<TeamMember>().Any(m => m.TeamId == j.Project.TeamId && m.AccountId == j.Project.PersonalAccountId),
                ReadsCode = readingCode.Contains(j.Repository!.Id),
                Absence = db.Set<RepositorySighting>()
                    .Where(s => s.RepositoryId == j.Repository!.Id && open.Contains(s.ConnectionId) && s.MissingSince != null)
                    .OrderByDescending(s => s.MissingSince)
                    .Select(s => s.Absence)
                    .FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(r => r is { IsSeen: true, Repository: not null }
            ? new ProjectRow(
                r.Id, r.Repository.Name, r.Repository.FullPath, r.Repository.NamespacePath, r.BaseUrl, r.Repository.HttpCloneUrl, r.Repository.SshCloneUrl,
                r.ReadsCode ? r.Repository.DefaultBranch : null, r.Repository.Visibility, r.Repository.LastActivityAt, r.Repository.WebUrl, r.AddedBy, r.AddedAt,
                StateOf(r.Repository), r.Repository.DeletionOn)
            : r.Person is not null
            ? Personal(new(r.Person, PersonalAccess.NameOf(r.BaseUrl), r.PersonState, r.PersonIsMember), r.Id, r.SeenName, r.SeenPath, r.BaseUrl, r.AddedBy, r.AddedAt)
            : new ProjectRow(
                r.Id, r.SeenName, r.SeenPath, NamespaceOf(r.SeenPath), r.BaseUrl, null, null, null, RepositoryVisibility.Unknown, null, "", r.AddedBy, r.AddedAt,
                StateOf(sight, r.ServerId), null, r.Absence));
    }

    /// <summary>Only what the person saw: the catalogue may hold what other teams' tokens see. GitLab itself judges who follows the links.</summary>
    private static ProjectRow Personal(PersonalAccess through, Guid id, string name, string path, string baseUrl, string addedBy, DateTimeOffset addedAt) => new(
        id, name, path, NamespaceOf(path), baseUrl, through.Works ? $"{baseUrl}/{path}.git" : null, null, null, RepositoryVisibility.Unknown, null,
        through.Works ? $"{baseUrl}/{path}" : "", addedBy, addedAt, through.Works ? ProjectState.Available : ProjectState.PersonalAccessLost, null, Personal: through);

    private static string NamespaceOf(string path) => path.LastIndexOf('/') is > 0 and var end ? path[..end] : "";

    /// <summary>Behind a personal connection, what is gone and what is only hidden from the person look the same.</summary>
    private static ProjectState StateOf(Sight sight, Guid serverId) => sight.All.Where(c => c.ServerId == serverId).ToList() switch
    {
        [] => ProjectState.ServerNotConnected,
        var through when through.Exists(c => c is { IsPersonal: true, IsKnown: true }) => ProjectState.NotShared,
        var through when through.Exists(c => c.IsPersonal) => ProjectState.NotLinked,
        _ => ProjectState.NotVisible,
    };

    private static ProjectState StateOf(Repository repository) =>
        repository.DeletionOn is not null ? ProjectState.PendingDeletion
        : repository.IsArchived ? ProjectState.Archived
        : ProjectState.Available;
}
