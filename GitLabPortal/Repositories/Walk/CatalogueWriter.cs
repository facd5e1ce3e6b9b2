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

    private static readonly (string Name, Action<PreparedStatement, int, Repository> Bind)[] Columns =
    [
        ("Name", (s, i, r) => s.Bind(i, r.Name)), ("FullPath", (s, i, r) => s.Bind(i, r.FullPath)),
        ("NamespacePath", (s, i, r) => s.Bind(i, r.NamespacePath)), ("Description", (s, i, r) => s.Bind(i, r.Description)),
        ("Visibility", (s, i, r) => s.Bind(i, r.Visibility.ToString())), ("DefaultBranch", (s, i, r) => s.Bind(i, r.DefaultBranch)),
        ("WebUrl", (s, i, r) => s.Bind(i, r.WebUrl)), ("HttpCloneUrl", (s, i, r) => s.Bind(i, r.HttpCloneUrl)),
        ("SshCloneUrl", (s, i, r) => s.Bind(i, r.SshCloneUrl)), ("Stars", (s, i, r) => s.Bind(i, r.Stars)), ("Topics", (s, i, r) => s.Bind(i, r.Topics)),
        ("LastActivityAt", (s, i, r) => s.Bind(i, r.LastActivityAt)), ("IsArchived", (s, i, r) => s.Bind(i, r.IsArchived)),
        ("IsEmpty", (s, i, r) => s.Bind(i, r.IsEmpty)), ("IsFork", (s, i, r) => s.Bind(i, r.IsFork)), ("DeletionOn", (s, i, r) => s.Bind(i, r.DeletionOn)),
        ("SearchText", (s, i, r) => s.Bind(i, r.SearchText)),
    ];

    private const int FirstColumn = 4;

    // Nobody but those who may read the code is told the branch: another token's silence does not make it unknown.
    private static readonly string Upsert =
        $"""
        INSERT INTO Repositories (ServerId, GitLabId, ReadAt, {string.Join(", ", Columns.Select(c => c.Name))})
        VALUES (?1, ?2, ?3, {string.Join(", ", Columns.Select((_, i) => $"?{i + FirstColumn}"))})
        ON CONFLICT (ServerId, GitLabId) DO UPDATE SET
            ReadAt = excluded.ReadAt, {string.Join(", ", Columns.Select(c => $"{c.Name} = {New(c.Name)}"))}
        WHERE {string.Join(" OR ", Columns.Select(c => $"Repositories.{c.Name} IS NOT {New(c.Name)}"))}
        """;

    private const string Sight =
        """
        INSERT INTO RepositorySightings (ConnectionId, RepositoryId, RunId, FirstSeenAt, ReadsCode)
        SELECT ?1, Id, ?2, ?3, ?4 FROM Repositories WHERE ServerId = ?5 AND GitLabId = ?6
        ON CONFLICT (ConnectionId, RepositoryId) DO UPDATE SET
            RunId = excluded.RunId, ReadsCode = excluded.ReadsCode, MissingSince = NULL, Absence = NULL, DisappearanceId = NULL, KeptSince = NULL
        """;

    // They stand for what their own tokens saw last; what this one reads is not theirs to see.
    private const string HideFromOthers =
        """
        UPDATE RepositorySightings SET MissingSince = ?1
        WHERE RepositoryId = (SELECT Id FROM Repositories WHERE ServerId = ?2 AND GitLabId = ?3)
            AND ConnectionId <> ?4 AND DisappearanceId IS NOT NULL AND MissingSince IS NULL
        """;

    private const string AreOthersHeld =
        "SELECT EXISTS (SELECT 1 FROM RepositorySightings WHERE DisappearanceId IS NOT NULL AND MissingSince IS NULL AND ConnectionId <> @connection)";

    private readonly SqliteConnection connection;
    private readonly SqliteTransaction transaction;
    private readonly PreparedStatement? hide;
    private readonly PreparedStatement upsert;
    private readonly PreparedStatement sight;

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
        upsert = new PreparedStatement(connection, Upsert);
        upsert.Bind(1, serverId);
        upsert.Bind(3, now);
        sight = new PreparedStatement(connection, Sight);
        sight.Bind(1, run.ConnectionId);
        sight.Bind(2, run.Id);
        sight.Bind(3, now);
        sight.Bind(5, serverId);
        using var held = new SqliteCommand(AreOthersHeld, connection, transaction);
        held.Parameters.AddWithValue("@connection", run.ConnectionId);
        if (held.ExecuteScalar() is not 1L) return;

        hide = new PreparedStatement(connection, HideFromOthers);
        hide.Bind(1, now);
        hide.Bind(2, serverId);
        hide.Bind(4, run.ConnectionId);
    }

    private void Write(Repository repository)
    {
        upsert.Bind(2, repository.GitLabId);
        for (var i = 0; i < Columns.Length; i++) Columns[i].Bind(upsert, FirstColumn + i, repository);
        if (upsert.Run() > 0 && hide is not null)
        {
            hide.Bind(3, repository.GitLabId);
            hide.Run();
        }

        sight.Bind(4, repository.DefaultBranch is not null);
        sight.Bind(6, repository.GitLabId);
        sight.Run();
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
