using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class SearchIndex : Migration
    {
        // The index follows its tables by triggers, whoever writes them. What EF does not know: a later migration that makes one of
        // these tables anew must make its triggers and indexes anew too.
        private const string Reindex = "DELETE FROM RepositoryIndex WHERE rowid = {0}; INSERT INTO RepositoryIndex (rowid, title, rest, starts, scope) SELECT Id, Title, Rest, Starts, Scope FROM RepositoryIndexRows WHERE Id = {0};";

        private static readonly string[] Statements =
        [
            """
            CREATE VIRTUAL TABLE RepositoryIndex USING fts5(
                title, rest, starts, scope, content='', contentless_delete=1, tokenize='trigram case_sensitive 1')
            """,
            // The marks: 1, 2 and 3 are those of SearchText; 4 a property, 6 "sees", 7 "sees, and it is in use". Connections are written
            // as two characters for private use.
            """
            CREATE VIEW RepositoryIndexRows AS
            SELECT r.Id,
                substr(r.SearchText, 1, instr(r.SearchText, char(3))) AS Title,
                substr(r.SearchText, instr(r.SearchText, char(3))) AS Rest,
                word_starts(
                    substr(r.SearchText, 1, instr(r.SearchText, char(3))),
                    substr(r.SearchText, instr(r.SearchText, char(3)) + 1 + instr(substr(r.SearchText, instr(r.SearchText, char(3)) + 1), char(3)))) AS Starts,
                char(4) || 'a' || (r.IsArchived OR r.DeletionOn IS NOT NULL) || char(4) || 'v' || substr(r.Visibility, 1, 2)
                    || char(4) || 'e' || r.IsEmpty || char(4) || 'f' || r.IsFork || coalesce((
                        SELECT group_concat(
                            char(6, 57344 + c.Id / 6000, 57344 + c.Id % 6000)
                            || CASE WHEN r.IsArchived OR r.DeletionOn IS NOT NULL THEN '' ELSE char(7, 57344 + c.Id / 6000, 57344 + c.Id % 6000) END, '')
                        FROM RepositorySightings s JOIN SearchScopes c ON c.ConnectionId = s.ConnectionId
                        WHERE s.RepositoryId = r.Id AND s.MissingSince IS NULL), '') AS Scope
            FROM Repositories r
            """,
            "CREATE TRIGGER Connections_Scope AFTER INSERT ON Connections BEGIN INSERT INTO SearchScopes (ConnectionId) VALUES (NEW.Id); END",
            $"CREATE TRIGGER RepositorySightings_Seen AFTER INSERT ON RepositorySightings WHEN NEW.MissingSince IS NULL BEGIN {Of("NEW.RepositoryId")} {Count("NEW")} END",
            $"""
            CREATE TRIGGER RepositorySightings_Changed AFTER UPDATE OF MissingSince ON RepositorySightings
            WHEN (OLD.MissingSince IS NULL) <> (NEW.MissingSince IS NULL) BEGIN {Of("NEW.RepositoryId")} END
            """,
            $"CREATE TRIGGER RepositorySightings_Back AFTER UPDATE OF MissingSince ON RepositorySightings WHEN OLD.MissingSince IS NOT NULL AND NEW.MissingSince IS NULL BEGIN {Count("NEW")} END",
            $"CREATE TRIGGER RepositorySightings_Missing AFTER UPDATE OF MissingSince ON RepositorySightings WHEN OLD.MissingSince IS NULL AND NEW.MissingSince IS NOT NULL BEGIN {Discount("OLD")} END",
            $"CREATE TRIGGER RepositorySightings_Uncounted AFTER DELETE ON RepositorySightings WHEN OLD.MissingSince IS NULL BEGIN {Discount("OLD")} END",
            $"CREATE TRIGGER Repositories_Going BEFORE DELETE ON Repositories BEGIN {DiscountAll("OLD")} END",
            $"CREATE TRIGGER Repositories_Regrouped AFTER UPDATE OF NamespacePath, Topics ON Repositories WHEN OLD.NamespacePath <> NEW.NamespacePath OR OLD.Topics <> NEW.Topics BEGIN {DiscountAll("OLD")} {CountAll("NEW")} END",
            // With its connection the number goes away: what is left under it in the index, nobody can ask for.
            $"""
            CREATE TRIGGER RepositorySightings_Gone AFTER DELETE ON RepositorySightings
            WHEN EXISTS (SELECT 1 FROM Connections WHERE Id = OLD.ConnectionId) AND EXISTS (SELECT 1 FROM Repositories WHERE Id = OLD.RepositoryId)
            BEGIN {Of("OLD.RepositoryId")} END
            """,
            $"""
            CREATE TRIGGER Repositories_Changed AFTER UPDATE OF SearchText, IsArchived, DeletionOn, Visibility, IsEmpty, IsFork ON Repositories
            WHEN OLD.SearchText <> NEW.SearchText OR OLD.IsArchived <> NEW.IsArchived OR (OLD.DeletionOn IS NULL) <> (NEW.DeletionOn IS NULL)
                OR OLD.Visibility <> NEW.Visibility OR OLD.IsEmpty <> NEW.IsEmpty OR OLD.IsFork <> NEW.IsFork
            BEGIN {Of("NEW.Id")} END
            """,
            "CREATE TRIGGER Repositories_Gone AFTER DELETE ON Repositories BEGIN DELETE FROM RepositoryIndex WHERE rowid = OLD.Id; END",
            """
            CREATE TRIGGER Repositories_Renamed AFTER UPDATE OF FullPath ON Repositories WHEN OLD.FullPath <> NEW.FullPath
            BEGIN
                INSERT INTO PastPaths (RepositoryId, ConnectionId, FullPath, Until)
                SELECT OLD.Id, s.ConnectionId, OLD.FullPath, NEW.ReadAt FROM RepositorySightings s WHERE s.RepositoryId = OLD.Id AND s.MissingSince IS NULL
                ON CONFLICT DO UPDATE SET Until = excluded.Until;
            END
            """,
            // For sorting: with what the list leaves out by itself, so that walking through them looks at no row.
            "CREATE INDEX IX_Repositories_ByActivity ON Repositories (LastActivityAt, Id, IsArchived, DeletionOn)",
            "CREATE INDEX IX_Repositories_ByName ON Repositories (lower(Name), Id, IsArchived, DeletionOn)",
            "CREATE INDEX IX_Repositories_ByStars ON Repositories (Stars, Id, IsArchived, DeletionOn)",
            // What is there already.
            "INSERT INTO SearchScopes (ConnectionId) SELECT Id FROM Connections",
            "INSERT INTO RepositoryIndex (rowid, title, rest, starts, scope) SELECT Id, Title, Rest, Starts, Scope FROM RepositoryIndexRows ORDER BY Id",
            "INSERT INTO CatalogueGroups (ConnectionId, Kind, Value, Count) SELECT s.ConnectionId, 1, r.NamespacePath, count(*) FROM RepositorySightings s JOIN Repositories r ON r.Id = s.RepositoryId WHERE s.MissingSince IS NULL AND r.NamespacePath <> '' GROUP BY 1, 3",
            "INSERT INTO CatalogueGroups (ConnectionId, Kind, Value, Count) SELECT s.ConnectionId, 2, r.Topics, count(*) FROM RepositorySightings s JOIN Repositories r ON r.Id = s.RepositoryId WHERE s.MissingSince IS NULL AND r.Topics <> '' GROUP BY 1, 3",
        ];

        private static readonly string[] Undo =
        [
            "DROP INDEX IX_Repositories_ByStars", "DROP INDEX IX_Repositories_ByName", "DROP INDEX IX_Repositories_ByActivity",
            "DROP TRIGGER Repositories_Regrouped", "DROP TRIGGER Repositories_Going", "DROP TRIGGER RepositorySightings_Uncounted",
            "DROP TRIGGER RepositorySightings_Missing", "DROP TRIGGER RepositorySightings_Back", "DROP TRIGGER Repositories_Renamed", "DROP TRIGGER Repositories_Gone", "DROP TRIGGER Repositories_Changed",
            "DROP TRIGGER RepositorySightings_Gone", "DROP TRIGGER RepositorySightings_Changed", "DROP TRIGGER RepositorySightings_Seen",
            "DROP TRIGGER Connections_Scope", "DROP VIEW RepositoryIndexRows", "DROP TABLE RepositoryIndex",
        ];

        private static string Of(string id) => Reindex.Replace("{0}", id, StringComparison.Ordinal);

        /// <summary>A sighting that counts from now on.</summary>
        private static string Count(string sighting) => Each(
            (kind, column) => $"INSERT INTO CatalogueGroups (ConnectionId, Kind, Value, Count) SELECT {sighting}.ConnectionId, {kind}, {column}, 1 FROM Repositories WHERE Id = {sighting}.RepositoryId AND {column} <> '' ON CONFLICT DO UPDATE SET Count = Count + 1;");

        /// <summary>A sighting that counts no longer. When its repository has gone with it, that was seen to before.</summary>
        private static string Discount(string sighting) => Each(
            (kind, column) => $"UPDATE CatalogueGroups SET Count = Count - 1 WHERE ConnectionId = {sighting}.ConnectionId AND Kind = {kind} AND Value = (SELECT {column} FROM Repositories WHERE Id = {sighting}.RepositoryId);");

        private static string CountAll(string repository) => Each(
            (kind, column) => $"INSERT INTO CatalogueGroups (ConnectionId, Kind, Value, Count) SELECT ConnectionId, {kind}, {repository}.{column}, 1 FROM RepositorySightings WHERE RepositoryId = {repository}.Id AND MissingSince IS NULL AND {repository}.{column} <> '' ON CONFLICT DO UPDATE SET Count = Count + 1;");

        private static string DiscountAll(string repository) => Each(
            (kind, column) => $"UPDATE CatalogueGroups SET Count = Count - 1 WHERE Kind = {kind} AND Value = {repository}.{column} AND ConnectionId IN (SELECT ConnectionId FROM RepositorySightings WHERE RepositoryId = {repository}.Id AND MissingSince IS NULL);");

        private static string Each(Func<int, string, string> statement) => statement(1, "NamespacePath") + " " + statement(2, "Topics");

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_Repositories_FullPath",
                table: "Repositories");

            migrationBuilder.DropIndex(
                name: "IX_Repositories_LastActivityAt",
                table: "Repositories");

            migrationBuilder.DropIndex(
                name: "IX_Repositories_NamespacePath",
                table: "Repositories");

            migrationBuilder.CreateTable(
                name: "CatalogueGroups",
                columns: table => new
                {
                    ConnectionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Kind = table.Column<int>(type: "INTEGER", maxLength: 32, nullable: false),
                    Value = table.Column<string>(type: "TEXT", nullable: false),
                    Count = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_CatalogueGroups", x => new { x.ConnectionId, x.Kind, x.Value });
                    table.ForeignKey(
                        name: "FK_CatalogueGroups_Connections_ConnectionId",
                        column: x => x.ConnectionId,
                        principalTable: "Connections",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "PastPaths",
                columns: table => new
                {
                    RepositoryId = table.Column<long>(type: "INTEGER", nullable: false),
                    ConnectionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    FullPath = table.Column<string>(type: "TEXT", nullable: false, collation: "NOCASE"),
                    Until = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_PastPaths", x => new { x.ConnectionId, x.RepositoryId, x.FullPath });
                    table.ForeignKey(
                        name: "FK_PastPaths_Connections_ConnectionId",
                        column: x => x.ConnectionId,
                        principalTable: "Connections",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_PastPaths_Repositories_RepositoryId",
                        column: x => x.RepositoryId,
                        principalTable: "Repositories",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ProcessNotices",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    ConnectionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    TeamId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Change = table.Column<string>(type: "TEXT", maxLength: 32, nullable: true),
                    At = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ProcessNotices", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "SearchScopes",
                columns: table => new
                {
                    Id = table.Column<long>(type: "INTEGER", nullable: false)
                        .Annotation("Sqlite:Autoincrement", true),
                    ConnectionId = table.Column<Guid>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SearchScopes", x => x.Id);
                    table.ForeignKey(
                        name: "FK_SearchScopes_Connections_ConnectionId",
                        column: x => x.ConnectionId,
                        principalTable: "Connections",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_PastPaths_ConnectionId_FullPath",
                table: "PastPaths",
                columns: new[] { "ConnectionId", "FullPath" });

            migrationBuilder.CreateIndex(
                name: "IX_PastPaths_RepositoryId",
                table: "PastPaths",
                column: "RepositoryId");

            migrationBuilder.CreateIndex(
                name: "IX_SearchScopes_ConnectionId",
                table: "SearchScopes",
                column: "ConnectionId",
                unique: true);

            foreach (var statement in Statements) migrationBuilder.Sql(statement);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            foreach (var statement in Undo) migrationBuilder.Sql(statement);
            migrationBuilder.DropTable(
                name: "CatalogueGroups");

            migrationBuilder.DropTable(
                name: "PastPaths");

            migrationBuilder.DropTable(
                name: "ProcessNotices");

            migrationBuilder.DropTable(
                name: "SearchScopes");

            migrationBuilder.CreateIndex(
                name: "IX_Repositories_FullPath",
                table: "Repositories",
                column: "FullPath");

            migrationBuilder.CreateIndex(
                name: "IX_Repositories_LastActivityAt",
                table: "Repositories",
                column: "LastActivityAt");

            migrationBuilder.CreateIndex(
                name: "IX_Repositories_NamespacePath",
                table: "Repositories",
                column: "NamespacePath");
        }
    }
}
