using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace GitLabPortal.Data;

/// <summary>
/// Settings that SQLite keeps per connection. With a write-ahead log, <c>synchronous=NORMAL</c> never corrupts the file; a power
/// cut can lose the last commits but an ended process cannot.
/// </summary>
internal sealed class SessionSettings : DbConnectionInterceptor
{
    public static readonly SessionSettings Instance = new();

    private const string Statements = "PRAGMA busy_timeout=30000; PRAGMA synchronous=NORMAL;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Statements;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Statements;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
