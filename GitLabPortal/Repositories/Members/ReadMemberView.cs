using System.Collections.Concurrent;
using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>A person's view was read, or could not be; pages of that person look again.</summary>
public sealed record MemberViewChanged(Guid AccountId, Guid ServerId);

public sealed class MemberViewFeed : Kernel.Feed<MemberViewChanged>;

/// <summary>
/// Reads once what a person may open on GitLab as a member: the person's own list with the person's own token, 100 a request, never a
/// call per repository. Paced and leased as the walk of a connection is. Only a list that came to its end counts.
/// </summary>
internal sealed partial class ReadMemberView(
    MemberViewJournal journal, ServerLeases leases, CheckIdentity check, IdentityTokens tokens, GitLabClients gitLab, MemberViewFeed feed,
    IOptions<SyncOptions> options, TimeProvider time, ILogger<ReadMemberView> logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgainAtLease = TimeSpan.FromSeconds(15);

    /// <param name="dueAt">A reading that began after this, perhaps in another process, is good enough.</param>
    public async Task<SyncOutcome> RunAsync(Guid identityId, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        if (await journal.OpenAsync(identityId, cancellationToken) is not var (known, _)) return SyncOutcome.Over;
        var (holder, busyUntil) = await leases.TakeAsync(known.ServerId, cancellationToken);
        if (holder is null)
        {
            var soon = time.GetUtcNow() + LookAgainAtLease;
            return new SyncOutcome(busyUntil < soon ? busyUntil : soon);
        }

        try
        {
            if (await journal.OpenAsync(identityId, cancellationToken) is not var (identity, view) || view.StartedAt > dueAt) return SyncOutcome.Over;
            var outcome = await ReadAsync(identity, new HeldServer(known.ServerId, holder), cancellationToken);
            feed.Publish(new MemberViewChanged(identity.AccountId, identity.ServerId));
            return outcome;
        }
        finally
        {
            await leases.ReleaseAsync(known.ServerId, holder, CancellationToken.None);
        }
    }

    private async Task<SyncOutcome> ReadAsync(GitLabIdentity identity, HeldServer server, CancellationToken cancellationToken)
    {
        var begun = new MemberView { IdentityId = identity.Id, StartedAt = time.GetUtcNow(), NewestRepositoryId = await journal.NewestRepositoryAsync(cancellationToken) };
        // Whose token it is, and whether GitLab still welcomes that person: whoever it does not is signed out by this.
        var state = await check.RunAsync(identity.Id, cancellationToken);
        if (!state.IsSuccess) return await FailAsync(identity.Id, Of(state.Problem), cancellationToken);
        if (state.Value != IdentityState.Active) return SyncOutcome.Over;

        try
        {
            var (listed, stop, refusal) = await WalkAsync(identity, server, cancellationToken);
            if (refusal is not null) return await FailAsync(identity.Id, Of(refusal), cancellationToken);
            if (stop == WalkStop.Over) return Again();
            if (stop == WalkStop.TooMuch) return await FailAsync(identity.Id, SyncProblem.TooMany(options.Value.MaxRepositories), cancellationToken);
            if (stop is { Failure: { } failure }) throw failure;
            if (stop is { PauseUntil: { } until }) return await FailAsync(identity.Id, SyncProblem.BudgetUsed with { RetryAfter = until - time.GetUtcNow() }, cancellationToken);
            var view = await journal.CompleteAsync(identity, begun, listed, server, cancellationToken);
            if (view is not null) LogCompleted(identity.Id, listed.Count);
            return view is null ? Again() : new SyncOutcome(view.RetryAt);
        }
        catch (GitLabException e)
        {
            LogFailure(identity.Id, e.Code, e.Status);
            return await FailAsync(identity.Id, SyncProblem.Of(e), cancellationToken);
        }
        catch (Exception e) when (e is DbUpdateException or SqliteException)
        {
            LogStoreFailure(identity.Id, e);
            return await FailAsync(identity.Id, SyncProblem.DatabaseBusy, cancellationToken);
        }
    }

    private async Task<(IReadOnlyDictionary<long, bool> Listed, WalkStop? Stop, Problem? Refusal)> WalkAsync(GitLabIdentity identity, HeldServer server, CancellationToken cancellationToken)
    {
        var listed = new ConcurrentDictionary<long, bool>();
        Problem? refusal = null;
        var ceiling = options.Value.MaxRequestsAtOnce;
        var walk = new ParallelWalk(
            new WalkPlan([], highestId: null, hasBegun: false, ceiling > 1),
            new RequestPace(ceiling, remembered: 0),
            (step, ct) => AskAsync(identity.Id, step, problem => refusal = problem, ct),
            async (batch, ct) =>
            {
                foreach (var project in batch.Pages.SelectMany(p => p.Rows)) listed[project.Id] = project.ReadsCode;
                if (listed.Count > options.Value.MaxRepositories) return StoreOutcome.TooMuch;
                return await leases.ProlongAsync(server.ServerId, server.Holder, ct) ? StoreOutcome.GoOn : StoreOutcome.Over;
            },
            time);
        var stop = await walk.RunAsync(cancellationToken);
        return (listed, stop, refusal);
    }

    /// <summary>A token may end on the way: then one other is asked for.</summary>
    private async Task<WalkAnswer> AskAsync(Guid identityId, WalkStep step, Action<Problem> refuse, CancellationToken cancellationToken)
    {
        var token = await tokens.GetAsync(identityId, cancellationToken);
        for (var isRetry = false; ; isRetry = true)
        {
            if (!token.IsSuccess)
            {
                refuse(token.Problem);
                throw new GitLabUnauthorizedException(UnauthorizedReason.Unknown);
            }

            try
            {
                var client = gitLab.ForPerson(token.Value.BaseUrl, token.Value.AccessToken, token.Value.Path, maxRetries: 0);
                return await WalkPages.ReadAsync(client, new ProjectListQuery { MembershipOnly = true }, step, _ => null, cancellationToken);
            }
            catch (GitLabUnauthorizedException) when (!isRetry)
            {
                token = await tokens.ReplaceAsync(identityId, token.Value.Version, cancellationToken);
            }
        }
    }

    private async Task<SyncOutcome> FailAsync(Guid identityId, SyncProblem problem, CancellationToken cancellationToken)
    {
        if (await journal.OpenAsync(identityId, cancellationToken) is not var (_, view)) return SyncOutcome.Over;
        var interval = options.Value.MemberInterval;
        var delay = problem.IsFinal ? interval : problem.RetryAfter ?? (FirstDelay * Math.Pow(2, Math.Min(view.Attempts, 10)));
        var retryAt = time.GetUtcNow() + ((delay < interval ? delay : interval) * (0.9 + (0.2 * Random.Shared.NextDouble())));
        return await journal.FailAsync(identityId, problem, retryAt, cancellationToken) is null ? SyncOutcome.Over : new SyncOutcome(retryAt);
    }

    /// <summary>The lease or the account went away: whether there is anything to do is seen then.</summary>
    private SyncOutcome Again() => new(time.GetUtcNow() + LookAgainAtLease);

    private static SyncProblem Of(Problem problem) =>
        new(problem.Code, problem.Message, ConnectionStatus.Unreachable, IsFinal: problem is not Problem.Upstream, (problem as Problem.Upstream)?.RetryAfter);

    [LoggerMessage(LogLevel.Information, "Read what identity {IdentityId} may open: {Count} projects")]
    private partial void LogCompleted(Guid identityId, int count);

    [LoggerMessage(LogLevel.Warning, "Reading what identity {IdentityId} may open met {Code} (status {Status})")]
    private partial void LogFailure(Guid identityId, string code, int? status);

    [LoggerMessage(LogLevel.Warning, "Storing what identity {IdentityId} may open failed")]
    private partial void LogStoreFailure(Guid identityId, Exception exception);
}
