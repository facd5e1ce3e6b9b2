using System.Threading.Channels;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>
/// Decides when which connection is read: at once when it is new or somebody asks, otherwise at intervals; never two walks of one
/// server at the same time, and few servers at once. What is due is looked up in the database each time, so that a restart changes
/// nothing.
/// </summary>
internal sealed partial class CatalogueSync(
    IDbContextFactory<PortalDb> contexts, SyncConnection walk, ConnectionFeed connections, IOptions<SyncOptions> options, TimeProvider time,
    ILogger<CatalogueSync> logger) : BackgroundService
{
    private const int MaxServersAtOnce = 2;
    private static readonly TimeSpan LongestNap = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterSurprise = TimeSpan.FromMinutes(1);

    private readonly Channel<Message> messages = Channel.CreateUnbounded<Message>();
    private readonly Dictionary<Guid, Walk> walks = [];

    /// <summary>Connections that are new, or that somebody wants to have read now.</summary>
    private readonly HashSet<Guid> asked = [];

    /// <summary>Not before this time: GitLab asks for it, the server is taken, or something went wrong that nobody foresaw.</summary>
    private readonly Dictionary<Guid, DateTimeOffset> held = [];

    /// <summary>What wakes the worker: a connection changed, or the walk of one has ended.</summary>
    private sealed record Message(Guid ConnectionId, ConnectionChange? Change);

    private sealed record Walk(Guid ServerId, Task Task, CancellationTokenSource Cancellation);

    private sealed record Due(Guid ConnectionId, Guid ServerId, DateTimeOffset At);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = connections.Subscribe(c => messages.Writer.TryWrite(new Message(c.ConnectionId, c.Change)));
        try
        {
            while (true)
            {
                while (messages.Reader.TryRead(out var message)) Handle(message);
                await NapAsync(await StartDueAsync(stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(walks.Values.Select(w => w.Task));
        }
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
            // Asking again while a walk is on its way changes nothing.
            case ConnectionChange.Ready or ConnectionChange.SyncRequested when !isWalking:
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
            walks.Add(next.ConnectionId, new Walk(next.ServerId, Task.Run(() => WalkAsync(next.ConnectionId, cancellation.Token), CancellationToken.None), cancellation));
        }

        // A walk that ends knocks, so that what is due but had to wait starts then.
        var wait = due.Where(d => d.At > now).Select(d => d.At - now).Append(LongestNap).Min();
        return wait < LongestNap ? wait : LongestNap;
    }

    private async Task WalkAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        try
        {
            // Known to the run itself, except when another process has the server.
            if ((await walk.RunAsync(connectionId, cancellationToken)).RetryAt is { } retryAt) Hold(connectionId, retryAt);
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
            messages.Writer.TryWrite(new Message(connectionId, Change: null));
        }
    }

    private async Task NapAsync(TimeSpan length, CancellationToken stopping)
    {
        using var waking = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var knock = messages.Reader.WaitToReadAsync(waking.Token).AsTask();
        await Task.WhenAny(knock, Task.Delay(length, time, waking.Token));
        await waking.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    private async Task<List<Due>> LookAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Set<Connection>().AsNoTracking()
            .Select(c => new
            {
                c.Id,
                c.ServerId,
                Running = db.Set<SyncRun>().Where(r => r.ConnectionId == c.Id && r.State == SyncState.Running).Select(r => new { r.RetryAt }).FirstOrDefault(),
                FinishedAt = db.Set<SyncRun>().Where(r => r.ConnectionId == c.Id).Max(r => r.FinishedAt),
            })
            .ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        return rows
            .Select(r => new Due(r.Id, r.ServerId, NotBefore(r.Id, r switch
            {
                { Running: { } running } => running.RetryAt ?? now,
                { FinishedAt: { } finished } when !asked.Contains(r.Id) => finished + Interval(r.Id),
                _ => now,
            })))
            .OrderBy(d => d.At)
            .ToList();
    }

    private void Hold(Guid connectionId, DateTimeOffset until)
    {
        lock (held) held[connectionId] = until;
    }

    private DateTimeOffset NotBefore(Guid connectionId, DateTimeOffset at)
    {
        lock (held) return held.TryGetValue(connectionId, out var until) && until > at ? until : at;
    }

    /// <summary>Up to a tenth more or less, always the same for one connection: those that were made together do not stay together.</summary>
    private TimeSpan Interval(Guid connectionId) => options.Value.Interval * (0.9 + (connectionId.ToByteArray()[15] / 255.0 * 0.2));

    [LoggerMessage(LogLevel.Error, "Looking for connections to read failed")]
    private partial void LogLookFailed(Exception exception);

    [LoggerMessage(LogLevel.Error, "Reading connection {ConnectionId} failed unexpectedly")]
    private partial void LogWalkFailed(Guid connectionId, Exception exception);
}

/// <summary>Section <c>Sync</c>.</summary>
public sealed class SyncOptions
{
    public const string Section = "Sync";

    /// <summary>How long after a finished walk a connection is read again.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

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
    }
}
