using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace GitLabPortal.Data;

/// <summary>
/// A statement that is run for very many rows. Its parameters are <c>?1</c>, <c>?2</c> … and stay bound until they are bound anew; the
/// provider would look each of them up by name for each row, which takes longer than writing the row. Values are written as the provider
/// writes them, so that either finds the other's.
/// </summary>
internal sealed class PreparedStatement : IDisposable
{
    private readonly sqlite3 database;
    private readonly sqlite3_stmt statement;
    private byte[] buffer = new byte[4096];

    /// <param name="connection">Open, and with a transaction if the statement writes.</param>
    public PreparedStatement(SqliteConnection connection, string sql)
    {
        database = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(database, sql, out statement));
    }

    public void Bind(int parameter, string? value)
    {
        if (value is null)
        {
            Check(raw.sqlite3_bind_null(statement, parameter));
            return;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (buffer.Length < most) buffer = new byte[most];
        var length = Encoding.UTF8.GetBytes(value, buffer);
        Check(raw.sqlite3_bind_text(statement, parameter, buffer.AsSpan(0, length)));
    }

    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(statement, parameter, value));

    public void Bind(int parameter, bool value) => Bind(parameter, value ? 1 : 0);

    public void Bind(int parameter, Guid value) => Bind(parameter, value.ToString().ToUpperInvariant());

    public void Bind(int parameter, DateTimeOffset? value) =>
        Bind(parameter, value?.UtcDateTime.ToString(@"yyyy\-MM\-dd HH\:mm\:ss.FFFFFFF", CultureInfo.InvariantCulture));

    public void Bind(int parameter, DateOnly? value) => Bind(parameter, value?.ToString(@"yyyy\-MM\-dd", CultureInfo.InvariantCulture));

    /// <returns>How many rows it wrote.</returns>
    public int Run()
    {
        var result = raw.sqlite3_step(statement);
        var written = raw.sqlite3_changes(database);
        // It says again what went wrong.
        Check(raw.sqlite3_reset(statement));
        return result is raw.SQLITE_DONE or raw.SQLITE_ROW ? written : throw new InvalidOperationException($"The statement ended with {result}.");
    }

    public void Dispose() => statement.Dispose();

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, database);
}
