using System.Collections.Concurrent;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>
/// Decides when which connection is read, and whether all of it or what changed: at once when it is new or somebody asks, otherwise at
/// intervals, and not while GitLab says that it is under maintenance; never two walks of one server at the same time, and few servers at
/// once. What is due is looked up in the database each time, so that a restart changes
/// nothing.
/// </summary>
internal sealed partial class CatalogueSync(
    IDbContextFactory<PortalDb> contexts, SyncConnection walk, ConnectionFeed connections, IOptions<SyncOptions> options, TimeProvider time,
    ILogger<CatalogueSync> logger) : BackgroundService
{
    private const int MaxServersAtOnce = 2;

    /// <summary>A catalogue this small is read whole each time: then also deletions are known at once.</summary>
    private const int FewPages = 10;
    private static readonly TimeSpan LongestNap = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterSurprise = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<Message> messages = new();
    private readonly Nap nap = new(time);
    private readonly Dictionary<Guid, Walk> walks = [];

    /// <summary>Connections that are new, or that somebody wants to have read now.</summary>
    private readonly HashSet<Guid> asked = [];

    /// <summary>Not before this time: GitLab asks for it, the server is taken, or something went wrong that nobody foresaw.</summary>
    private readonly Dictionary<Guid, DateTimeOffset> held = [];

    /// <summary>What wakes the worker: a connection changed, or the walk of one has ended.</summary>
    private sealed record Message(Guid ConnectionId, ConnectionChange? Change);

    private sealed record Walk(Guid ServerId, SyncKind Kind, Task Task, CancellationTokenSource Cancellation);

    private sealed record Due(Guid ConnectionId, Guid ServerId, DateTimeOffset At, SyncKind Kind);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = connections.Subscribe(c => Tell(new Message(c.ConnectionId, c.Change)));
        try
        {
            while (true)
            {
                while (messages.TryDequeue(out var message)) Handle(message);
                await nap.TakeAsync(await StartDueAsync(stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(walks.Values.Select(w => w.Task));
        }
    }

    private void Tell(Message message)
    {
        messages.Enqueue(message);
        nap.Knock();
    }

    private void Handle(Message message)
    {
        var isWalking = walks.TryGetValue(message.ConnectionId, out var walked);
        switch (message.Change)
        {
            case null when isWalking:
                walks.Remove(message.ConnectionId);
                walked!.Cancellation.Dispose();
                break;
            case ConnectionChange.Removed when isWalking:
                walked!.Cancellation.Cancel();
                break;
            // Asking again while everything is being read changes nothing.
            case ConnectionChange.Ready or ConnectionChange.SyncRequested when !isWalking || walked!.Kind == SyncKind.Changes:
                asked.Add(message.ConnectionId);
                break;
        }
    }

    /// <summary>Starts what is due and may start; says when to look again if nobody knocks before.</summary>
    private async Task<TimeSpan> StartDueAsync(CancellationToken stopping)
    {
        List<Due> due;
        try
        {
            due = await LookAsync(stopping);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogLookFailed(e);
            return AfterSurprise;
        }

        var now = time.GetUtcNow();
        foreach (var next in due.Where(d => d.At <= now && !walks.ContainsKey(d.ConnectionId)))
        {
            if (walks.Count == MaxServersAtOnce) break;
            if (walks.Values.Any(w => w.ServerId == next.ServerId)) continue;

            asked.Remove(next.ConnectionId);
            var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            walks.Add(next.ConnectionId, new Walk(next.ServerId, next.Kind, Task.Run(() => WalkAsync(next.ConnectionId, next.Kind, cancellation.Token), CancellationToken.None), cancellation));
        }

        // A walk that ends knocks, so that what is due but had to wait starts then.
        var wait = due.Where(d => d.At > now).Select(d => d.At - now).Append(LongestNap).Min();
        return wait < LongestNap ? wait : LongestNap;
    }

    private async Task WalkAsync(Guid connectionId, SyncKind kind, CancellationToken cancellationToken)
    {
        try
        {
            // Known to the run itself, except when another process has the server.
            if ((await walk.RunAsync(connectionId, cancellationToken, kind)).RetryAt is { } retryAt) Hold(connectionId, retryAt);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shutting down, or the connection was removed. The cursor is stored.
        }
        catch (Exception e)
        {
            // A bug. The portal goes on; this connection waits a little, so that it does not spin.
            LogWalkFailed(connectionId, e);
            Hold(connectionId, time.GetUtcNow() + AfterSurprise);
        }
        finally
        {
            Tell(new Message(connectionId, Change: null));
        }
    }

    private async Task<List<Due>> LookAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = db.Set<SyncRun>();
        var rows = await db.Set<Connection>().AsNoTracking()
            .Select(c => new Standing(
                c.Id,
                c.ServerId,
                runs.Any(r => r.ConnectionId == c.Id && r.State == SyncState.Running),
                runs.Where(r => r.ConnectionId == c.Id && r.State == SyncState.Running).Select(r => r.RetryAt).FirstOrDefault(),
                runs.Any(r => r.ConnectionId == c.Id && r.State == SyncState.Running && r.ProblemCode == SyncProblem.Maintenance),
                runs.Where(r => r.ConnectionId == c.Id).Max(r => r.FinishedAt),
                runs.Where(r => r.ConnectionId == c.Id && r.State == SyncState.Completed && r.Kind == SyncKind.Full).Max(r => (DateTimeOffset?)r.StartedAt),
                runs.Where(r => r.ConnectionId == c.Id && r.State == SyncState.Completed && r.Kind == SyncKind.Full)
                    .OrderByDescending(r => r.StartedAt).Select(r => r.Pages).FirstOrDefault(),
                runs.Where(r => r.ConnectionId == c.Id && r.State != SyncState.Running).OrderByDescending(r => r.StartedAt)
                    .Select(r => r.Kind == SyncKind.Full && r.State == SyncState.Failed).FirstOrDefault(),
                db.Set<SyncInterval>().Where(i => i.ConnectionId == c.Id).Select(i => (TimeSpan?)i.Every).FirstOrDefault()))
            .ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        // What GitLab says to one connection holds for all of its server.
        var closed = rows.Where(r => r.IsMaintenance && r.RetryAt > now).GroupBy(r => r.ServerId).ToDictionary(g => g.Key, g => g.Max(r => r.RetryAt!.Value));
        return rows
            .Select(r => new Due(r.Id, r.ServerId, NotBefore(r.Id, Later(closed.GetValueOrDefault(r.ServerId), At(r, now))), KindOf(r, now)))
            .OrderBy(d => d.At)
            .ToList();
    }

    /// <summary>How a connection stands in the database.</summary>
    private sealed record Standing(
        Guid Id, Guid ServerId, bool IsRunning, DateTimeOffset? RetryAt, bool IsMaintenance, DateTimeOffset? FinishedAt, DateTimeOffset? FullAt, int FullPages,
        bool IsFullCutOff, TimeSpan? Every);

    private DateTimeOffset At(Standing standing, DateTimeOffset now) => standing switch
    {
        { IsRunning: true } => standing.RetryAt ?? now,
        { FinishedAt: { } finished } when !asked.Contains(standing.Id) => finished + Spread(standing.Every ?? options.Value.Interval, standing.Id),
        _ => now,
    };

    /// <summary>Everything, when a person wants it, when it is time, when the last time did not come to an end, or when it is no more work.</summary>
    private SyncKind KindOf(Standing standing, DateTimeOffset now) =>
        standing.FullAt is not { } full || asked.Contains(standing.Id) || standing.IsFullCutOff || standing.FullPages <= FewPages
        || now - full >= Spread(options.Value.FullInterval, standing.Id)
            ? SyncKind.Full
            : SyncKind.Changes;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private void Hold(Guid connectionId, DateTimeOffset until)
    {
        lock (held) held[connectionId] = until;
    }

    private DateTimeOffset NotBefore(Guid connectionId, DateTimeOffset at)
    {
        lock (held) return held.TryGetValue(connectionId, out var until) && until > at ? until : at;
    }

    /// <summary>Up to a tenth more or less, always the same for one connection: those that were made together do not stay together.</summary>
    private static TimeSpan Spread(TimeSpan interval, Guid connectionId) => interval * (0.9 + (connectionId.ToByteArray()[15] / 255.0 * 0.2));

    [LoggerMessage(LogLevel.Error, "Looking for connections to read failed")]
    private partial void LogLookFailed(Exception exception);

    [LoggerMessage(LogLevel.Error, "Reading connection {ConnectionId} failed unexpectedly")]
    private partial void LogWalkFailed(Guid connectionId, Exception exception);
}

/// <summary>Section <c>Sync</c>.</summary>
public sealed class SyncOptions
{
    public const string Section = "Sync";

    /// <summary>How long after it was read a connection is asked for changes, unless its team chose otherwise.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often each person is asked what they may open on GitLab, where a team lets that decide what they see.</summary>
    public TimeSpan MemberInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often everything is read, which alone tells all that is gone.</summary>
    public TimeSpan FullInterval { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often GitLab's totals are compared with what is known, which tells what is gone between two complete readings.</summary>
    public TimeSpan CountInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The most that one connection may bring: a server that never comes to an end must not fill the disk.</summary>
    public int MaxRepositories { get; init; } = 250_000;

    /// <summary>The most requests to one server at once; how many it really gets depends on how it bears them.</summary>
    public int MaxRequestsAtOnce { get; init; } = 6;

    /// <summary>The share of a connection's repositories that may disappear at once before an admin is asked.</summary>
    public double MaxMissingShare { get; init; } = 0.2;

    public IEnumerable<string> Problems()
    {
        if (MaxRepositories is < 100 or > 10_000_000) yield return $"Sync:MaxRepositories is {MaxRepositories}. Give a number from 100 to 10000000.";
        if (MaxRequestsAtOnce is < 1 or > 64) yield return $"Sync:MaxRequestsAtOnce is {MaxRequestsAtOnce}. Give a number from 1 to 64.";
        if (MaxMissingShare is not (>= 0 and <= 1)) yield return $"Sync:MaxMissingShare is {MaxMissingShare}. Give a share from 0 to 1, e.g. 0.2 for a fifth.";
        if (Interval < TimeSpan.FromMinutes(1) || Interval > TimeSpan.FromDays(7))
            yield return $"Sync:Interval is {Interval}. Give a time between 00:01:00 and 7.00:00:00.";
        if (MemberInterval < TimeSpan.FromMinutes(1) || MemberInterval > TimeSpan.FromDays(7))
            yield return $"Sync:MemberInterval is {MemberInterval}. Give a time between 00:01:00 and 7.00:00:00.";
        if (FullInterval < TimeSpan.FromMinutes(1) || FullInterval > TimeSpan.FromDays(30))
            yield return $"Sync:FullInterval is {FullInterval}. Give a time between 00:01:00 and 30.00:00:00.";
        if (CountInterval < TimeSpan.FromMinutes(1) || CountInterval > TimeSpan.FromDays(30))
            yield return $"Sync:CountInterval is {CountInterval}. Give a time between 00:01:00 and 30.00:00:00.";
    }
}
