using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class MemberViews : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Audience",
                table: "Connections",
                type: "TEXT",
                maxLength: 32,
                nullable: false,
                defaultValue: "Team");

            migrationBuilder.CreateTable(
                name: "MemberSightings",
                columns: table => new
                {
                    IdentityId = table.Column<Guid>(type: "TEXT", nullable: false),
                    RepositoryId = table.Column<long>(type: "INTEGER", nullable: false),
                    ReadsCode = table.Column<bool>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MemberSightings", x => new { x.IdentityId, x.RepositoryId });
                    table.ForeignKey(
                        name: "FK_MemberSightings_GitLabIdentities_IdentityId",
                        column: x => x.IdentityId,
                        principalTable: "GitLabIdentities",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_MemberSightings_Repositories_RepositoryId",
                        column: x => x.RepositoryId,
                        principalTable: "Repositories",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "MemberViews",
                columns: table => new
                {
                    IdentityId = table.Column<Guid>(type: "TEXT", nullable: false),
                    StartedAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    CompletedAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    Listed = table.Column<int>(type: "INTEGER", nullable: false),
                    NewestRepositoryId = table.Column<long>(type: "INTEGER", nullable: false),
                    EmptySince = table.Column<DateTime>(type: "TEXT", nullable: true),
                    Attempts = table.Column<int>(type: "INTEGER", nullable: false),
                    RetryAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    ProblemCode = table.Column<string>(type: "TEXT", maxLength: 80, nullable: true),
                    ProblemText = table.Column<string>(type: "TEXT", maxLength: 1000, nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MemberViews", x => x.IdentityId);
                    table.ForeignKey(
                        name: "FK_MemberViews_GitLabIdentities_IdentityId",
                        column: x => x.IdentityId,
                        principalTable: "GitLabIdentities",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_MemberSightings_RepositoryId",
                table: "MemberSightings",
                column: "RepositoryId");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "MemberSightings");

            migrationBuilder.DropTable(
                name: "MemberViews");

            migrationBuilder.DropColumn(
                name: "Audience",
                table: "Connections");
        }
    }
}
