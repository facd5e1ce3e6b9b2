using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <param name="RetryAt">When the walk wants to go on; null when it is over, one way or the other.</param>
internal readonly record struct SyncOutcome(DateTimeOffset? RetryAt)
{
    public static SyncOutcome Over => default;
}

/// <summary>
/// Walks once over everything that a connection sees, in the order of GitLab's ids and 100 at a time, and never asks for a single
/// repository. When a page does not come it notes why and until when to wait, and returns; the next call goes on behind the last
/// stored page.
/// </summary>
internal sealed partial class SyncConnection(
    SyncJournal journal, GitLabClients gitLab, SecretProtector secrets, SyncFeed feed, IOptions<SyncOptions> options, TimeProvider time,
    ILogger<SyncConnection> logger)
{
    /// <summary>Failures in a row, without a page in between, after which the run has failed.</summary>
    public const int MaxAttempts = 8;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    public async Task<SyncOutcome> RunAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        if (await journal.OpenAsync(connectionId, cancellationToken) is not var (connection, run)) return SyncOutcome.Over;
        if (run.RetryAt > time.GetUtcNow()) return new SyncOutcome(run.RetryAt);

        run.RetryAt = null;
        feed.Publish(SyncProgress.Of(run));
        try
        {
            if (secrets.Reveal(connection.ProtectedToken, ConnectionTokens.Row(connection.Id)) is not { } token)
            {
                return await FailAsync(run, SyncProblem.TokenLost, cancellationToken);
            }

            // No tries of its own: the walk waits where it can be seen.
            var client = gitLab.For(connection.Server!.BaseUrl, token, connection.Path(time), maxRetries: 0);
            return await WalkAsync(connection, run, client, cancellationToken);
        }
        catch (GitLabException e)
        {
            LogFailure(connection.Id, e.Code, e.Status, run.CursorId);
            return await FailAsync(run, SyncProblem.Of(e), cancellationToken);
        }
        catch (DbUpdateException e)
        {
            // Two walks met in the same rows, or the one writer was busy for too long.
            LogStoreFailure(connection.Id, e);
            return await FailAsync(run, SyncProblem.DatabaseBusy, cancellationToken);
        }
    }

    private async Task<SyncOutcome> WalkAsync(Connection connection, SyncRun run, GitLabClient client, CancellationToken cancellationToken)
    {
        var groups = connection.Coverage == ConnectionCoverage.Groups ? await ReadGroupsAsync(connection, client, cancellationToken) : null;
        while (true)
        {
            var page = await ReadPageAsync(connection, run, client, cancellationToken);
            if (page.Items.Count == 0) break;
            if (await IsTooMuchAsync(connection, run, cancellationToken)) return await FailAsync(run, SyncProblem.TooMany(options.Value.MaxRepositories), cancellationToken);

            var kept = groups is null ? page.Items : [.. page.Items.Where(p => CatalogueMapping.IsBelow(p, groups.Paths))];
            // With a choice of groups, GitLab's total says nothing about how many will be kept.
            var expected = groups is null ? page.Total ?? run.Expected : null;
            if (!await journal.StorePageAsync(run, connection.ServerId, page.Items.Max(p => p.Id), kept, expected, cancellationToken)) return SyncOutcome.Over;

            feed.Publish(SyncProgress.Of(run));
        }

        if (!await journal.CompleteAsync(run, groups?.Lost ?? [], cancellationToken)) return SyncOutcome.Over;
        LogCompleted(connection.Id, run.Seen, run.Pages);
        feed.Publish(SyncProgress.Of(run));
        return SyncOutcome.Over;
    }

    /// <summary>
    /// By what was stored, by pages that brought little, and by what walks before left behind: a hostile server may make up other
    /// projects each time.
    /// </summary>
    private async Task<bool> IsTooMuchAsync(Connection connection, SyncRun run, CancellationToken cancellationToken)
    {
        var limit = options.Value.MaxRepositories;
        return run.Seen >= limit || run.Pages >= 100 + (limit / 10)
            || (run.Pages == 0 && await journal.CountKnownAsync(connection.ServerId, cancellationToken) >= 2L * limit);
    }

    private static async Task<GitLabPage<GitLabProject>> ReadPageAsync(
        Connection connection, SyncRun run, GitLabClient client, CancellationToken cancellationToken)
    {
        var query = new ProjectListQuery { MembershipOnly = connection.Coverage == ConnectionCoverage.Memberships };
        // The very first page also tells how many there are, which keyset paging does not: no request is spent on counting.
        // Only an empty page is the end: a short one may be a server's way of leaving out rows.
        return run.CursorId == 0
            ? await client.Projects.ListFirstAsync(query, cancellationToken)
            : await client.Projects.ListAsync(query with { IdAfter = run.CursorId }, cancellationToken);
    }

    /// <summary>The paths that the chosen groups have now; of those that GitLab does not show, the last known ones.</summary>
    private async Task<GroupPaths> ReadGroupsAsync(Connection connection, GitLabClient client, CancellationToken cancellationToken)
    {
        var paths = new Dictionary<long, string>();
        var lost = new List<string>();
        foreach (var group in connection.Groups)
        {
            try
            {
                paths[group.GitLabGroupId] = (await client.Groups.GetAsync(group.GitLabGroupId, cancellationToken)).FullPath;
            }
            catch (GitLabNotFoundException)
            {
                lost.Add(group.FullPath);
            }
        }

        await journal.UpdateGroupPathsAsync(connection.Id, paths, cancellationToken);
        return new GroupPaths([.. paths.Values, .. lost], lost);
    }

    private async Task<SyncOutcome> FailAsync(SyncRun run, SyncProblem problem, CancellationToken cancellationToken)
    {
        DateTimeOffset? retryAt = problem.IsFinal || run.Attempts + 1 >= MaxAttempts ? null : time.GetUtcNow() + Delay(run.Attempts, problem.RetryAfter);
        if (!await journal.NoteFailureAsync(run, problem, retryAt, cancellationToken)) return SyncOutcome.Over;

        feed.Publish(SyncProgress.Of(run));
        return new SyncOutcome(retryAt);
    }

    /// <summary>What GitLab asks for, or twice as long with each failure; spread, so that many portals do not come back at once.</summary>
    private static TimeSpan Delay(int attempts, TimeSpan? retryAfter)
    {
        if (retryAfter is { } asked) return (asked < LongestRetryAfter ? asked : LongestRetryAfter) + (Random.Shared.NextDouble() * TimeSpan.FromSeconds(1));
        var delay = FirstDelay * Math.Pow(2, attempts);
        return (delay < LongestDelay ? delay : LongestDelay) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }

    private sealed record GroupPaths(IReadOnlyCollection<string> Paths, IReadOnlyList<string> Lost);

    [LoggerMessage(LogLevel.Information, "Read {Count} repositories of connection {ConnectionId} in {Pages} list requests")]
    private partial void LogCompleted(Guid connectionId, int count, int pages);

    [LoggerMessage(LogLevel.Warning, "Reading connection {ConnectionId} met {Code} (status {Status}) behind project {Cursor}")]
    private partial void LogFailure(Guid connectionId, string code, int? status, long cursor);

    [LoggerMessage(LogLevel.Warning, "Storing a page of connection {ConnectionId} failed")]
    private partial void LogStoreFailure(Guid connectionId, Exception exception);
}
