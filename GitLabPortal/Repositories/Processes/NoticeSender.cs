using System.Threading.Channels;
using GitLabPortal.Connections;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>While it lives, what the feeds of this process say is written for the other processes; disposing it waits for the rest.</summary>
internal sealed class NoticeSender : IAsyncDisposable
{
    /// <summary>Pages look at a reading once a second.</summary>
    private static readonly TimeSpan ProgressRhythm = TimeSpan.FromSeconds(1);

    private readonly Channel<(Guid ConnectionId, Guid TeamId, ConnectionChange? Change)> waiting = Channel.CreateUnbounded<(Guid, Guid, ConnectionChange?)>();
    private readonly IDisposable[] subscriptions;
    private readonly Task writing;
    private DateTimeOffset toldAt;

    public NoticeSender(NoticeBoard board, ConnectionFeed connections, SyncFeed syncs, TimeProvider time)
    {
        subscriptions =
        [
            connections.Subscribe(c => waiting.Writer.TryWrite((c.ConnectionId, c.TeamId, c.Change))),
            syncs.Subscribe(p =>
            {
                var now = time.GetUtcNow();
                if (p.State == SyncState.Running && now - toldAt < ProgressRhythm) return;
                toldAt = now;
                waiting.Writer.TryWrite((p.ConnectionId, Guid.Empty, null));
            }),
        ];
        writing = Task.Run(() => WriteAsync(board));
    }

    private async Task WriteAsync(NoticeBoard board)
    {
        await foreach (var (connectionId, teamId, change) in waiting.Reader.ReadAllAsync())
        {
            try
            {
                await board.WriteAsync(connectionId, teamId, change, CancellationToken.None);
            }
            catch (Exception e) when (e is SqliteException or DbUpdateException)
            {
                // A hint that is lost: what it was about is in the database.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in subscriptions) subscription.Dispose();
        waiting.Writer.Complete();
        await writing;
    }
}
