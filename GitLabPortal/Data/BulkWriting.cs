using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Data;

internal static class BulkWriting
{
    /// <summary>
    /// Opens the connection for a transaction that writes very many rows one by one, until it is closed again. For each statement that may
    /// fail in its middle SQLite keeps the pages as they were before, and after the first 64 kB of a transaction it keeps them in a
    /// temporary file: ten writes to that file for each row. In memory it is the few pages of one statement at a time.
    /// </summary>
    public static async Task OpenForManyRowsAsync(this PortalDb db, CancellationToken cancellationToken)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        // The settings of a session put it back when the connection is opened for something else.
        await db.Database.ExecuteSqlRawAsync("PRAGMA temp_store=MEMORY", cancellationToken);
    }
}
