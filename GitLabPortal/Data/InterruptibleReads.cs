using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SQLitePCL;

namespace GitLabPortal.Data;

/// <summary>A database as it is at one moment, for several questions that must fit together.</summary>
public sealed record Snapshot(PortalDb Db, SqliteConnection Connection, SqliteTransaction Transaction);

public static class InterruptibleReads
{
    /// <summary>
    /// Reads on another thread and stops in the middle of a statement when it is cancelled. SQLite's provider does neither: under its
    /// asynchronous names it works on the caller's thread, which is the page's, and looks at the token before it begins.
    /// </summary>
    public static Task<T> ReadAsync<T>(
        this IDbContextFactory<PortalDb> contexts, Func<Snapshot, CancellationToken, Task<T>> read, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await db.Database.OpenConnectionAsync(cancellationToken);
            var connection = (SqliteConnection)db.Database.GetDbConnection();
            try
            {
                // Deferred: it takes no lock that a writer would have to wait for.
                await using var transaction = connection.BeginTransaction(deferred: true);
                await db.Database.UseTransactionAsync(transaction, cancellationToken);
                // Ends, and waits for a call under way, before the connection goes back to the pool: it must not stop somebody else's read.
                await using var interruption = cancellationToken.UnsafeRegister(static c => raw.sqlite3_interrupt(((SqliteConnection)c!).Handle), connection);
                cancellationToken.ThrowIfCancellationRequested();
                return await read(new Snapshot(db, connection, transaction), cancellationToken);
            }
            catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT && cancellationToken.IsCancellationRequested)
            {
                throw new OperationCanceledException("The read was interrupted.", e, cancellationToken);
            }
        },
        cancellationToken);
}
