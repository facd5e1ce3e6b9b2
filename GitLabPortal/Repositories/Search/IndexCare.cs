using System.Threading.Channels;
using GitLabPortal.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// Each batch of a walk leaves a piece of its own in the search index, and every search looks into each piece. After a walk they are
/// put together, a little at a time, so that no writer waits for long.
/// </summary>
internal sealed partial class IndexCare(IDbContextFactory<PortalDb> contexts, SyncFeed syncs, TimeProvider time, ILogger<IndexCare> logger) : BackgroundService
{
    private const int PagesAtOnce = 400;

    /// <summary>Fewer are not worth writing everything anew.</summary>
    private const int ManyPieces = 6;

    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(20);

    private readonly Channel<bool> completed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = syncs.Subscribe(p =>
        {
            if (p.State == SyncState.Completed) completed.Writer.TryWrite(true);
        });
        // What a portal that ended left undone.
        completed.Writer.TryWrite(true);
        await foreach (var _ in completed.Reader.ReadAllAsync(stoppingToken))
        {
            await TryRunAsync(stoppingToken);
        }
    }

    /// <summary>On another thread; another writer may be in its way for too long, which does no harm.</summary>
    public async Task TryRunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => RunAsync(cancellationToken), cancellationToken);
        }
        catch (SqliteException e)
        {
            LogFailed(e);
        }
    }

    /// <summary>Puts the pieces together if they are many; says how many there were.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.OpenConnectionAsync(cancellationToken);
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        var pieces = Number(connection, "SELECT count(DISTINCT segid) FROM RepositoryIndex_idx");
        if (pieces < ManyPieces) return (int)pieces;

        Execute(connection, "INSERT INTO RepositoryIndex (RepositoryIndex, rank) VALUES ('usermerge', 2)");
        // A negative number takes all pieces for the ones to put together; positive ones go on with it.
        for (var pages = -PagesAtOnce; ; pages = PagesAtOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = Number(connection, "SELECT total_changes()");
            Execute(connection, $"INSERT INTO RepositoryIndex (RepositoryIndex, rank) VALUES ('merge', {pages})");
            // SQLite's documented sign that there was nothing left to do.
            if (Number(connection, "SELECT total_changes()") - before < 2) return (int)pieces;
            await Task.Delay(Breath, time, cancellationToken);
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        return Convert.ToInt64(command.ExecuteScalar());
    }

    [LoggerMessage(LogLevel.Warning, "Putting the search index together failed; it goes on working, more slowly")]
    private partial void LogFailed(Exception exception);
}
