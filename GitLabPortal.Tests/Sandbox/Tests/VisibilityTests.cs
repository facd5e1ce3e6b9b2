using System.Text.Json;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>Who sees which project, and which of its keys.</summary>
public sealed class VisibilityTests
{
    [Fact]
    public async Task Everyone_sees_what_GitLab_would_show_them()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var world = gitlab.World;
        var top = world.AddGroup("platform");
        var sub = world.AddGroup("payments", parent: top);
        var hidden = world.AddProject(sub, "ledger");
        var inner = world.AddProject(top, "handbook", visibility: SandboxVisibility.Internal);
        var open = world.AddProject(top, "website", visibility: SandboxVisibility.Public);
        var member = world.AddUser("member");
        world.AddMember(member, top, 20);
        var direct = world.AddUser("direct", external: true);
        world.AddMember(direct, hidden, 10);

        (await Seen(gitlab, world.AddToken(world.Root, ["api"]))).ShouldBe([hidden.Id, inner.Id, open.Id]);
        (await Seen(gitlab, world.AddToken(member, ["read_api"]))).ShouldBe([hidden.Id, inner.Id, open.Id]);
        (await Seen(gitlab, world.AddToken(world.AddUser("stranger"), ["api"]))).ShouldBe([inner.Id, open.Id]);
        (await Seen(gitlab, world.AddToken(world.AddUser("guest", external: true), ["api"]))).ShouldBe([open.Id]);
        (await Seen(gitlab, world.AddToken(direct, ["api"]))).ShouldBe([hidden.Id, open.Id]);
        (await Seen(gitlab, token: null)).ShouldBe([open.Id]);
        (await Seen(gitlab, world.AddProjectToken(hidden, ["api"]), "&membership=true")).ShouldBe([hidden.Id]);
        (await Seen(gitlab, world.AddGroupToken(sub, ["api"]), "&membership=true")).ShouldBe([hidden.Id]);
        (await Seen(gitlab, world.AddToken(member, ["api"]), "&min_access_level=30")).ShouldBeEmpty();
        (await Seen(gitlab, world.AddToken(member, ["api"]), "&min_access_level=20")).ShouldBe([hidden.Id, inner.Id, open.Id]);
        (await gitlab.GetAsync($"/api/v4/projects/{hidden.Id}")).Body.ShouldBe("""{"message":"404 Project Not Found"}""");
    }

    [Fact]
    public async Task Membership_is_direct_inherited_or_by_an_invited_group_and_nothing_else()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var world = gitlab.World;
        var top = world.AddGroup("platform");
        var sub = world.AddGroup("payments", parent: top);
        var guests = world.AddGroup("guests");
        var inherited = world.AddProject(sub, "ledger");
        var shared = world.AddProject(world.AddGroup("labs"), "robot");
        var below = world.AddProject(world.AddGroup("deep", parent: world.AddGroup("invited")), "mine");
        world.AddProject(world.AddGroup("other"), "internal", visibility: SandboxVisibility.Internal);
        world.AddProject(world.AddGroup("else"), "public", visibility: SandboxVisibility.Public);
        world.Share(shared, guests, 20);
        world.Share((SandboxGroup)below.Namespace.Parent!, guests, 10);
        var member = world.AddUser("member");
        world.AddMember(member, top, 20);
        var guest = world.AddUser("guest", external: true);
        world.AddMember(guest, guests, 30);
        var minimal = world.AddUser("minimal");
        world.AddMember(minimal, top, 5);

        (await Seen(gitlab, world.AddToken(member, ["read_api"]), "&membership=true")).ShouldBe([inherited.Id]);
        (await Seen(gitlab, world.AddToken(guest, ["read_api"]), "&membership=true")).ShouldBe([shared.Id, below.Id]);
        (await Seen(gitlab, world.AddToken(minimal, ["read_api"]), "&membership=true")).ShouldBeEmpty();
        (await Seen(gitlab, world.AddToken(world.Root, ["api"]), "&membership=true")).ShouldBeEmpty("an admin sees everything, but belongs to nothing");
        var json = (await gitlab.GetAsync($"/api/v4/projects/{shared.Id}", world.AddToken(guest, ["read_api"]))).Json;
        json.GetProperty("permissions").GetProperty("group_access").ValueKind.ShouldBe(JsonValueKind.Null);
        (await gitlab.GetAsBearerAsync("/api/v4/projects?membership=true", world.AddOAuthToken(member, ["read_user"]))).Status.ShouldBe(403);
        (await gitlab.GetAsync("/api/v4/projects?membership=true&pagination=keyset&order_by=id&sort=asc")).Body.ShouldBe("[]", "nobody is a member of anything without a token");
    }

    [Fact]
    public async Task Code_that_may_not_be_read_leaves_its_keys_out()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var world = gitlab.World;
        var project = world.AddProject(world.AddGroup("platform"), "ledger");
        var guest = world.AddUser("guest");
        world.AddMember(guest, project, 10);
        var reporter = world.AddUser("reporter");
        world.AddMember(reporter, project, 20);

        var forGuest = (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", world.AddToken(guest, ["api"]))).Json;
        var forReporter = (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", world.AddToken(reporter, ["api"]))).Json;

        foreach (var key in (string[])["default_branch", "readme_url", "forks_count", "ci_config_path"])
        {
            forGuest.TryGetProperty(key, out _).ShouldBeFalse(key);
            forReporter.TryGetProperty(key, out _).ShouldBeTrue(key);
        }

        forGuest.GetProperty("permissions").GetProperty("project_access").GetProperty("access_level").GetInt32().ShouldBe(10);
        forGuest.TryGetProperty("import_url", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task An_admin_who_is_no_member_has_no_permissions_block_values()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(5).StartAsync();

        var project = (await gitlab.GetAsync($"/api/v4/projects/{gitlab.World.Projects[0].Id}", gitlab.World.AddToken(gitlab.World.Root, ["api"]))).Json;

        project.GetProperty("permissions").GetProperty("project_access").ValueKind.ShouldBe(JsonValueKind.Null);
        project.GetProperty("permissions").GetProperty("group_access").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task An_empty_repository_still_has_a_default_branch()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "fresh", empty: true);

        var json = (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", gitlab.World.AddToken(gitlab.World.Root, ["api"]))).Json;

        json.GetProperty("empty_repo").GetBoolean().ShouldBeTrue();
        json.GetProperty("default_branch").GetString().ShouldBe("main");
        json.GetProperty("readme_url").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Simple_projects_lack_what_a_catalogue_wants()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(5).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        var simple = (await gitlab.GetAsync("/api/v4/projects?simple=true", token)).Json[0];
        var full = (await gitlab.GetAsync("/api/v4/projects", token)).Json[0];

        foreach (var key in (string[])["archived", "empty_repo", "permissions", "marked_for_deletion_on", "repository_access_level"])
        {
            simple.TryGetProperty(key, out _).ShouldBeFalse(key);
            full.TryGetProperty(key, out _).ShouldBeTrue(key);
        }

        full.EnumerateObject().Count().ShouldBeGreaterThan(80);
    }

    [Fact]
    public async Task A_personal_project_has_an_owner_and_a_fork_its_source()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var world = gitlab.World;
        var source = world.AddProject(world.AddGroup("platform"), "ledger");
        var fork = world.AddProject(world.AddUser("ann").Namespace, "ledger", forkedFrom: source);
        var token = world.AddToken(world.Root, ["api"]);

        var json = (await gitlab.GetAsync($"/api/v4/projects/{fork.Id}", token)).Json;

        json.GetProperty("owner").GetProperty("username").GetString().ShouldBe("ann");
        json.GetProperty("namespace").GetProperty("kind").GetString().ShouldBe("user");
        json.GetProperty("forked_from_project").GetProperty("id").GetInt64().ShouldBe(source.Id);
        json.TryGetProperty("mr_default_target_self", out _).ShouldBeTrue();
        (await gitlab.GetAsync($"/api/v4/projects/{source.Id}", token)).Json.TryGetProperty("owner", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Files_and_languages_follow_the_right_to_read_code()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var world = gitlab.World;
        var project = world.AddProject(world.AddGroup("platform"), "ledger", description: "Books");
        var guest = world.AddUser("guest");
        world.AddMember(guest, project, 10);
        var reader = world.AddToken(world.Root, ["read_repository"]);
        var files = $"/api/v4/projects/{project.Id}/repository/files/";

        var raw = await gitlab.GetAsync(files + "README.md/raw", reader);
        raw.Body.ShouldStartWith("# ledger");
        raw.Header("X-Gitlab-File-Path").ShouldBe("README.md");
        (await gitlab.GetAsync(files + "nope.txt/raw", reader)).Body.ShouldBe("""{"message":"404 File Not Found"}""");
        (await gitlab.GetAsync(files + "README.md/raw?ref=nope", reader)).Body.ShouldBe("""{"message":"404 Commit Not Found"}""");
        (await gitlab.GetAsync(files + "README%2Emd/raw", world.AddToken(guest, ["api"]))).Status.ShouldBe(403);
        (await gitlab.GetAsync($"/api/v4/projects/platform%2Fledger/languages", world.AddToken(world.Root, ["api"]))).Json.EnumerateObject().Sum(l => l.Value.GetDouble()).ShouldBe(100);
    }

    private static async Task<long[]> Seen(GitLabSandbox gitlab, SandboxToken? token, string query = "") =>
        [.. (await gitlab.GetAsync("/api/v4/projects?order_by=id&sort=asc" + query, token)).Json.EnumerateArray().Select(p => p.GetProperty("id").GetInt64())];
}
