using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Security;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <param name="RetryAt">When the walk wants to go on; null when it is over, one way or the other.</param>
internal readonly record struct SyncOutcome(DateTimeOffset? RetryAt)
{
    public static SyncOutcome Over => default;
}

/// <summary>
/// Walks once over everything that a connection sees, by ranges of GitLab's ids and 100 at a time, and never asks for a single
/// repository. When a page does not come it notes why and until when to wait, and returns; the next call goes on behind what is
/// stored. It does nothing while somebody else walks the same server.
/// </summary>
internal sealed partial class SyncConnection(
    SyncJournal journal, CompleteRun completion, FindAbsences absences, ServerLeases leases, GitLabClients gitLab, SecretProtector secrets, SyncFeed feed,
    IOptions<SyncOptions> options, TimeProvider time, ILogger<SyncConnection> logger)
{
    /// <summary>Failures in a row, without a page in between, after which the run has failed.</summary>
    public const int MaxAttempts = 8;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan LookAgainAtLease = TimeSpan.FromSeconds(15);

    /// <param name="kind">What a new run reads; one that is not over goes on as what it is.</param>
    public async Task<SyncOutcome> RunAsync(Guid connectionId, CancellationToken cancellationToken, SyncKind kind = SyncKind.Full)
    {
        if (await journal.OpenAsync(connectionId, cancellationToken, kind) is not var (connection, run)) return SyncOutcome.Over;
        if (run.RetryAt > time.GetUtcNow()) return new SyncOutcome(run.RetryAt);

        var (holder, busyUntil) = await leases.TakeAsync(connection.ServerId, cancellationToken);
        if (holder is null)
        {
            var soon = time.GetUtcNow() + LookAgainAtLease;
            return new SyncOutcome(busyUntil < soon ? busyUntil : soon);
        }

        try
        {
            run.RetryAt = null;
            feed.Publish(SyncProgress.Of(run));
            return await RunAsync(connection, run, new HeldServer(connection.ServerId, holder), cancellationToken);
        }
        finally
        {
            await leases.ReleaseAsync(connection.ServerId, holder, CancellationToken.None);
        }
    }

    private async Task<SyncOutcome> RunAsync(Connection connection, SyncRun run, HeldServer server, CancellationToken cancellationToken)
    {
        try
        {
            if (secrets.Reveal(connection.ProtectedToken, ConnectionTokens.Row(connection.Id)) is not { } token)
            {
                return await FailAsync(run, SyncProblem.TokenLost, cancellationToken);
            }

            // No tries of its own: the walk waits where it can be seen.
            var client = gitLab.For(connection.Server!.BaseUrl, token, connection.Path(time), maxRetries: 0);
            return run.Kind == SyncKind.Changes
                ? await ReadChangesAsync(connection, run, server, client, cancellationToken)
                : await WalkAsync(connection, run, server, client, cancellationToken);
        }
        catch (GitLabException e)
        {
            LogFailure(connection.Id, e.Code, e.Status, run.Seen);
            return await FailAsync(run, SyncProblem.Of(e), cancellationToken);
        }
        catch (Exception e) when (e is DbUpdateException or SqliteException)
        {
            // The one writer was busy for too long.
            LogStoreFailure(connection.Id, e);
            return await FailAsync(run, SyncProblem.DatabaseBusy, cancellationToken);
        }
    }

    private async Task<SyncOutcome> WalkAsync(Connection connection, SyncRun run, HeldServer server, GitLabClient client, CancellationToken cancellationToken)
    {
        var groups = connection.Coverage == ConnectionCoverage.Groups ? await ReadGroupsAsync(connection, server, client, cancellationToken) : null;
        if (run.Pages == 0 && await journal.CountKnownAsync(connection.ServerId, cancellationToken) >= 2L * options.Value.MaxRepositories)
        {
            // What walks before left behind: a hostile server may make up other projects each time.
            return await FailAsync(run, SyncProblem.TooMany(options.Value.MaxRepositories), cancellationToken);
        }

        var ceiling = options.Value.MaxRequestsAtOnce;
        var pace = new RequestPace(ceiling, run.RequestsAtOnce);
        var plan = new WalkPlan(await journal.RangesAsync(run, cancellationToken), run.HighestId, run.Pages > 0, ceiling > 1);
        var query = new ProjectListQuery { MembershipOnly = connection.Coverage == ConnectionCoverage.Memberships };
        int? total = null;
        var walk = new ParallelWalk(
            plan,
            pace,
            async (step, ct) =>
            {
                var answer = await WalkPages.ReadAsync(client, query, step, p => Row(p, connection, groups), ct);
                // With a choice of groups, GitLab's total says nothing about how many will be kept.
                if (step.Kind == StepKind.First && groups is null) total = answer.Total;
                return answer;
            },
            async (batch, ct) =>
            {
                List<Repository> kept = [.. batch.Pages.SelectMany(p => p.Rows).Select(r => r.Row).OfType<Repository>()];
                if (IsTooMuch(run, kept.Count)) return StoreOutcome.TooMuch;

                var left = groups is null ? batch.Left : null;
                if (!await journal.StoreAsync(run, server, batch, kept, new WalkState(batch.HighestId, batch.RequestsAtOnce, total, left), ct)) return StoreOutcome.Over;

                feed.Publish(SyncProgress.Of(run));
                return StoreOutcome.GoOn;
            },
            time);
        var stop = await walk.RunAsync(cancellationToken);
        run.RequestsAtOnce = pace.Limit;
        if (stop == WalkStop.Over) return SyncOutcome.Over;
        if (stop == WalkStop.TooMuch) return await FailAsync(run, SyncProblem.TooMany(options.Value.MaxRepositories), cancellationToken);
        if (stop is { Failure: { } failure }) throw failure;
        if (stop is { PauseUntil: { } until }) return await FailAsync(run, SyncProblem.BudgetUsed with { RetryAfter = until - time.GetUtcNow() }, cancellationToken);

        if (!await completion.RunAsync(connection, run, server, groups?.Lost ?? [], client, cancellationToken)) return SyncOutcome.Over;
        LogCompleted(connection.Id, run.Seen, run.Pages);
        feed.Publish(SyncProgress.Of(run));
        return SyncOutcome.Over;
    }

    private async Task<SyncOutcome> ReadChangesAsync(Connection connection, SyncRun run, HeldServer server, GitLabClient client, CancellationToken cancellationToken)
    {
        var groups = connection.Coverage == ConnectionCoverage.Groups ? await ReadGroupsAsync(connection, server, client, cancellationToken) : null;
        var query = new ProjectListQuery { MembershipOnly = connection.Coverage == ConnectionCoverage.Memberships };
        var since = await journal.LastReadAsync(connection.Id, cancellationToken) - ChangesWalk.Overlap;
        var isThrough = await ChangesWalk.RunAsync(
            client,
            query,
            connection.Server!.Version,
            since,
            async page =>
            {
                List<Repository> kept = [.. page.Items.Select(p => Row(p, connection, groups)).OfType<Repository>()];
                return !IsTooMuch(run, kept.Count)
                    && await journal.StoreAsync(run, server, WalkBatch.Single, kept, new WalkState(null, 0, null, null), cancellationToken);
            },
            cancellationToken);
        var readsAll = isThrough && await absences.RunAsync(connection, run, server, groups, client, cancellationToken);
        if (!isThrough || !await journal.CompleteChangesAsync(run, server, cancellationToken))
        {
            return IsTooMuch(run, 1) ? await FailAsync(run, SyncProblem.TooMany(options.Value.MaxRepositories), cancellationToken) : SyncOutcome.Over;
        }

        LogChanges(connection.Id, run.Seen, run.Pages);
        feed.Publish(SyncProgress.Of(run));
        if (!readsAll) return SyncOutcome.Over;

        return await journal.OpenAsync(connection.Id, cancellationToken) is var (again, full)
            ? await RunAsync(again, full, server, cancellationToken)
            : SyncOutcome.Over;
    }

    /// <summary>What the catalogue keeps of a project; null when the connection does not bring it into the team.</summary>
    private Repository? Row(GitLabProject project, Connection connection, ChosenGroups? groups) =>
        groups is null || CatalogueMapping.IsBelow(project, groups.Paths) ? CatalogueMapping.New(project, connection.ServerId, time.GetUtcNow()) : null;

    /// <summary>More is coming after as much as is allowed, or after that many pages that brought little.</summary>
    private bool IsTooMuch(SyncRun run, int coming) =>
        (coming > 0 && run.Seen >= options.Value.MaxRepositories) || run.Pages >= 100 + (options.Value.MaxRepositories / 10);

    /// <summary>The paths that the chosen groups have now; of those that GitLab does not show, the last known ones.</summary>
    private async Task<ChosenGroups> ReadGroupsAsync(Connection connection, HeldServer server, GitLabClient client, CancellationToken cancellationToken)
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

            await leases.ProlongAsync(server.ServerId, server.Holder, cancellationToken);
        }

        await journal.UpdateGroupPathsAsync(connection.Id, paths, cancellationToken);
        return new ChosenGroups(paths, lost);
    }

    private async Task<SyncOutcome> FailAsync(SyncRun run, SyncProblem problem, CancellationToken cancellationToken)
    {
        DateTimeOffset? retryAt = problem.IsFinal || (!problem.IsPause && run.Attempts + 1 >= MaxAttempts) ? null : time.GetUtcNow() + Delay(run.Attempts, problem.RetryAfter);
        if (!await journal.NoteFailureAsync(run, problem, retryAt, !problem.IsPause, cancellationToken)) return SyncOutcome.Over;

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

    [LoggerMessage(LogLevel.Information, "Read {Count} repositories of connection {ConnectionId} in {Pages} list requests")]
    private partial void LogCompleted(Guid connectionId, int count, int pages);

    [LoggerMessage(LogLevel.Information, "Read {Count} changed repositories of connection {ConnectionId} in {Pages} list requests")]
    private partial void LogChanges(Guid connectionId, int count, int pages);

    [LoggerMessage(LogLevel.Warning, "Reading connection {ConnectionId} met {Code} (status {Status}) after {Count} repositories")]
    private partial void LogFailure(Guid connectionId, string code, int? status, int count);

    [LoggerMessage(LogLevel.Warning, "Storing pages of connection {ConnectionId} failed")]
    private partial void LogStoreFailure(Guid connectionId, Exception exception);
}
