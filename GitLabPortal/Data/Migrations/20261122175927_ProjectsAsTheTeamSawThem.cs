using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class ProjectsAsTheTeamSawThem : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "SeenName",
                table: "Projects",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "SeenPath",
                table: "Projects",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            migrationBuilder.AddColumn<string>(
                name: "SeenText",
                table: "Projects",
                type: "TEXT",
                nullable: false,
                defaultValue: "");

            // What was picked before is noted as the catalogue knows it now.
            migrationBuilder.Sql("""
                UPDATE "Projects" SET
                    "SeenName" = COALESCE((SELECT r."Name" FROM "Repositories" r WHERE r."ServerId" = "Projects"."ServerId" AND r."GitLabId" = "Projects"."GitLabId"), ''),
                    "SeenPath" = COALESCE((SELECT r."FullPath" FROM "Repositories" r WHERE r."ServerId" = "Projects"."ServerId" AND r."GitLabId" = "Projects"."GitLabId"), ''),
                    "SeenText" = COALESCE((SELECT lower(r."FullPath" || ' ' || r."Name") FROM "Repositories" r WHERE r."ServerId" = "Projects"."ServerId" AND r."GitLabId" = "Projects"."GitLabId"), '');
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "SeenName",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "SeenPath",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "SeenText",
                table: "Projects");
        }
    }
}
