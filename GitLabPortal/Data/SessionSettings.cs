using System.Data.Common;
using GitLabPortal.Kernel;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace GitLabPortal.Data;

/// <summary>
/// Settings that SQLite keeps per connection. With a write-ahead log, <c>synchronous=NORMAL</c> never corrupts the file; a power
/// cut can lose the last commits but an ended process cannot; the log grows to 32 MB before it is copied, because a walk writes the same
/// pages again and again. The search index is kept by triggers, which call a function of ours.
/// </summary>
internal sealed class SessionSettings : DbConnectionInterceptor
{
    public static readonly SessionSettings Instance = new();

    private const string Statements = "PRAGMA busy_timeout=30000; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint=8000; PRAGMA temp_store=DEFAULT;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        AddFunctions(connection);
        using var command = connection.CreateCommand();
        command.CommandText = Statements;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        AddFunctions(connection);
        await using var command = connection.CreateCommand();
        command.CommandText = Statements;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddFunctions(DbConnection connection) =>
        ((SqliteConnection)connection).CreateFunction<string?, string?, string>("word_starts", WordStarts.Of, isDeterministic: true);
}
