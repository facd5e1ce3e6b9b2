using System.Threading.Channels;
using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

/// <summary>What goes into one transaction: the rows of several pages, and how far the parts of the ids are by them.</summary>
/// <param name="Left">About how many rows are left, if that can be told.</param>
internal sealed record WalkBatch(
    IReadOnlyList<WalkedPage> Pages, IReadOnlyList<WalkRange> Changed, IReadOnlyList<long> Finished, int Requests, int RequestsAtOnce, long? HighestId, int? Left)
{
    /// <summary>One page outside of any plan.</summary>
    public static readonly WalkBatch Single = new([], [], [], Requests: 1, RequestsAtOnce: 0, HighestId: null, Left: null);
}

/// <summary>Whether the walk goes on after a batch.</summary>
internal enum StoreOutcome { GoOn, Over, TooMuch }

/// <summary>Why a walk stopped before its end.</summary>
/// <param name="Failure">What GitLab answered; null when it merely is used up.</param>
/// <param name="PauseUntil">When GitLab's own limit starts anew.</param>
internal sealed class WalkStop(GitLabException? failure, DateTimeOffset? pauseUntil = null)
{
    public GitLabException? Failure => failure;

    public DateTimeOffset? PauseUntil => pauseUntil;

    /// <summary>The run or its connection is gone, or another process walks the server now.</summary>
    public static readonly WalkStop Over = new((GitLabException?)null);

    /// <summary>More than the settings allow.</summary>
    public static readonly WalkStop TooMuch = new((GitLabException?)null);
}

/// <summary>
/// Walks the plan: up to <see cref="RequestPace.Limit"/> requests are on their way while one writer stores what came. One loop decides
/// everything, so that nothing needs a lock; memory holds at most one page for each part of the plan.
/// </summary>
internal sealed class ParallelWalk(
    WalkPlan plan, RequestPace pace, Func<WalkStep, CancellationToken, Task<WalkAnswer>> read, Func<WalkBatch, CancellationToken, Task<StoreOutcome>> store, TimeProvider time)
{
    private readonly Channel<Event> events = Channel.CreateUnbounded<Event>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<WalkedPage> arrived = [];
    private readonly List<Task> running = [];
    private int requests;
    private int onTheirWay;
    private bool isStoring;
    private WalkStop? end;
    private WalkStop? stop;

    private abstract record Event;

    private sealed record Answered(WalkStep Step, WalkAnswer Answer, TimeSpan After) : Event;

    private sealed record Failed(WalkStep Step, GitLabException Why) : Event;

    private sealed record Stored(WalkBatch Batch, StoreOutcome Outcome) : Event;

    /// <summary>Something nobody foresaw, or the cancellation.</summary>
    private sealed record Broken(Exception Why) : Event;

    /// <returns>Null when everything is read; otherwise why not. What had come by then is stored.</returns>
    public async Task<WalkStop?> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            while (true)
            {
                while (stop is null && end is null && onTheirWay < pace.Limit && plan.Next(pace.Limit) is { } step) Ask(step, ending.Token);
                if (end is not null) return end;
                // Each transaction touches nearly every page of the sorted indexes: half of what is on its way shares one.
                if (!isStoring && arrived.Count > 0 && (arrived.Count >= pace.Limit / 2 || onTheirWay == 0)) Store(ending.Token);
                if (onTheirWay == 0 && !isStoring) return plan.IsDone ? null : stop ?? throw new InvalidOperationException("The walk has nothing to ask for.");

                Handle(await events.Reader.ReadAsync(ending.Token));
                while (events.Reader.TryRead(out var next)) Handle(next);
            }
        }
        finally
        {
            // Nothing goes on behind the caller's back: the database may be about to close.
            await ending.CancelAsync();
            await Task.WhenAll(running);
        }
    }

    private void Handle(Event happened)
    {
        running.RemoveAll(t => t.IsCompleted);
        switch (happened)
        {
            case Answered e:
                onTheirWay--;
                requests += e.Answer.Requests;
                pace.Answered(e.After);
                arrived.Add(e.Step.Kind == StepKind.Last ? plan.ArrivedLast(e.Step, e.Answer.Rows) : plan.Arrived(e.Step, e.Answer.Rows));
                // Before GitLab has to refuse: a refusal counts against the limit, too.
                if (e.Answer.RateLimit is { } budget && budget.Remaining < onTheirWay + RequestPace.Reserve && budget.ResetsAt > time.GetUtcNow())
                    stop ??= new WalkStop(null, budget.ResetsAt);
                break;
            case Failed e:
                onTheirWay--;
                plan.Failed(e.Step);
                pace.Refused();
                stop = Weightier(stop, e.Why);
                break;
            case Stored e:
                isStoring = false;
                end = e.Outcome switch { StoreOutcome.Over => WalkStop.Over, StoreOutcome.TooMuch => WalkStop.TooMuch, _ => null };
                foreach (var page in e.Batch.Pages) WalkPlan.Stored(page);
                break;
            case Broken e:
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.Why);
                break;
        }
    }

    private void Ask(WalkStep step, CancellationToken cancellationToken)
    {
        onTheirWay++;
        running.Add(Task.Run(
            async () =>
            {
                var begun = time.GetTimestamp();
                try
                {
                    var answer = await read(step, cancellationToken);
                    events.Writer.TryWrite(new Answered(step, answer, time.GetElapsedTime(begun)));
                }
                catch (GitLabException e)
                {
                    events.Writer.TryWrite(new Failed(step, e));
                }
                catch (Exception e)
                {
                    events.Writer.TryWrite(new Broken(e));
                }
            },
            CancellationToken.None));
    }

    /// <summary>All that has come goes into one transaction; what comes meanwhile into the next.</summary>
    private void Store(CancellationToken cancellationToken)
    {
        isStoring = true;
        var changed = plan.Ranges.Where(r => r.IsChanged).Select(Snapshot).ToList();
        foreach (var range in plan.Ranges) range.IsChanged = false;
        var batch = new WalkBatch([.. arrived], changed, plan.TakeFinished(), requests, pace.Limit, plan.HighestId, plan.EstimateLeft());
        arrived.Clear();
        requests = 0;
        running.Add(Task.Run(
            async () =>
            {
                try
                {
                    events.Writer.TryWrite(new Stored(batch, await store(batch, cancellationToken)));
                }
                catch (Exception e)
                {
                    events.Writer.TryWrite(new Broken(e));
                }
            },
            CancellationToken.None));
    }

    // The writer works while the plan moves on.
    private static WalkRange Snapshot(WalkRange range) => new(range.From, range.Cursor, range.To);

    /// <summary>Several requests may fail at once: what only a person can mend counts most, then the longest wait.</summary>
    private static WalkStop Weightier(WalkStop? known, GitLabException another) =>
        known?.Failure is not { } failure || (!SyncProblem.IsFinalFor(failure) && (SyncProblem.IsFinalFor(another) || another.RetryAfter > (failure.RetryAfter ?? TimeSpan.Zero)))
            ? new WalkStop(another)
            : known;
}

/// <param name="Row">
/// What the catalogue keeps of it; null if it keeps nothing. Made where the page was read, because the one writer is what a walk waits for.
/// </param>
internal readonly record struct WalkedProject(long Id, bool ReadsCode, Repository? Row);

/// <param name="Requests">How many it took.</param>
internal sealed record WalkAnswer(IReadOnlyList<WalkedProject> Rows, int? Total, GitLabRateLimit? RateLimit, int Requests = 1);
