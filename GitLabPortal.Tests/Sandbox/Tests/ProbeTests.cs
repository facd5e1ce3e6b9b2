using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>What a caller without a token learns.</summary>
public sealed class ProbeTests
{
    [Fact]
    public async Task Version_three_is_gone()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var reply = await gitlab.GetAsync("/api/v3/anything");

        reply.Status.ShouldBe(410);
        reply.Body.ShouldBe("""{"error":"API V3 is no longer supported. Use API V4 instead."}""");
    }

    [Fact]
    public async Task Version_three_still_knows_the_user()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_user"]);

        (await gitlab.GetAsync("/api/v3/user", token)).Json.GetProperty("username").GetString().ShouldBe("ann");
    }

    [Fact]
    public async Task An_unknown_route_is_a_404_with_another_key_and_looks_at_no_token()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Declare("/api/v4/no-such-thing");

        var reply = await gitlab.GetAsync("/api/v4/no-such-thing", "garbage");

        reply.Status.ShouldBe(404);
        reply.Body.ShouldBe("""{"error":"404 Not Found"}""");
    }

    [Fact]
    public async Task Slashes_are_squeezed_and_trailing_ones_dropped()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        (await gitlab.GetAsync("/api/v4//version/")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Discovery_names_the_configured_address()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithExternalUrl("https://git.example.com/gitlab").WithRelativeRoot("/gitlab").StartAsync();

        var document = (await gitlab.GetAsync("/.well-known/openid-configuration")).Json;

        document.GetProperty("issuer").GetString().ShouldBe("https://git.example.com/gitlab");
        document.GetProperty("token_endpoint").GetString().ShouldBe("https://git.example.com/gitlab/oauth/token");
        (await gitlab.GetAsync("/.well-known/oauth-authorization-server")).Json.TryGetProperty("registration_endpoint", out _).ShouldBeTrue();
        (await gitlab.GetAsync("/oauth/discovery/keys")).Json.TryGetProperty("keys", out _).ShouldBeTrue();
        (await gitlab.GetAsync("/.well-known/terraform.json")).Body.ShouldBe("""{"modules.v1":"/gitlab/api/v4/packages/terraform/modules/v1/"}""");
    }

    [Fact]
    public async Task Web_pages_lead_to_the_sign_in_page_whether_they_exist_or_not()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        foreach (var path in (string[])["/", "/no/such/project", "/-/user_settings/personal_access_tokens?scopes=api", "/-/profile/personal_access_tokens"])
        {
            var reply = await gitlab.GetAsync(path);
            reply.Status.ShouldBe(302);
            reply.Header("Location").ShouldBe(gitlab.At("/users/sign_in").AbsoluteUri);
            reply.Header("Set-Cookie").ShouldNotBeNull().ShouldStartWith("_gitlab_session=");
        }

        var page = await gitlab.GetAsync("/users/sign_in");
        page.ContentType.ShouldBe("text/html; charset=utf-8");
        page.Body.ShouldContain("content=\"GitLab\" property=\"og:site_name\"");
    }

    [Fact]
    public async Task Health_is_hidden_from_other_machines()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        (await gitlab.GetAsync("/-/health")).Body.ShouldBe("Not Found");
        (await gitlab.GetAsync("/-/readiness")).Body.ShouldBe("""{"error":"Not Found","status":404}""");
        gitlab.World.Settings.MonitoringAllowed = true;
        (await gitlab.GetAsync("/-/health")).Body.ShouldBe("GitLab OK");
    }

    [Fact]
    public async Task Anonymous_project_lists_are_public_and_basic()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(200).StartAsync();

        var reply = await gitlab.GetAsync("/api/v4/projects?per_page=1");

        reply.Status.ShouldBe(200);
        reply.Header("X-Per-Page").ShouldBe("1");
        reply.Json[0].GetProperty("visibility").GetString().ShouldBe("public");
        reply.Json[0].TryGetProperty("archived", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Token_information_serves_oauth_tokens_only()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var user = gitlab.World.AddUser("ann");

        var info = await gitlab.GetAsBearerAsync("/oauth/token/info", gitlab.World.AddOAuthToken(user, ["read_user"]));
        info.Json.GetProperty("resource_owner_id").GetInt64().ShouldBe(user.Id);
        info.Json.GetProperty("expires_in").GetInt32().ShouldBeInRange(7190, 7200);

        var personal = await gitlab.GetAsBearerAsync("/oauth/token/info", gitlab.World.AddToken(user, ["api"]));
        personal.Status.ShouldBe(401);
        personal.Body.ShouldBe("""{"error":"invalid_token","error_description":"The access token is invalid"}""");
        personal.Has("WWW-Authenticate").ShouldBeTrue();
    }
}
