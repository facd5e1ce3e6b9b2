using System.Collections.Concurrent;
using System.Threading.Channels;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>A delivery came in, or the state of a hook changed; pages and the worker look again.</summary>
public sealed record HookChanged(Guid HookId, Guid ConnectionId);

public sealed class HookFeed : Feed<HookChanged>;

/// <summary>
/// Takes deliveries from their requests and stores many of them in one short transaction, so that GitLab has its answer at once, also
/// while a walk writes. When more comes than can be kept, one walk takes the place of what was left out.
/// </summary>
internal sealed partial class HookInbox(IDbContextFactory<PortalDb> contexts, HookFeed feed, TimeProvider time, ILogger<HookInbox> logger) : BackgroundService
{
    private const int Capacity = 5_000;
    private const int MaxBatch = 500;

    /// <summary>GitLab waits ten seconds and then calls it a failure.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(2);

    private readonly Channel<Letter> letters = Channel.CreateBounded<Letter>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly ConcurrentDictionary<Guid, bool> overflowed = new();

    private sealed record Letter(Guid HookId, string DeliveryId, HookMessage Message, DateTimeOffset At)
    {
        public TaskCompletionSource Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Ends when the delivery is stored, or after a while when the database is busy: it is stored nevertheless, unless the portal ends first.</summary>
    public async Task TakeAsync(Guid hookId, string deliveryId, HookMessage message, CancellationToken cancellationToken)
    {
        var letter = new Letter(hookId, deliveryId, message, time.GetUtcNow());
        if (!letters.Writer.TryWrite(letter))
        {
            overflowed[hookId] = true;
            return;
        }

        await Task.WhenAny(letter.Stored.Task, Task.Delay(LongestWait, cancellationToken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Letter>(MaxBatch);
        try
        {
            while (await letters.Reader.WaitToReadAsync(stoppingToken))
            {
                while (batch.Count < MaxBatch && letters.Reader.TryRead(out var letter)) batch.Add(letter);
                await StoreAsync(batch, stoppingToken);
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is not stored yet was not confirmed for long; a walk finds the same.
        }
    }

    private async Task StoreAsync(List<Letter> batch, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                foreach (var changed in await StoreOnceAsync(batch, stopping)) feed.Publish(changed);
                foreach (var letter in batch) letter.Stored.TrySetResult();
                return;
            }
            catch (Exception e) when (e is SqliteException or DbUpdateException)
            {
                LogBusy(batch.Count, e);
                await Task.Delay(AfterTrouble, stopping);
            }
        }
    }

    private async Task<List<HookChanged>> StoreOnceAsync(List<Letter> batch, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var changed = new List<HookChanged>();
        var lost = new List<Guid>();
        foreach (var group in batch.GroupBy(l => l.HookId))
        {
            var hook = await db.Set<SystemHook>()
                .Where(h => h.Id == group.Key)
                .Select(h => new { h.ConnectionId, h.Connection!.ServerId })
                .SingleOrDefaultAsync(cancellationToken);
            // Turned off since the request came.
            if (hook is null) continue;

            var last = group.Max(l => l.At);
            var count = group.Count();
            await db.Set<SystemHook>().Where(h => h.Id == group.Key).ExecuteUpdateAsync(
                h => h.SetProperty(x => x.Received, x => x.Received + count).SetProperty(x => x.LastEventAt, last), cancellationToken);
            foreach (var letter in group.Where(l => l.Message.News is not null))
                await InsertAsync(db, hook.ServerId, group.Key, letter.DeliveryId, letter.Message, letter.At, cancellationToken);
            if (overflowed.ContainsKey(group.Key))
            {
                lost.Add(group.Key);
                await InsertAsync(db, hook.ServerId, group.Key, $"overflow-{Guid.NewGuid():N}", new HookMessage(HookNews.Everything, null, null), last, cancellationToken);
            }

            changed.Add(new HookChanged(group.Key, hook.ConnectionId));
        }

        await transaction.CommitAsync(cancellationToken);
        foreach (var hookId in lost) overflowed.TryRemove(hookId, out _);
        return changed;
    }

    private static Task InsertAsync(
        PortalDb db, Guid serverId, Guid hookId, string deliveryId, HookMessage message, DateTimeOffset at, CancellationToken cancellationToken) =>
        // The second of two equal deliveries meets the unique index and is passed over.
        db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO HookDeliveries (HookId, ServerId, DeliveryId, News, ProjectId, UserId, ReceivedAt, NotBefore, Attempts, IsRepeated)
            VALUES ({hookId}, {serverId}, {deliveryId}, {message.News!.Value.ToString()}, {message.ProjectId}, {message.UserId}, {at.UtcDateTime}, {at.UtcDateTime}, 0, 0)
            ON CONFLICT (HookId, DeliveryId) DO NOTHING
            """,
            cancellationToken);

    [LoggerMessage(LogLevel.Warning, "Storing {Count} deliveries of system hooks failed; it is tried again")]
    private partial void LogBusy(int count, Exception exception);
}
