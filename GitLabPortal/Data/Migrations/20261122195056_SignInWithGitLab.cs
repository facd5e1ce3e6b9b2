using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace GitLabPortal.Data.Migrations
{
    /// <inheritdoc />
    public partial class SignInWithGitLab : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ServerApplications",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    ServerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    GitLabId = table.Column<long>(type: "INTEGER", nullable: true),
                    ClientId = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    ProtectedSecret = table.Column<string>(type: "TEXT", nullable: false),
                    SecretKeyId = table.Column<Guid>(type: "TEXT", nullable: false),
                    RedirectUri = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    Scopes = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    AllowsPlainHttp = table.Column<bool>(type: "INTEGER", nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    WorkedAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    CheckedAt = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ServerApplications", x => x.Id);
                    table.ForeignKey(
                        name: "FK_ServerApplications_Servers_ServerId",
                        column: x => x.ServerId,
                        principalTable: "Servers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ServerEntries",
                columns: table => new
                {
                    ServerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Rule = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    TeamId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Role = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    Groups = table.Column<string>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ServerEntries", x => x.ServerId);
                    table.ForeignKey(
                        name: "FK_ServerEntries_Servers_ServerId",
                        column: x => x.ServerId,
                        principalTable: "Servers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_ServerEntries_Teams_TeamId",
                        column: x => x.TeamId,
                        principalTable: "Teams",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ServerSetUps",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    ServerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Plan = table.Column<string>(type: "TEXT", nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    StartedById = table.Column<Guid>(type: "TEXT", nullable: true),
                    StartedBy = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    StartedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    EndedAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    AddedServer = table.Column<bool>(type: "INTEGER", nullable: false),
                    ProtectedBotToken = table.Column<string>(type: "TEXT", nullable: true),
                    BotTokenKeyId = table.Column<Guid>(type: "TEXT", nullable: true),
                    WorkingBy = table.Column<Guid>(type: "TEXT", nullable: true),
                    WorkingUntil = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ServerSetUps", x => x.Id);
                    table.ForeignKey(
                        name: "FK_ServerSetUps_Servers_ServerId",
                        column: x => x.ServerId,
                        principalTable: "Servers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "SetUpLinks",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    CodeHash = table.Column<string>(type: "TEXT", maxLength: 64, nullable: false),
                    CreatedById = table.Column<Guid>(type: "TEXT", nullable: false),
                    CreatedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    ExpiresAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    UsedAt = table.Column<DateTime>(type: "TEXT", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SetUpLinks", x => x.Id);
                    table.ForeignKey(
                        name: "FK_SetUpLinks_Accounts_CreatedById",
                        column: x => x.CreatedById,
                        principalTable: "Accounts",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "GitLabIdentities",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    AccountId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ServerId = table.Column<Guid>(type: "TEXT", nullable: false),
                    GitLabUserId = table.Column<long>(type: "INTEGER", nullable: false),
                    Username = table.Column<string>(type: "TEXT", maxLength: 300, nullable: false),
                    SignsIn = table.Column<bool>(type: "INTEGER", nullable: false),
                    IsExternal = table.Column<bool>(type: "INTEGER", nullable: false),
                    ApplicationId = table.Column<Guid>(type: "TEXT", nullable: true),
                    ProtectedTokens = table.Column<string>(type: "TEXT", nullable: true),
                    TokenKeyId = table.Column<Guid>(type: "TEXT", nullable: true),
                    AccessExpiresAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    Scopes = table.Column<string>(type: "TEXT", maxLength: 500, nullable: false),
                    PairVersion = table.Column<int>(type: "INTEGER", nullable: false),
                    RefreshingBy = table.Column<Guid>(type: "TEXT", nullable: true),
                    RefreshingUntil = table.Column<DateTime>(type: "TEXT", nullable: true),
                    State = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    LinkedAt = table.Column<DateTime>(type: "TEXT", nullable: false),
                    SignedInAt = table.Column<DateTime>(type: "TEXT", nullable: true),
                    CheckedAt = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_GitLabIdentities", x => x.Id);
                    table.ForeignKey(
                        name: "FK_GitLabIdentities_Accounts_AccountId",
                        column: x => x.AccountId,
                        principalTable: "Accounts",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_GitLabIdentities_ServerApplications_ApplicationId",
                        column: x => x.ApplicationId,
                        principalTable: "ServerApplications",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "FK_GitLabIdentities_Servers_ServerId",
                        column: x => x.ServerId,
                        principalTable: "Servers",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "SetUpReceipts",
                columns: table => new
                {
                    SetUpId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Step = table.Column<string>(type: "TEXT", maxLength: 100, nullable: false),
                    State = table.Column<string>(type: "TEXT", maxLength: 32, nullable: false),
                    GitLabId = table.Column<long>(type: "INTEGER", nullable: true),
                    PortalId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Before = table.Column<string>(type: "TEXT", maxLength: 2000, nullable: false),
                    At = table.Column<DateTime>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_SetUpReceipts", x => new { x.SetUpId, x.Step });
                    table.ForeignKey(
                        name: "FK_SetUpReceipts_ServerSetUps_SetUpId",
                        column: x => x.SetUpId,
                        principalTable: "ServerSetUps",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_GitLabIdentities_AccountId",
                table: "GitLabIdentities",
                column: "AccountId");

            migrationBuilder.CreateIndex(
                name: "IX_GitLabIdentities_ApplicationId",
                table: "GitLabIdentities",
                column: "ApplicationId");

            migrationBuilder.CreateIndex(
                name: "IX_GitLabIdentities_ServerId_GitLabUserId",
                table: "GitLabIdentities",
                columns: new[] { "ServerId", "GitLabUserId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ServerApplications_ServerId_ClientId",
                table: "ServerApplications",
                columns: new[] { "ServerId", "ClientId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ServerEntries_TeamId",
                table: "ServerEntries",
                column: "TeamId");

            migrationBuilder.CreateIndex(
                name: "IX_ServerSetUps_ServerId",
                table: "ServerSetUps",
                column: "ServerId");

            migrationBuilder.CreateIndex(
                name: "IX_SetUpLinks_CodeHash",
                table: "SetUpLinks",
                column: "CodeHash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_SetUpLinks_CreatedById",
                table: "SetUpLinks",
                column: "CreatedById");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "GitLabIdentities");

            migrationBuilder.DropTable(
                name: "ServerEntries");

            migrationBuilder.DropTable(
                name: "SetUpLinks");

            migrationBuilder.DropTable(
                name: "SetUpReceipts");

            migrationBuilder.DropTable(
                name: "ServerApplications");

            migrationBuilder.DropTable(
                name: "ServerSetUps");
        }
    }
}
