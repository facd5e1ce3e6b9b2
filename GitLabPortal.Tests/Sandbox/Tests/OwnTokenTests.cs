using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>What a token says about itself and its user.</summary>
public sealed class OwnTokenTests
{
    [Theory]
    [InlineData("read_repository")]
    [InlineData("self_rotate")]
    [InlineData("read_user")]
    [InlineData("api")]
    public async Task Any_scope_may_read_its_own_token(string scope)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), [scope], expiresInDays: 90, name: "portal", description: "for tests");

        var self = (await gitlab.GetAsync("/api/v4/personal_access_tokens/self", token)).Json;

        self.GetProperty("id").GetInt64().ShouldBe(token.Id);
        self.GetProperty("scopes")[0].GetString().ShouldBe(scope);
        self.GetProperty("active").GetBoolean().ShouldBeTrue();
        self.GetProperty("revoked").GetBoolean().ShouldBeFalse();
        self.GetProperty("expires_at").GetString().ShouldBe(token.ExpiresAt!.Value.ToString("yyyy-MM-dd"));
        self.EnumerateObject().Select(p => p.Name).ShouldBe(
            ["id", "name", "revoked", "created_at", "description", "scopes", "user_id", "last_used_at", "active", "expires_at", "last_used_ips"]);
    }

    [Fact]
    public async Task Every_kind_of_personal_token_reads_itself_and_oauth_does_not()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(10).StartAsync();
        var world = gitlab.World;
        var user = world.AddUser("ann");
        SandboxToken[] tokens =
        [
            world.AddToken(user, ["read_user"]),
            world.AddImpersonationToken(user, ["read_user"]),
            world.AddToken(world.AddServiceAccount("service_account_1"), ["read_user"]),
            world.AddProjectToken(world.Projects[0], ["read_repository"]),
            world.AddGroupToken(world.Groups[0], ["read_repository"]),
        ];

        foreach (var token in tokens)
            (await gitlab.GetAsync("/api/v4/personal_access_tokens/self", token)).Status.ShouldBe(200, token.ToString());

        var reply = await gitlab.GetAsBearerAsync("/api/v4/personal_access_tokens/self", world.AddOAuthToken(user, ["api"]));
        reply.Status.ShouldBe(400);
        reply.Body.ShouldBe("""{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}""");
    }

    [Fact]
    public async Task Resource_tokens_cannot_hold_personal_scopes()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(10).StartAsync();

        Should.Throw<ArgumentException>(() => gitlab.World.AddProjectToken(gitlab.World.Projects[0], ["read_user"]));
        Should.Throw<ArgumentException>(() => gitlab.World.AddGroupToken(gitlab.World.Groups[0], ["admin_mode"]));
    }

    [Fact]
    public async Task A_project_bot_is_named_after_its_project()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(10).StartAsync();
        var project = gitlab.World.Projects[0];
        var token = gitlab.World.AddProjectToken(project, ["read_api"]);

        var user = (await gitlab.GetAsync("/api/v4/user", token)).Json;

        user.GetProperty("username").GetString().ShouldNotBeNull().ShouldStartWith($"project_{project.Id}_bot_");
        user.GetProperty("bot").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Only_admins_have_the_admin_keys()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithAdminMode().StartAsync();
        var admin = gitlab.World.AddToken(gitlab.World.Root, ["read_user"]);
        var other = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_user"]);

        (await gitlab.GetAsync("/api/v4/user", other)).Json.TryGetProperty("is_admin", out _).ShouldBeFalse();
        // Admin Mode does not show here: the flag says nothing about whether admin calls work.
        (await gitlab.GetAsync("/api/v4/user", admin)).Json.GetProperty("is_admin").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task The_last_use_moves_at_most_every_ten_minutes()
    {
        var clock = new SandboxClock(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        await using var gitlab = await new GitLabSandboxBuilder().WithTimeProvider(clock).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        await gitlab.GetAsync("/api/v4/user", token);
        clock.Advance(TimeSpan.FromMinutes(9));
        await gitlab.GetAsync("/api/v4/user", token);
        token.LastUsedAt.ShouldBe(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

        clock.Advance(TimeSpan.FromMinutes(1));
        await gitlab.GetAsync("/api/v4/user", token);
        token.LastUsedAt.ShouldBe(clock.GetUtcNow());
    }

    [Fact]
    public async Task A_token_dies_at_midnight_utc_of_its_date()
    {
        var clock = new SandboxClock(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        await using var gitlab = await new GitLabSandboxBuilder().WithTimeProvider(clock).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"], expiresInDays: 2);

        clock.Set(new DateTimeOffset(2026, 5, 2, 23, 59, 59, TimeSpan.Zero));
        (await gitlab.GetAsync("/api/v4/user", token)).Status.ShouldBe(200);
        clock.Set(new DateTimeOffset(2026, 5, 3, 0, 0, 0, TimeSpan.Zero));
        var reply = await gitlab.GetAsync("/api/v4/user", token);
        reply.Body.ShouldContain("Token is expired");
        reply.Header("Date").ShouldBe("Sun, 03 May 2026 00:00:00 GMT");
    }

    [Fact]
    public async Task Admin_mode_asks_for_its_scope()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithAdminMode().WithProjects(30).StartAsync();
        var without = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        var with = gitlab.World.AddToken(gitlab.World.Root, ["api", "admin_mode"]);
        var secret = gitlab.World.AddProject(gitlab.World.AddGroup("vault"), "keys");

        (await gitlab.GetAsync($"/api/v4/projects/{secret.Id}", without)).Status.ShouldBe(404);
        (await gitlab.GetAsync($"/api/v4/projects/{secret.Id}", with)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Associations_list_what_the_token_reaches()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(10).StartAsync();
        var user = gitlab.World.AddUser("ann");
        gitlab.World.AddMember(user, gitlab.World.TopLevelGroups[0], 20);

        var reached = (await gitlab.GetAsync("/api/v4/personal_access_tokens/self/associations", gitlab.World.AddToken(user, ["api"]))).Json;

        reached.GetProperty("groups").GetArrayLength().ShouldBeGreaterThan(0);
        reached.GetProperty("groups")[0].GetProperty("access_levels").GetInt32().ShouldBe(20);
    }
}
