using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class OAuthTests
{
    private const string Callback = "https://portal.example/signin/gitlab";
    private static readonly string Verifier = new('v', 50);

    [Fact]
    public async Task The_whole_way_from_sign_in_to_identity()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var ann = gitlab.World.AddUser("ann");
        var application = gitlab.World.AddApplication("Portal", Callback, ["openid", "read_user"]);
        var authorize = Authorize(application);

        var ask = await gitlab.GetAsync(authorize);
        ask.Status.ShouldBe(302);
        ask.Header("Location").ShouldNotBeNull().ShouldEndWith("/users/sign_in");
        var signedIn = await gitlab.SendAsync(HttpMethod.Post, "/users/sign_in", Form(ask, ("user[login]", "ann"), ("user[password]", "x")));
        signedIn.Header("Location").ShouldBe(authorize);
        var consent = await gitlab.SendAsync(HttpMethod.Get, authorize, Form(signedIn));
        consent.Status.ShouldBe(200);
        consent.Body.ShouldContain("Portal is requesting access");
        var granted = await gitlab.SendAsync(HttpMethod.Post, "/oauth/authorize", Form(signedIn, Fields(application)));
        granted.Status.ShouldBe(302);
        var back = HttpUtility.ParseQueryString(new Uri(granted.Header("Location")!).Query);
        back["state"].ShouldBe("s1");

        var pair = (await Exchange(gitlab, application, back["code"]!)).Json;
        pair.GetProperty("token_type").GetString().ShouldBe("Bearer");
        pair.GetProperty("expires_in").GetInt32().ShouldBe(7200);
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(pair.GetProperty("id_token").GetString()!.Split('.')[1])).RootElement;
        claims.GetProperty("sub").GetString().ShouldBe($"{ann.Id}");
        claims.GetProperty("iss").GetString().ShouldBe(gitlab.ExternalUrl);
        var access = pair.GetProperty("access_token").GetString();
        (await gitlab.GetAsync("/api/v4/user", "Bearer " + access, "Authorization")).Json.GetProperty("username").GetString().ShouldBe("ann");
        (await gitlab.GetAsync("/oauth/userinfo", "Bearer " + access, "Authorization")).Json.GetProperty("sub").GetString().ShouldBe($"{ann.Id}");
        (await Exchange(gitlab, application, back["code"]!)).Body.ShouldContain("invalid_grant");

        // A known confidential application is not asked about again, and the page redirects by script.
        var again = await gitlab.SendAsync(HttpMethod.Get, authorize, Form(signedIn));
        again.Status.ShouldBe(200);
        again.Body.ShouldContain("window.location");
    }

    [Fact]
    public async Task Errors_stay_on_GitLabs_own_page_with_status_200()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.World.AddUser("ann");
        var application = gitlab.World.AddApplication("Portal", Callback, ["read_user"]);
        var session = await gitlab.SendAsync(HttpMethod.Post, "/users/sign_in", Form(null, ("user[login]", "ann")));
        foreach (var wrong in (string[])[
            Authorize(application).Replace(application.ClientId, "unknown", StringComparison.Ordinal),
            Authorize(application).Replace("signin", "elsewhere", StringComparison.Ordinal),
            Authorize(application)])
        {
            var page = await gitlab.SendAsync(HttpMethod.Get, wrong, Form(session));
            page.Status.ShouldBe(200);
            page.Body.ShouldContain("An error has occurred");
            page.Has("Location").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_refresh_may_be_repeated_until_the_new_token_is_used()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var ann = gitlab.World.AddUser("ann");
        var application = gitlab.World.AddApplication("Portal", Callback, ["read_user"]);
        var first = gitlab.World.AddOAuthPair(application, ann, ["read_user"], predecessor: null);

        var lost = await Refresh(gitlab, application, first.RefreshSecret!);
        lost.Status.ShouldBe(200);
        (await gitlab.GetAsBearerAsync("/api/v4/user", first)).Status.ShouldBe(200);
        var second = (await Refresh(gitlab, application, first.RefreshSecret!)).Json;
        (await gitlab.GetAsync("/api/v4/user", "Bearer " + second.GetProperty("access_token").GetString(), "Authorization")).Status.ShouldBe(200);

        (await Refresh(gitlab, application, first.RefreshSecret!)).Body.ShouldContain("invalid_grant");
        (await gitlab.GetAsBearerAsync("/api/v4/user", first)).Body.ShouldContain("Token was revoked");
        gitlab.World.Delete(application);
        (await Refresh(gitlab, application, second.GetProperty("refresh_token").GetString()!)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Tokens_without_openid_learn_nothing_from_userinfo()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var reply = await gitlab.GetAsBearerAsync("/oauth/userinfo", gitlab.World.AddOAuthToken(gitlab.World.AddUser("ann"), ["read_user"]));

        reply.Status.ShouldBe(403);
        reply.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_admin_creates_applications_and_sees_the_secret_once()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var admin = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        var other = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);

        (await gitlab.PostAsync("/api/v4/applications", other)).Body.ShouldBe("""{"message":"403 Forbidden"}""");
        (await gitlab.PostAsync("/api/v4/applications", admin, """{"name":"p","redirect_uri":"http://x"}""")).Body.ShouldBe("""{"error":"scopes is missing, scopes is empty"}""");
        (await gitlab.PostAsync("/api/v4/applications", admin, """{"name":"p","redirect_uri":"/here","scopes":"api"}""")).Body.ShouldBe("""{"message":{"redirect_uri":["must be an absolute URI."]}}""");
        (await gitlab.PostAsync("/api/v4/applications", admin, """{"name":"p","redirect_uri":"http://x","scopes":"nope"}""")).Body.ShouldBe("""{"message":{"scopes":["doesn't match configured on the server."]}}""");
        var created = await gitlab.PostAsync("/api/v4/applications", admin, """{"name":"p","redirect_uri":"http://x\nhttp://y","scopes":"openid read_user"}""");
        created.Status.ShouldBe(201);
        created.Json.GetProperty("secret").GetString().ShouldNotBeNull().ShouldStartWith("gloas-");
        (await gitlab.GetAsync("/api/v4/applications", admin)).Body.ShouldNotContain("secret");
        var id = created.Json.GetProperty("id").GetInt64();
        (await gitlab.PostAsync($"/api/v4/applications/{id}/renew-secret", admin)).Status.ShouldBe(201);
        (await gitlab.DeleteAsync($"/api/v4/applications/{id}", admin)).Status.ShouldBe(204);
        (await gitlab.DeleteAsync($"/api/v4/applications/{id}", admin)).Body.ShouldBe("""{"message":"404 Application Not Found"}""");
    }

    [Fact]
    public async Task An_admin_makes_a_bot_with_a_token_and_access()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(10).StartAsync();
        var admin = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        const string Bot = """{"username":"bot","name":"Bot","email":"bot@x.example","force_random_password":true,"skip_confirmation":true}""";

        (await gitlab.PostAsync("/api/v4/users", admin)).Body.ShouldStartWith("""{"error":"email is missing, name is missing, username is missing""");
        var user = (await gitlab.PostAsync("/api/v4/users", admin, Bot)).Json;
        (await gitlab.PostAsync("/api/v4/users", admin, Bot)).Body.ShouldBe("""{"message":"Email has already been taken"}""");
        var other = Bot.Replace("bot@x", "other@x", StringComparison.Ordinal);
        (await gitlab.PostAsync("/api/v4/users", admin, other)).Body.ShouldBe("""{"message":"Username has already been taken"}""");
        var id = user.GetProperty("id").GetInt64();
        (await gitlab.PostAsync($"/api/v4/users/{id}/personal_access_tokens", admin)).Body.ShouldBe("""{"error":"name is missing, scopes is missing"}""");
        var token = await gitlab.PostAsync($"/api/v4/users/{id}/personal_access_tokens", admin, """{"name":"portal","scopes":["api","read_user"]}""");
        token.Status.ShouldBe(201);
        (await gitlab.GetAsync("/api/v4/user", token.Json.GetProperty("token").GetString())).Json.GetProperty("username").GetString().ShouldBe("bot");
        var members = $"/api/v4/groups/{gitlab.World.TopLevelGroups[0].Id}/members";
        (await gitlab.PostAsync(members, admin, $$"""{"user_id":{{id}},"access_level":20}""")).Status.ShouldBe(201);
        (await gitlab.PostAsync(members, admin, $$"""{"user_id":{{id}},"access_level":20}""")).Body.ShouldBe("""{"message":"Member already exists"}""");
    }

    [Theory]
    [InlineData("18.9.0", 404)]
    [InlineData("18.9.0-ee", 201)]
    [InlineData("19.3.0", 201)]
    public async Task Service_accounts_were_enterprise_only(string version, int status)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();

        (await gitlab.PostAsync("/api/v4/service_accounts", gitlab.World.AddToken(gitlab.World.Root, ["api"]))).Status.ShouldBe(status);
    }

    private static (string, string)[] Fields(SandboxApplication application) =>
    [
        ("client_id", application.ClientId), ("redirect_uri", Callback), ("response_type", "code"), ("state", "s1"), ("scope", "openid read_user"),
        ("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)))), ("code_challenge_method", "S256"),
    ];

    private static string Authorize(SandboxApplication application) =>
        "/oauth/authorize?" + string.Join('&', Fields(application).Select(f => $"{f.Item1}={Uri.EscapeDataString(f.Item2)}"));

    private static Action<HttpRequestMessage> Form(Reply? session, params (string Name, string Value)[] fields) => request =>
    {
        if (session?.Header("Set-Cookie") is { } cookie)
            request.Headers.Add("Cookie", cookie.Split(';')[0]);
        if (fields.Length > 0)
            request.Content = new FormUrlEncodedContent(fields.Select(f => new KeyValuePair<string, string>(f.Name, f.Value)));
    };

    private static Task<Reply> Exchange(GitLabSandbox gitlab, SandboxApplication application, string code) => gitlab.SendAsync(HttpMethod.Post, "/oauth/token", Form(
        null, ("grant_type", "authorization_code"), ("client_id", application.ClientId), ("client_secret", application.Secret), ("code", code), ("redirect_uri", Callback), ("code_verifier", Verifier)));

    private static Task<Reply> Refresh(GitLabSandbox gitlab, SandboxApplication application, string refresh) => gitlab.SendAsync(HttpMethod.Post, "/oauth/token", Form(
        null, ("grant_type", "refresh_token"), ("client_id", application.ClientId), ("client_secret", application.Secret), ("refresh_token", refresh)));
}
