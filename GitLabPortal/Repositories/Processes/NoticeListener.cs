using GitLabPortal.Connections;
using Microsoft.Data.Sqlite;

namespace GitLabPortal.Repositories;

/// <summary>The portal hears what commands on the same database do: its pages look again, and its worker starts what is due.</summary>
internal sealed partial class NoticeListener(
    NoticeBoard board, ConnectionFeed connections, SyncFeed syncs, SyncQueries queries, TimeProvider time, ILogger<NoticeListener> logger) : BackgroundService
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long? last = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                last ??= await board.LastIdAsync(stoppingToken);
                last = await HearAsync(last.Value, stoppingToken);
            }
            catch (SqliteException e)
            {
                // Busy or out of room: others will say so; here the next look makes up for it.
                LogLookFailed(e);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Rhythm, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<long> HearAsync(long last, CancellationToken cancellationToken)
    {
        foreach (var notice in await board.ReadAfterAsync(last, cancellationToken))
        {
            last = notice.Id;
            if (notice.Change is { } change) connections.Publish(new ConnectionChanged(notice.ConnectionId, notice.TeamId, change));
            else if (await queries.LatestAsync(notice.ConnectionId, cancellationToken) is { } progress) syncs.Publish(progress);
        }

        return last;
    }

    [LoggerMessage(LogLevel.Debug, "Looking for notices of other processes failed")]
    private partial void LogLookFailed(Exception exception);
}
