using GitLabPortal.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace GitLabPortal.Repositories;

/// <summary>
/// Writes repositories and sightings by prepared statements: a walk of 100,000 writes 200,000 rows, for which change tracking would
/// take longer than GitLab. A row that did not change is not written, so that no index and no trigger has work by it. What changed is
/// indexed and counted at once at the end, which takes a tenth of the time that the triggers would need row by row.
/// </summary>
internal sealed class CatalogueWriter : IDisposable
{
    // While this row is there, the triggers only note what is to be indexed and counted.
    private const string Begin = "INSERT INTO CatalogueBatch (RepositoryId, Counts) VALUES (0, 0)";

    // In the order of the ids: the index keeps what comes in order together.
    private const string Finish =
        """
        DELETE FROM RepositoryIndex WHERE rowid IN (SELECT RepositoryId FROM CatalogueBatch WHERE RepositoryId > 0);
        INSERT INTO RepositoryIndex (rowid, title, rest, starts, scope)
        SELECT r.Id, r.Title, r.Rest, r.Starts, r.Scope
        FROM CatalogueBatch b CROSS JOIN RepositoryIndexRows r ON r.Id = b.RepositoryId WHERE b.RepositoryId > 0 ORDER BY b.RepositoryId;
        INSERT INTO CatalogueGroups (ConnectionId, Kind, Value, Count)
        SELECT @connection, 1, r.NamespacePath, count(*) FROM CatalogueBatch b CROSS JOIN Repositories r ON r.Id = b.RepositoryId
        WHERE b.Counts = 1 AND r.NamespacePath <> '' GROUP BY r.NamespacePath
        ON CONFLICT DO UPDATE SET Count = Count + excluded.Count;
        INSERT INTO CatalogueGroups (ConnectionId, Kind, Value, Count)
        SELECT @connection, 2, r.Topics, count(*) FROM CatalogueBatch b CROSS JOIN Repositories r ON r.Id = b.RepositoryId
        WHERE b.Counts = 1 AND r.Topics <> '' GROUP BY r.Topics
        ON CONFLICT DO UPDATE SET Count = Count + excluded.Count;
        DELETE FROM CatalogueBatch;
        """;

    private static readonly (string Name, Func<Repository, object?> Of)[] Columns =
    [
        ("Name", r => r.Name), ("FullPath", r => r.FullPath), ("NamespacePath", r => r.NamespacePath), ("Description", r => r.Description),
        ("Visibility", r => r.Visibility.ToString()), ("DefaultBranch", r => r.DefaultBranch), ("WebUrl", r => r.WebUrl),
        ("HttpCloneUrl", r => r.HttpCloneUrl), ("SshCloneUrl", r => r.SshCloneUrl), ("Stars", r => r.Stars), ("Topics", r => r.Topics),
        ("LastActivityAt", r => r.LastActivityAt?.UtcDateTime), ("IsArchived", r => r.IsArchived), ("IsEmpty", r => r.IsEmpty),
        ("IsFork", r => r.IsFork), ("DeletionOn", r => r.DeletionOn), ("SearchText", r => r.SearchText),
    ];

    // Nobody but those who may read the code is told the branch: another token's silence does not make it unknown.
    private static readonly string Upsert =
        $"""
        INSERT INTO Repositories (ServerId, GitLabId, ReadAt, {string.Join(", ", Columns.Select(c => c.Name))})
        VALUES (@server, @id, @now, {string.Join(", ", Columns.Select(c => "@" + c.Name))})
        ON CONFLICT (ServerId, GitLabId) DO UPDATE SET
            ReadAt = excluded.ReadAt, {string.Join(", ", Columns.Select(c => $"{c.Name} = {New(c.Name)}"))}
        WHERE {string.Join(" OR ", Columns.Select(c => $"Repositories.{c.Name} IS NOT {New(c.Name)}"))}
        """;

    private const string Sight =
        """
        INSERT INTO RepositorySightings (ConnectionId, RepositoryId, RunId, FirstSeenAt, ReadsCode)
        SELECT @connection, Id, @run, @now, @reads FROM Repositories WHERE ServerId = @server AND GitLabId = @id
        ON CONFLICT (ConnectionId, RepositoryId) DO UPDATE SET
            RunId = excluded.RunId, ReadsCode = excluded.ReadsCode, MissingSince = NULL, Absence = NULL, DisappearanceId = NULL, KeptSince = NULL
        """;

