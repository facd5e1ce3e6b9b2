using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class IndexInBatches : Migration
    {
        private const string Batch = "EXISTS (SELECT 1 FROM CatalogueBatch WHERE RepositoryId = 0)";

        private const string Reindex = "DELETE FROM RepositoryIndex WHERE rowid = {0}; INSERT INTO RepositoryIndex (rowid, title, rest, starts, scope) SELECT Id, Title, Rest, Starts, Scope FROM RepositoryIndexRows WHERE Id = {0};";

        private const string Changed =
            """
            OLD.SearchText <> NEW.SearchText OR OLD.IsArchived <> NEW.IsArchived OR (OLD.DeletionOn IS NULL) <> (NEW.DeletionOn IS NULL)
            OR OLD.Visibility <> NEW.Visibility OR OLD.IsEmpty <> NEW.IsEmpty OR OLD.IsFork <> NEW.IsFork
            """;

        // FTS5 writes what it has gathered to a piece of its own before each statement, which makes one of each row. While a batch is
        // written, which the row 0 says, the triggers only note what is to be indexed and counted; whoever wrote that row does both
        // at once, in the same transaction. Nobody else ever sees a row here.
        private static readonly string[] Statements =
        [
            "CREATE TABLE CatalogueBatch (RepositoryId INTEGER NOT NULL PRIMARY KEY, Counts INTEGER NOT NULL)",
            .. Dropped,
            $"CREATE TRIGGER RepositorySightings_Seen AFTER INSERT ON RepositorySightings WHEN NEW.MissingSince IS NULL AND NOT {Batch} BEGIN {Of("NEW.RepositoryId")} {Count("NEW")} END",
            $"CREATE TRIGGER RepositorySightings_Seen_InBatch AFTER INSERT ON RepositorySightings WHEN NEW.MissingSince IS NULL AND {Batch} BEGIN {Note("NEW.RepositoryId", 1)} END",
            $"""
            CREATE TRIGGER RepositorySightings_Changed AFTER UPDATE OF MissingSince ON RepositorySightings
            WHEN (OLD.MissingSince IS NULL) <> (NEW.MissingSince IS NULL) AND NOT {Batch} BEGIN {Of("NEW.RepositoryId")} END
            """,
            $"""
            CREATE TRIGGER RepositorySightings_Changed_InBatch AFTER UPDATE OF MissingSince ON RepositorySightings
            WHEN (OLD.MissingSince IS NULL) <> (NEW.MissingSince IS NULL) AND {Batch} BEGIN {Note("NEW.RepositoryId", 0)} END
            """,
            $"CREATE TRIGGER RepositorySightings_Back AFTER UPDATE OF MissingSince ON RepositorySightings WHEN OLD.MissingSince IS NOT NULL AND NEW.MissingSince IS NULL AND NOT {Batch} BEGIN {Count("NEW")} END",
            $"CREATE TRIGGER RepositorySightings_Back_InBatch AFTER UPDATE OF MissingSince ON RepositorySightings WHEN OLD.MissingSince IS NOT NULL AND NEW.MissingSince IS NULL AND {Batch} BEGIN {Note("NEW.RepositoryId", 1)} END",
            $"CREATE TRIGGER Repositories_Changed AFTER UPDATE OF SearchText, IsArchived, DeletionOn, Visibility, IsEmpty, IsFork ON Repositories WHEN ({Changed}) AND NOT {Batch} BEGIN {Of("NEW.Id")} END",
            $"CREATE TRIGGER Repositories_Changed_InBatch AFTER UPDATE OF SearchText, IsArchived, DeletionOn, Visibility, IsEmpty, IsFork ON Repositories WHEN ({Changed}) AND {Batch} BEGIN {Note("NEW.Id", 0)} END",
            // Pieces are put together less often on the way, because that is done at the end of a walk as well.
            "INSERT INTO RepositoryIndex (RepositoryIndex, rank) VALUES ('automerge', 16)",
            "INSERT INTO RepositoryIndex (RepositoryIndex, rank) VALUES ('crisismerge', 64)",
            "INSERT INTO RepositoryIndex (RepositoryIndex, rank) VALUES ('hashsize', 8000000)",
        ];

        private static string[] Dropped =>
        [
            "DROP TRIGGER RepositorySightings_Seen", "DROP TRIGGER RepositorySightings_Changed", "DROP TRIGGER RepositorySightings_Back", "DROP TRIGGER Repositories_Changed",
        ];

        private static string Of(string id) => Reindex.Replace("{0}", id, StringComparison.Ordinal);

        private static string Note(string id, int counts) =>
            $"INSERT INTO CatalogueBatch (RepositoryId, Counts) VALUES ({id}, {counts}) ON CONFLICT DO UPDATE SET Counts = max(Counts, excluded.Counts);";

        private static string Count(string sighting) =>
            $"{Count(sighting, 1, "NamespacePath")} {Count(sighting, 2, "Topics")}";

        private static string Count(string sighting, int kind, string column) =>
            $"INSERT INTO CatalogueGroups (ConnectionId, Kind, Value, Count) SELECT {sighting}.ConnectionId, {kind}, {column}, 1 FROM Repositories WHERE Id = {sighting}.RepositoryId AND {column} <> '' ON CONFLICT DO UPDATE SET Count = Count + 1;";

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            foreach (var statement in Statements) migrationBuilder.Sql(statement);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            foreach (var statement in Dropped) migrationBuilder.Sql(statement);
            foreach (var name in (string[])["RepositorySightings_Seen", "RepositorySightings_Changed", "RepositorySightings_Back", "Repositories_Changed"])
                migrationBuilder.Sql($"DROP TRIGGER {name}_InBatch");
            migrationBuilder.Sql("DROP TABLE CatalogueBatch");
            migrationBuilder.Sql($"CREATE TRIGGER RepositorySightings_Seen AFTER INSERT ON RepositorySightings WHEN NEW.MissingSince IS NULL BEGIN {Of("NEW.RepositoryId")} {Count("NEW")} END");
            migrationBuilder.Sql($"CREATE TRIGGER RepositorySightings_Changed AFTER UPDATE OF MissingSince ON RepositorySightings WHEN (OLD.MissingSince IS NULL) <> (NEW.MissingSince IS NULL) BEGIN {Of("NEW.RepositoryId")} END");
            migrationBuilder.Sql($"CREATE TRIGGER RepositorySightings_Back AFTER UPDATE OF MissingSince ON RepositorySightings WHEN OLD.MissingSince IS NOT NULL AND NEW.MissingSince IS NULL BEGIN {Count("NEW")} END");
            migrationBuilder.Sql($"CREATE TRIGGER Repositories_Changed AFTER UPDATE OF SearchText, IsArchived, DeletionOn, Visibility, IsEmpty, IsFork ON Repositories WHEN {Changed} BEGIN {Of("NEW.Id")} END");
        }
    }
}
