using GitLabPortal.Data;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace GitLabPortal.Repositories;

/// <summary>
/// Writes repositories and sightings by prepared statements: a walk of 100,000 writes 200,000 rows, for which change tracking would
/// take longer than GitLab. A row that did not change is not written, so that no index and no trigger has work by it.
/// </summary>
internal sealed class CatalogueWriter : IDisposable
{
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

    private readonly SqliteCommand? hide;
    private readonly SqliteCommand upsert;
    private readonly SqliteCommand sight;
    private readonly SqliteParameter[] values;

    /// <param name="db">With a transaction that has begun.</param>
    public CatalogueWriter(PortalDb db, SyncRun run, Guid serverId, DateTimeOffset now)
    {
        var connection = (SqliteConnection)db.Database.GetDbConnection();
        var transaction = (SqliteTransaction)db.Database.CurrentTransaction!.GetDbTransaction();
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

    public void Write(Repository repository)
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

    private static string New(string column) => column == "DefaultBranch" ? "COALESCE(excluded.DefaultBranch, Repositories.DefaultBranch)" : $"excluded.{column}";
}
