using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class WalkInRanges : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.RenameColumn(
                name: "CursorId",
                table: "SyncRuns",
                newName: "RequestsAtOnce");

            migrationBuilder.AddColumn<long>(
                name: "HighestId",
                table: "SyncRuns",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Kind",
                table: "SyncRuns",
                type: "TEXT",
                maxLength: 32,
                nullable: false,
                defaultValue: "Full");

            migrationBuilder.AddColumn<string>(
                name: "Absence",
                table: "RepositorySightings",
                type: "TEXT",
                maxLength: 32,
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "DisappearanceId",
                table: "RepositorySightings",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<DateTime>(
                name: "FirstSeenAt",
                table: "RepositorySightings",
                type: "TEXT",
                nullable: false,
                defaultValue: new DateTime(1, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified));

            migrationBuilder.AddColumn<DateTime>(
                name: "KeptSince",
                table: "RepositorySightings",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "ReadsCode",
                table: "RepositorySightings",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateTable(
                name: "Disappearances",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    ConnectionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    FoundAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    Count = table.Column<int>(type: "INTEGER", nullable: false),
                    Known = table.Column<int>(type: "INTEGER", nullable: false),
                    LastSeenAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    Cause = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: false),
                    DecidedAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    DecidedBy = table.Column<string>(type: "TEXT", maxLength: 200, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Disappearances", x => x.Id);
                    table.ForeignKey(
                        name: "FK_Disappearances_Connections_ConnectionId",
                        column: x => x.ConnectionId,
                        principalTable: "Connections",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ServerLeases",
                columns: table => new
                {
                    ServerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Holder = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    ExpiresAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ServerLeases", x => x.ServerId);
                    table.ForeignKey(
                        name: "FK_ServerLeases_Servers_ServerId",
                        column: x => x.ServerId,
                        principalTable: "Servers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "SyncIntervals",
                columns: table => new
                {
                    ConnectionId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Every = table.Column<TimeSpan>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncIntervals", x => x.ConnectionId);
                    table.ForeignKey(
                        name: "FK_SyncIntervals_Connections_ConnectionId",
                        column: x => x.ConnectionId,
                        principalTable: "Connections",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "SyncRanges",
                columns: table => new
                {
                    RunId = table.Column<Guid>(type: "TEXT", nullable: false),
                    FromId = table.Column<long>(type: "INTEGER", nullable: false),
                    CursorId = table.Column<long>(type: "INTEGER", nullable: false),
                    ToId = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SyncRanges", x => new { x.RunId, x.FromId });
                    table.ForeignKey(
                        name: "FK_SyncRanges_SyncRuns_RunId",
                        column: x => x.RunId,
                        principalTable: "SyncRuns",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            // Walks that were cut off go on where they were: the column that was renamed above held the place.
            migrationBuilder.Sql(
                """
                INSERT INTO SyncRanges (RunId, FromId, CursorId, ToId)
                SELECT Id, 0, RequestsAtOnce, NULL FROM SyncRuns WHERE State <> 'Completed' AND Pages > 0;
                UPDATE SyncRuns SET RequestsAtOnce = 0;
                UPDATE RepositorySightings SET ReadsCode = 1 WHERE RepositoryId IN (SELECT Id FROM Repositories WHERE DefaultBranch IS NOT NULL);
                """);

            migrationBuilder.CreateIndex(
                name: "IX_RepositorySightings_DisappearanceId",
                table: "RepositorySightings",
                column: "DisappearanceId",
                filter: "\"DisappearanceId\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_Disappearances_ConnectionId_FoundAt",
                table: "Disappearances",
                columns: new[] { "ConnectionId", "FoundAt" });

            migrationBuilder.CreateIndex(
                name: "IX_Disappearances_Held",
                table: "Disappearances",
                column: "ConnectionId",
                unique: true,
                filter: "\"State\" = 'Held'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Disappearances");

            migrationBuilder.DropTable(
                name: "ServerLeases");

            migrationBuilder.DropTable(
                name: "SyncIntervals");

            migrationBuilder.DropTable(
                name: "SyncRanges");

            migrationBuilder.DropIndex(
                name: "IX_RepositorySightings_DisappearanceId",
                table: "RepositorySightings");

            migrationBuilder.DropColumn(
                name: "HighestId",
                table: "SyncRuns");

            migrationBuilder.DropColumn(
                name: "Kind",
                table: "SyncRuns");

            migrationBuilder.DropColumn(
                name: "Absence",
                table: "RepositorySightings");

            migrationBuilder.DropColumn(
                name: "DisappearanceId",
                table: "RepositorySightings");

            migrationBuilder.DropColumn(
                name: "FirstSeenAt",
                table: "RepositorySightings");

            migrationBuilder.DropColumn(
                name: "KeptSince",
                table: "RepositorySightings");

            migrationBuilder.DropColumn(
                name: "ReadsCode",
                table: "RepositorySightings");

            migrationBuilder.RenameColumn(
                name: "RequestsAtOnce",
                table: "SyncRuns",
                newName: "CursorId");
        }
    }
}