    // They stand for what their own tokens saw last; what this one reads is not theirs to see.
    private const string HideFromOthers =
        """
        UPDATE RepositorySightings SET MissingSince = @now
        WHERE RepositoryId = (SELECT Id FROM Repositories WHERE ServerId = @server AND GitLabId = @id)
            AND ConnectionId <> @connection AND DisappearanceId IS NOT NULL AND MissingSince IS NULL
        """;

    private const string AreOthersHeld =
        "SELECT EXISTS (SELECT 1 FROM RepositorySightings WHERE DisappearanceId IS NOT NULL AND MissingSince IS NULL AND ConnectionId <> @connection)";

    private readonly SqliteConnection connection;
    private readonly SqliteTransaction transaction;
    private readonly SqliteCommand? hide;
    private readonly SqliteCommand upsert;
    private readonly SqliteCommand sight;
    private readonly SqliteParameter[] values;

    /// <param name="db">With a transaction that has begun: it holds the rows and their index, or neither.</param>
    public static void Write(PortalDb db, SyncRun run, Guid serverId, IEnumerable<Repository> rows, DateTimeOffset now)
    {
        using var writer = new CatalogueWriter(db, run, serverId, now);
        writer.Execute(Begin);
        foreach (var row in rows) writer.Write(row);
        writer.Execute(Finish, ("@connection", run.ConnectionId));
    }

    private CatalogueWriter(PortalDb db, SyncRun run, Guid serverId, DateTimeOffset now)
    {
        connection = (SqliteConnection)db.Database.GetDbConnection();
        transaction = (SqliteTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
        upsert = new SqliteCommand(Upsert, connection, transaction);
        upsert.Parameters.AddWithValue("@server", serverId);
        upsert.Parameters.AddWithValue("@now", now.UtcDateTime);
        upsert.Parameters.Add("@id", SqliteType.Integer);
        values = Array.ConvertAll(Columns, c => upsert.Parameters.Add(new SqliteParameter("@" + c.Name, value: null)));
        sight = new SqliteCommand(Sight, connection, transaction);
        sight.Parameters.AddWithValue("@connection", run.ConnectionId);
        sight.Parameters.AddWithValue("@run", run.Id);
        sight.Parameters.AddWithValue("@now", now.UtcDateTime);
        sight.Parameters.AddWithValue("@server", serverId);
        sight.Parameters.Add("@id", SqliteType.Integer);
        sight.Parameters.Add("@reads", SqliteType.Integer);
        using var held = new SqliteCommand(AreOthersHeld, connection, transaction);
        held.Parameters.AddWithValue("@connection", run.ConnectionId);
        if (held.ExecuteScalar() is not 1L) return;

        hide = new SqliteCommand(HideFromOthers, connection, transaction);
        hide.Parameters.AddWithValue("@now", now.UtcDateTime);
        hide.Parameters.AddWithValue("@server", serverId);
        hide.Parameters.AddWithValue("@connection", run.ConnectionId);
        hide.Parameters.Add("@id", SqliteType.Integer);
    }

    private void Write(Repository repository)
    {
        upsert.Parameters["@id"].Value = sight.Parameters["@id"].Value = repository.GitLabId;
        for (var i = 0; i < Columns.Length; i++) values[i].Value = Columns[i].Of(repository) ?? DBNull.Value;
        if (upsert.ExecuteNonQuery() > 0 && hide is not null)
        {
            hide.Parameters["@id"].Value = repository.GitLabId;
            hide.ExecuteNonQuery();
        }

        sight.Parameters["@reads"].Value = repository.DefaultBranch is not null;
        sight.ExecuteNonQuery();
    }

    public void Dispose()
    {
        hide?.Dispose();
        upsert.Dispose();
        sight.Dispose();
    }

    private void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
#pragma warning disable CA2100 // Constants of this class.
        using var command = new SqliteCommand(sql, connection, transaction);
#pragma warning restore CA2100
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    private static string New(string column) => column == "DefaultBranch" ? "COALESCE(excluded.DefaultBranch, Repositories.DefaultBranch)" : $"excluded.{column}";
}
