using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class VersionProfileTests
{
    private const string Self = "/api/v4/personal_access_tokens/self";

    [Theory]
    [InlineData("13.12.15", 405, """{"error":"405 Not Allowed"}""")]
    [InlineData("15.4.6-ee", 401, """{"message":"401 Unauthorized"}""")]
    [InlineData("15.5.0", 200, null)]
    [InlineData("19.3.0-ee", 200, null)]
    public async Task A_good_token_meets_self_by_version(string version, int status, string? body)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();

        var reply = await gitlab.GetAsync(Self, gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]));

        reply.Status.ShouldBe(status);
        if (body is not null)
            reply.Body.ShouldBe(body);
    }

    [Fact]
    public async Task An_admin_on_15_4_meets_a_404_instead()
    {
        await using var gitlab = await GitLabSandbox.Version("15.4.6-ee").StartAsync();

        (await gitlab.GetAsync(Self, gitlab.World.AddToken(gitlab.World.Root, ["api"]))).Status.ShouldBe(404);
    }

    [Theory]
    [InlineData("13.12.15", "version,revision")]
    [InlineData("15.4.6-ee", "version,revision")]
    [InlineData("15.5.0-ee", "version,revision,kas")]
    [InlineData("16.6.10-ee", "version,revision,kas,enterprise")]
    public async Task The_version_answer_grew(string version, string keys)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();

        var reply = await gitlab.GetAsync("/api/v4/version", gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_user"]));

        reply.Json.EnumerateObject().Select(p => p.Name).ShouldBe(keys.Split(','));
        reply.Json.GetProperty("version").GetString().ShouldBe(version);
    }

    [Theory]
    [InlineData("13.12.15", false)]
    [InlineData("15.4.6-ee", true)]
    public async Task Metadata_is_an_unknown_route_before_15_2(string version, bool exists)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();

        var reply = await gitlab.GetAsync("/api/v4/metadata", gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_user"]));

        reply.Status.ShouldBe(exists ? 200 : 404);
        if (!exists)
            reply.Body.ShouldBe("""{"error":"404 Not Found"}""");
    }

    [Theory]
    [InlineData("18.9.0", false)]
    [InlineData("18.9.0-ee", true)]
    public async Task The_enterprise_flag_tells_the_package(string version, bool isEnterprise)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();

        var reply = await gitlab.GetAsync("/api/v4/metadata", gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]));

        reply.Json.GetProperty("enterprise").GetBoolean().ShouldBe(isEnterprise);
        reply.Json.GetProperty("kas").TryGetProperty("externalK8sProxyUrl", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("15.4.6-ee", "id/rotate", 404)]
    [InlineData("16.6.10-ee", "id/rotate", 200)]
    [InlineData("16.6.10-ee", "self/rotate", 401)]
    [InlineData("16.11.10", "self/rotate", 200)]
    public async Task Rotation_came_in_steps(string version, string route, int status)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);

        var reply = await gitlab.PostAsync("/api/v4/personal_access_tokens/" + route.Replace("id", $"{token.Id}", StringComparison.Ordinal), token);

        reply.Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("13.12.15", false)]
    [InlineData("16.6.10-ee", true)]
    public async Task The_meta_header_is_younger_than_old_servers(string version, bool exists)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();

        (await gitlab.GetAsync("/api/v4/version")).Has("X-Gitlab-Meta").ShouldBe(exists);
    }

    [Fact]
    public async Task Old_tokens_have_no_prefix()
    {
        await using var old = await GitLabSandbox.Version("13.12.15").StartAsync();
        await using var current = await GitLabSandbox.StartAsync();

        old.World.AddToken(old.World.Root, ["api"]).Secret.Length.ShouldBe(20);
        current.World.AddToken(current.World.Root, ["api"]).Secret.ShouldStartWith("glpat-");
    }

    [Fact]
    public async Task Old_servers_ignore_filters_that_they_do_not_know()
    {
        await using var gitlab = await GitLabSandbox.Version("16.6.10-ee").WithProjects(100).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        (await gitlab.GetAsync("/api/v4/projects?active=true&per_page=1", token)).Header("X-Total").ShouldBe("100");
    }

    [Fact]
    public async Task From_19_3_an_id_in_the_path_must_be_a_number()
    {
        await using var gitlab = await GitLabSandbox.Version("19.3.0-ee").StartAsync();

        var reply = await gitlab.GetAsync("/api/v4/personal_access_tokens/abc", gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]));

        reply.Status.ShouldBe(400);
        reply.Body.ShouldBe("""{"error":"id is invalid"}""");
    }

    [Fact]
    public async Task Every_profile_serves_a_keyset_walk()
    {
        foreach (var version in GitLabRelease.Profiles)
        {
            await using var gitlab = await GitLabSandbox.Version(version).WithProjects(5).StartAsync();
            var reply = await gitlab.GetAsync("/api/v4/projects?pagination=keyset&order_by=id&sort=asc", gitlab.World.AddToken(gitlab.World.Root, ["api"]));
            reply.Json.GetArrayLength().ShouldBe(5, version);
        }
    }
}
