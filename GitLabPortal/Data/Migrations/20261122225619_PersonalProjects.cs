using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class PersonalProjects : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "IsFromSetUp",
                table: "SystemHooks",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            migrationBuilder.AddColumn<Guid>(
                name: "PersonalAccountId",
                table: "Projects",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "PersonalGitLabUserId",
                table: "Projects",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_Projects_PersonalAccountId",
                table: "Projects",
                column: "PersonalAccountId");

            migrationBuilder.AddForeignKey(
                name: "FK_Projects_Accounts_PersonalAccountId",
                table: "Projects",
                column: "PersonalAccountId",
                principalTable: "Accounts",
                principalColumn: "Id",
                onDelete: ReferentialAction.SetNull);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropForeignKey(
                name: "FK_Projects_Accounts_PersonalAccountId",
                table: "Projects");

            migrationBuilder.DropIndex(
                name: "IX_Projects_PersonalAccountId",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "IsFromSetUp",
                table: "SystemHooks");

            migrationBuilder.DropColumn(
                name: "PersonalAccountId",
                table: "Projects");

            migrationBuilder.DropColumn(
                name: "PersonalGitLabUserId",
                table: "Projects");
        }
    }
}
