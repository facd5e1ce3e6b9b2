using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>GitLab's refusals, byte for byte.</summary>
public sealed class RefusalTests
{
    private static readonly string[] ApiScopes = ["api", "read_user"];
    private const string Unauthorized = """{"message":"401 Unauthorized"}""";

    [Theory]
    [InlineData("/api/v4/version")]
    [InlineData("/api/v4/user")]
    [InlineData("/api/v4/personal_access_tokens/self")]
    [InlineData("/api/v4/namespaces")]
    public async Task No_token_where_one_is_needed_is_a_401_without_challenge(string path)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var reply = await gitlab.GetAsync(path);

        reply.Status.ShouldBe(401);
        reply.Body.ShouldBe(Unauthorized);
        reply.ContentType.ShouldBe("application/json");
        reply.Has("WWW-Authenticate").ShouldBeFalse();
        reply.Header("X-Gitlab-Meta").ShouldNotBeNull().ShouldContain("\"version\":\"1\"");
        reply.Has("X-Request-Id").ShouldBeTrue();
    }

    [Theory]
    [InlineData("/api/v4/user")]
    [InlineData("/api/v4/projects")]
    public async Task An_unknown_token_is_a_401_even_where_anonymous_callers_are_served(string path)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var reply = await gitlab.GetAsync(path, "glpat-" + new string('x', 20));

        reply.Status.ShouldBe(401);
        reply.Body.ShouldBe(Unauthorized);
        reply.Has("WWW-Authenticate").ShouldBeFalse();
    }

    [Fact]
    public async Task Switched_off_tokens_look_like_unknown_ones()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var user = gitlab.World.AddUser("ann");
        var token = gitlab.World.AddToken(user, ApiScopes);
        var oauth = gitlab.World.AddOAuthToken(user, ApiScopes);
        gitlab.World.Settings.PersonalAccessTokensDisabled = true;

        (await gitlab.GetAsync("/api/v4/user", token)).Body.ShouldBe(Unauthorized);
        (await gitlab.GetAsBearerAsync("/api/v4/user", oauth)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task An_expired_token_is_named_so()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ApiScopes, expiresInDays: -1);

        var reply = await gitlab.GetAsync("/api/v4/user", token);

        reply.Status.ShouldBe(401);
        reply.Body.ShouldBe("""{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}""");
        reply.Header("WWW-Authenticate").ShouldBe(
            "Bearer realm=\"Protected by OAuth 2.0\", error=\"invalid_token\", error_description=\"Token is expired. You can either do re-authorization or token refresh.\"");
    }

    [Fact]
    public async Task A_revoked_token_is_named_so()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ApiScopes);
        gitlab.World.Revoke(token);

        var reply = await gitlab.GetAsync("/api/v4/projects", token);

        reply.Status.ShouldBe(401);
        reply.Body.ShouldBe("""{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}""");
        reply.Header("WWW-Authenticate").ShouldBe(
            "Bearer realm=\"Protected by OAuth 2.0\", error=\"invalid_token\", error_description=\"Token was revoked. You have to re-authorize from the user.\"");
    }

    [Fact]
    public async Task An_impersonation_token_dies_with_the_switch()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddImpersonationToken(gitlab.World.AddUser("ann"), ApiScopes);
        (await gitlab.GetAsync("/api/v4/user", token)).Status.ShouldBe(200);

        gitlab.World.Settings.ImpersonationDisabled = true;
        var reply = await gitlab.GetAsync("/api/v4/user", token);

        reply.Status.ShouldBe(401);
        reply.Body.ShouldBe("""{"error":"invalid_token","error_description":"Token is an impersonation token but impersonation was disabled."}""");
    }

    [Theory]
    [InlineData("19.3.0-ee", "/api/v4/version", "read_user ai_features ai_workflows api read_api")]
    [InlineData("18.9.0-ee", "/api/v4/version", "read_user ai_features api read_api")]
    [InlineData("18.9.0-ee", "/api/v4/projects", "ai_workflows api read_api")]
    [InlineData("16.6.10-ee", "/api/v4/projects", "api read_api")]
    public async Task A_missing_scope_lists_the_scopes_that_would_do_without_a_challenge(string version, string path, string scopes)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_repository"]);

        var reply = await gitlab.GetAsync(path, token);

        reply.Status.ShouldBe(403);
        reply.Body.ShouldBe($$"""{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"{{scopes}}"}""");
        reply.Has("WWW-Authenticate").ShouldBeFalse();
    }

    [Fact]
    public async Task A_write_lists_read_api_although_it_would_not_help()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(3).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["read_api"]);

        var reply = await gitlab.DeleteAsync($"/api/v4/projects/{gitlab.World.Projects[0].Id}", token);

        reply.Status.ShouldBe(403);
        reply.Body.ShouldContain("\"scope\":\"api read_api\"");
    }

    [Theory]
    [InlineData(SandboxUserState.Blocked, "403 Forbidden - Your account has been blocked.")]
    [InlineData(SandboxUserState.PendingApproval, "403 Forbidden - Your account is pending approval from your administrator and hence blocked.")]
    [InlineData(SandboxUserState.PasswordExpired, "403 Forbidden - Your password expired. Please access GitLab from a web browser to update your password.")]
    [InlineData(SandboxUserState.Internal, "403 Forbidden - This action cannot be performed by internal users")]
    [InlineData(SandboxUserState.Deactivated, "403 Forbidden - Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at https://git.example.com")]
    public async Task A_live_token_of_an_unwell_account_is_a_403_with_the_reason(SandboxUserState state, string message)
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithExternalUrl("https://git.example.com").StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann", state: state), ApiScopes);

        var reply = await gitlab.GetAsync("/api/v4/user", token);

        reply.Status.ShouldBe(403);
        reply.Body.ShouldBe($$"""{"message":"{{message}}"}""");
    }

    [Fact]
    public async Task Terms_are_named_with_the_user_and_the_configured_address()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithExternalUrl("https://git.example.com").StartAsync();
        var user = gitlab.World.AddUser("ann");
        var token = gitlab.World.AddToken(user, ApiScopes);
        gitlab.World.Settings.TermsEnforced = true;

        (await gitlab.GetAsync("/api/v4/user", token)).Body.ShouldBe(
            """{"message":"403 Forbidden - You (@ann) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at https://git.example.com."}""");
        gitlab.World.AcceptTerms(user);
        (await gitlab.GetAsync("/api/v4/user", token)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Death_comes_before_the_account_and_the_account_before_the_scope()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var blocked = gitlab.World.AddUser("ann", state: SandboxUserState.Blocked);

        (await gitlab.GetAsync("/api/v4/user", gitlab.World.AddToken(blocked, ApiScopes, expiresInDays: 0))).Body.ShouldContain("Token is expired");
        (await gitlab.GetAsync("/api/v4/user", gitlab.World.AddToken(blocked, ["read_repository"]))).Body.ShouldContain("has been blocked");
    }

    [Fact]
    public async Task Two_tokens_at_once_are_a_bad_request()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ApiScopes);

        var reply = await gitlab.GetAsBearerAsync("/api/v4/user?access_token=abc", token);

        reply.Status.ShouldBe(400);
        reply.Body.ShouldBe("""{"error":"invalid_request","error_description":"Both Authorization header and payload includes access token."}""");
    }

    [Fact]
    public async Task An_oauth_token_is_unknown_in_the_private_token_header()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddOAuthToken(gitlab.World.AddUser("ann"), ["read_user"]);

        (await gitlab.GetAsync("/api/v4/user", token)).Body.ShouldBe(Unauthorized);
        (await gitlab.GetAsBearerAsync("/api/v4/user", token)).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("Authorization", "Bearer glpat-\u00fc\u00e4")]
    [InlineData("PRIVATE-TOKEN", "glpat-\u00ff")]
    public async Task Bytes_that_are_no_utf8_in_a_token_are_a_plain_400(string header, string value)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var reply = await gitlab.GetAsync("/api/v4/user", value, header);

        reply.Status.ShouldBe(400);
        reply.Body.ShouldBe("Bad Request");
        reply.ContentType.ShouldBe("text/plain");
    }

    [Fact]
    public async Task A_nul_byte_in_a_parameter_is_a_plain_400()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        (await gitlab.GetAsync("/api/v4/projects?search=a%00b")).Body.ShouldBe("Bad Request");
    }

    [Fact]
    public async Task A_wrong_verb_is_a_405_that_lists_the_right_ones()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var reply = await gitlab.SendAsync(HttpMethod.Delete, "/api/v4/version");

        reply.Status.ShouldBe(405);
        reply.Body.ShouldBe("""{"error":"405 Not Allowed"}""");
        reply.Header("Allow").ShouldBe("OPTIONS, GET, HEAD");
    }

    [Fact]
    public async Task Missing_things_are_spelt_in_their_own_ways()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ApiScopes);

        (await gitlab.GetAsync("/api/v4/projects/123", token)).Body.ShouldBe("""{"message":"404 Project Not Found"}""");
        (await gitlab.GetAsync("/api/v4/projects/some%2Fthing", token)).Body.ShouldBe("""{"message":"404 Project Not Found"}""");
        (await gitlab.GetAsync("/api/v4/groups/nope", token)).Body.ShouldBe("""{"message":"404 Group Not Found"}""");
        (await gitlab.GetAsync("/api/v4/projects/99999999999999999999", token)).Body.ShouldBe("""{"message":"404 Not found"}""");
    }
}
