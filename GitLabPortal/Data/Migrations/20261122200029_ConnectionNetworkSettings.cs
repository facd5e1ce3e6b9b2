using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class ConnectionNetworkSettings : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "BrowserUrl",
                table: "Connections",
                type: "TEXT",
                maxLength: 2100,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "TrustedAuthorities",
                table: "Connections",
                type: "TEXT",
                maxLength: 65536,
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "BrowserUrl",
                table: "Connections");

            migrationBuilder.DropColumn(
                name: "TrustedAuthorities",
                table: "Connections");
        }
    }
}
