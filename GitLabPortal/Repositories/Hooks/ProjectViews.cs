using GitLabPortal.Connections;
using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

/// <summary>What one connection's own token sees of single projects now.</summary>
/// <param name="AskedAt">Before the first question: what a walk stored later than this is newer.</param>
/// <param name="Seen">Those that it brings into its team.</param>
/// <param name="Absent">Those that GitLab says it does not have, for this token.</param>
/// <param name="Unknown">Those that GitLab did not answer about.</param>
internal sealed record ProjectView(
    Connection Connection, DateTimeOffset AskedAt, IReadOnlyList<GitLabProject> Seen, IReadOnlySet<long> Absent, IReadOnlySet<long> Unknown, TimeSpan? RetryAfter);

/// <summary>Asks GitLab for single projects through one connection, one request each.</summary>
internal sealed partial class ProjectViews(HookInstaller clients, TimeProvider time, ILogger<ProjectViews> logger)
{
    private static readonly TimeSpan LongestBatch = TimeSpan.FromMinutes(2);

    public async Task<ProjectView> AskAsync(Connection connection, IReadOnlyCollection<long> projectIds, CancellationToken cancellationToken)
    {
        var (askedAt, seen, absent, unknown) = (time.GetUtcNow(), new List<GitLabProject>(), new HashSet<long>(), new HashSet<long>());
        if (clients.ClientOf(connection, maxRetries: 0) is not { } client) return new ProjectView(connection, askedAt, [], absent, unknown, null);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestBatch);
        TimeSpan? retryAfter = null;
        foreach (var id in projectIds)
        {
            try
            {
                if (await FindAsync(connection, client, id, limit.Token) is { } project && IsBrought(connection, project)) seen.Add(project);
                else absent.Add(id);
            }
            catch (Exception e) when (e is GitLabException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                var failure = e as GitLabException;
                LogFailure(connection.Id, failure?.Code ?? "timed-out");
                // Rules and refused tokens stay as they are: a walk reports them where they are seen.
                if (failure is null || !SyncProblem.IsFinalFor(failure)) unknown.UnionWith(projectIds.Where(p => !absent.Contains(p) && seen.TrueForAll(s => s.Id != p)));
                retryAfter = failure?.RetryAfter;
                break;
            }
        }

        return new ProjectView(connection, askedAt, seen, absent, unknown, retryAfter);
    }

    private static async Task<GitLabProject?> FindAsync(Connection connection, GitLabClient client, long id, CancellationToken cancellationToken)
    {
        // Membership shows in the list alone; the project itself may be shown to anybody.
        if (connection.Coverage == ConnectionCoverage.Memberships) return await client.Projects.FindAsync(id, new ProjectListQuery { MembershipOnly = true }, cancellationToken);
        try
        {
            var project = await client.Projects.GetAsync(id, cancellationToken);
            return project.Id == id ? project : throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The answer is about another project.");
        }
        catch (GitLabNotFoundException e) when (!e.IsUnknownRoute)
        {
            return null;
        }
    }

    private static bool IsBrought(Connection connection, GitLabProject project) =>
        connection.Coverage != ConnectionCoverage.Groups || CatalogueMapping.IsBelow(project, [.. connection.Groups.Select(g => g.FullPath)]);

    [LoggerMessage(LogLevel.Information, "Asking for single projects through connection {ConnectionId} met {Code}")]
    private partial void LogFailure(Guid connectionId, string code);
}
