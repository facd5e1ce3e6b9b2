using System.Text.Json;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>The sandbox beside recordings of real servers. Without the recordings each test still pins what the facts name, and says so.</summary>
public sealed class RecordedConformanceTests(ITestOutputHelper output)
{
    private static readonly string[] BasicKeys =
    [
        "id", "description", "name", "name_with_namespace", "path", "path_with_namespace", "created_at", "default_branch", "tag_list", "topics",
        "ssh_url_to_repo", "http_url_to_repo", "web_url", "readme_url", "forks_count", "avatar_url", "star_count", "last_activity_at", "visibility", "namespace",
    ];

    [Fact]
    public async Task Simple_projects_fit_the_schema()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(100).StartAsync();
        var member = gitlab.World.AddUser("ann");
        gitlab.World.AddMemberOfEveryGroup(member);
        var token = gitlab.World.AddToken(member, ["api"]);
        // Repositories switched off leave keys out, which the schema does not cover.
        var readable = gitlab.World.Projects.Where(p => p.RepositoryAccess is SandboxFeatureAccess.Enabled && p.Namespace is SandboxGroup).Select(p => p.Id).ToHashSet();
        var page = (await gitlab.GetAsync("/api/v4/projects?simple=true&membership=true&per_page=100", token)).Json;
        var projects = page.EnumerateArray().Where(p => readable.Contains(p.GetProperty("id").GetInt64())).ToList();

        projects.Count.ShouldBeGreaterThan(50);
        foreach (var project in projects)
            project.EnumerateObject().Select(p => p.Name).ShouldBe(BasicKeys);
        Compare("project.json", projects.ToArray());
    }

    [Fact]
    public async Task Metadata_and_version_fit_the_schema()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_user"]);
        var metadata = (await gitlab.GetAsync("/api/v4/metadata", token)).Json;
        var version = (await gitlab.GetAsync("/api/v4/version", token)).Json;

        metadata.EnumerateObject().Select(p => p.Name).ShouldBe(["version", "revision", "kas", "enterprise"]);
        Compare("metadata.json", metadata, version);
        CompareKeys("version_200.json", version);
    }

    [Fact]
    public async Task Users_fit_the_schemas()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var user = (await gitlab.GetAsync("/api/v4/user", gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_user"]))).Json;
        var admin = (await gitlab.GetAsync("/api/v4/user", gitlab.World.AddToken(gitlab.World.Root, ["read_user"]))).Json;

        user.TryGetProperty("commit_email", out _).ShouldBeTrue();
        Compare("user/public.json", user);
        Compare("user/admin.json", admin);
        // Gone in newer versions.
        CompareKeys("user_200.json", user, "skype");
    }

    [Fact]
    public async Task Resource_tokens_fit_the_schema()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(5).StartAsync();
        var project = gitlab.World.Projects[0];
        var token = gitlab.World.AddProjectToken(project, ["api"]);
        var listed = (await gitlab.GetAsync($"/api/v4/projects/{project.Id}/access_tokens", token)).Json;

        listed[0].GetProperty("resource_id").GetInt64().ShouldBe(project.Id);
        Compare("resource_access_tokens.json", listed);
    }

    [Fact]
    public async Task A_full_project_has_every_recorded_key()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "ledger", visibility: SandboxVisibility.Public);
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);

        var full = (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Json;

        full.GetProperty("permissions").GetProperty("group_access").ValueKind.ShouldBe(JsonValueKind.Null);
        CompareKeys("project_200_authenticated_full.json", full);
    }

    [Fact]
    public async Task Refusals_equal_the_recorded_ones()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        var refused = await gitlab.GetAsync("/api/v4/user", "no such token");
        var missing = await gitlab.GetAsync("/api/v4/projects/some%2Fnone", token);

        refused.Status.ShouldBe(401);
        missing.Status.ShouldBe(404);
        CompareReply("user_401_bad_token.json", refused);
        CompareReply("project_404.json", missing);
    }

    [Fact]
    public async Task Pages_of_a_group_carry_the_recorded_headers()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(20).StartAsync();
        var group = gitlab.World.TopLevelGroups[0];
        var reply = await gitlab.GetAsync($"/api/v4/groups/{group.Id}/projects", gitlab.World.AddToken(gitlab.World.Root, ["api"]));

        string[] names = ["X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages", "Link", "ETag", "Vary", "X-Frame-Options", "X-Content-Type-Options", "Cache-Control"];
        names.Where(name => !reply.Has(name)).ShouldBeEmpty();
        if (Missing())
            return;
        var recorded = RecordedAnswers.Exchange("group_projects_list_200.json").GetProperty("headers").EnumerateObject().Select(h => h.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        names.ShouldAllBe(name => recorded.Contains(name));
    }

    private void Compare(string schema, params JsonElement[] values)
    {
        if (Missing())
            return;
        foreach (var value in values)
            RecordedAnswers.Schema(schema).Check(value).ShouldBeEmpty();
    }

    /// <summary>Every key that the real answer had is there.</summary>
    private void CompareKeys(string exchange, JsonElement value, params string[] except)
    {
        if (Missing())
            return;
        RecordedAnswers.Exchange(exchange).GetProperty("body").EnumerateObject().Select(p => p.Name)
            .Where(name => !value.TryGetProperty(name, out _)).Except(except).ShouldBeEmpty();
    }

    private void CompareReply(string exchange, Reply reply)
    {
        if (Missing())
            return;
        var recorded = RecordedAnswers.Exchange(exchange);
        reply.Status.ShouldBe(recorded.GetProperty("status").GetInt32());
        JsonElement.DeepEquals(reply.Json, recorded.GetProperty("body")).ShouldBeTrue();
        reply.ContentType.ShouldBe(recorded.GetProperty("headers").GetProperty("Content-Type").GetString());
        reply.Header("Content-Length").ShouldBe(recorded.GetProperty("headers").GetProperty("Content-Length").GetString());
    }

    private bool Missing()
    {
        if (RecordedAnswers.Folder is not null)
            return false;
        output.WriteLine("No folder shared/gitlab/recorded beside the repository: compared with the written facts only, not with recordings.");
        return true;
    }
}
