using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>The sandbox as a server: roots, TLS, routes nobody declared, its log and git.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task Everything_lies_below_the_relative_root()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithRelativeRoot("/tools/gitlab").StartAsync();

        gitlab.Url.AbsolutePath.ShouldBe("/tools/gitlab");
        (await gitlab.GetAsync("/api/v4/version")).Status.ShouldBe(401);
        gitlab.Requests.Last!.Path.ShouldBe("/api/v4/version");
        gitlab.Requests.Last!.FullPath.ShouldBe("/tools/gitlab/api/v4/version");

        using var http = new HttpClient();
        using var outside = await http.GetAsync(new Uri(gitlab.Url, "/api/v4/version"));
        ((int)outside.StatusCode).ShouldBe(404);
        (await outside.Content.ReadAsStringAsync()).ShouldBe("Not found \"/api/v4/version\"");
        outside.Headers.Contains("X-Gitlab-Meta").ShouldBeFalse();
    }

    [Fact]
    public async Task Speaks_tls_with_the_given_certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        var request = new CertificateRequest("CN=sandbox", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await using var gitlab = await new GitLabSandboxBuilder().WithTls(certificate).StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString(),
            },
        });

        var reply = await gitlab.SendAsync(HttpMethod.Get, "/api/v4/version", http: http);

        gitlab.Url.Scheme.ShouldBe("https");
        reply.Status.ShouldBe(401);
        reply.Has("Strict-Transport-Security").ShouldBeTrue();
    }

    [Fact]
    public async Task A_route_that_nobody_declared_fails_the_test_at_the_end()
    {
        var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Declare("/api/v4/on-purpose");
        await gitlab.GetAsync("/api/v4/on-purpose");
        await gitlab.GetAsync("/api/v3/anything");
        gitlab.Requests.Undeclared.ShouldBeEmpty();

        await gitlab.GetAsync("/api/v4/projects/1/invented");

        gitlab.Requests.Undeclared.ShouldBe(["GET /api/v4/projects/1/invented"]);
        var failure = await Should.ThrowAsync<UndeclaredRouteException>(async () => await gitlab.DisposeAsync());
        failure.Message.ShouldContain("GET /api/v4/projects/1/invented");
    }

    [Fact]
    public async Task The_log_names_tokens_by_id_and_hides_secrets()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);

        await gitlab.GetAsync("/api/v4/user", token);
        await gitlab.GetAsync($"/api/v4/user?private_token={token.Secret}&x=1");

        gitlab.Requests.Used(token).ShouldBeTrue();
        gitlab.Requests.All.Select(r => r.SentAs).ShouldBe(["PRIVATE-TOKEN", "private_token"]);
        gitlab.Requests.All.ShouldAllBe(r => r.TokenId == token.Id && r.Status == 200);
        gitlab.Requests.Last!.Query.ShouldBe("private_token=...&x=1");
        gitlab.Requests.All.ShouldAllBe(r => !r.ToString().Contains(token.Secret));
    }

    [Fact]
    public async Task Unchanged_answers_are_304_to_who_has_the_tag()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(5).StartAsync();
        var first = await gitlab.GetAsync("/api/v4/projects");
        var tag = first.Header("ETag").ShouldNotBeNull();
        tag.ShouldStartWith("W/\"");

        var second = await gitlab.SendAsync(HttpMethod.Get, "/api/v4/projects", r => r.Headers.TryAddWithoutValidation("If-None-Match", tag));

        second.Status.ShouldBe(304);
        second.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_goes_down_and_comes_back_at_its_address()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var url = gitlab.Url;
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        await gitlab.GoDownAsync();
        await Should.ThrowAsync<HttpRequestException>(() => gitlab.GetAsync("/api/v4/user", token));
        await gitlab.ComeBackAsync();

        gitlab.Url.ShouldBe(url);
        (await gitlab.GetAsync("/api/v4/user", token)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_throttle_counts_per_caller_and_describes_itself()
    {
        var clock = new SandboxClock(new DateTimeOffset(2026, 5, 1, 12, 0, 30, TimeSpan.Zero));
        await using var gitlab = await new GitLabSandboxBuilder().WithTimeProvider(clock).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        gitlab.World.Settings.Throttle = new SandboxThrottle(2, TimeSpan.FromMinutes(2));

        var first = await gitlab.GetAsync("/api/v4/user", token);
        first.Header("RateLimit-Limit").ShouldBe("1");
        first.Header("RateLimit-Remaining").ShouldBe("1");
        (await gitlab.GetAsync("/api/v4/user", token)).Status.ShouldBe(200);
        var third = await gitlab.GetAsync("/api/v4/user", token);
        third.Status.ShouldBe(429);
        third.Header("Retry-After").ShouldBe("90");
        (await gitlab.GetAsync("/api/v4/projects")).Status.ShouldBe(200);
        clock.Advance(TimeSpan.FromSeconds(90));
        (await gitlab.GetAsync("/api/v4/user", token)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Two_servers_do_not_share_tokens()
    {
        await using var one = await GitLabSandbox.StartAsync();
        await using var other = await GitLabSandbox.StartAsync();

        (await other.GetAsync("/api/v4/user", one.World.AddToken(one.World.Root, ["api"]))).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Git_answers_by_project_token_and_scope()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var world = gitlab.World;
        var group = world.AddGroup("platform");
        world.AddProject(group, "website", visibility: SandboxVisibility.Public);
        var ledger = world.AddProject(group, "ledger");
        var ann = world.AddUser("ann");
        world.AddMember(ann, ledger);
        const string Fetch = "/info/refs?service=git-upload-pack";
        const string Push = "/info/refs?service=git-receive-pack";
        var good = world.AddToken(ann, ["read_repository"]).Secret;

        (await gitlab.AsGitAsync("/platform/website.git" + Fetch, password: null)).Status.ShouldBe(200);
        var hidden = await gitlab.AsGitAsync("/platform/ledger.git" + Fetch, password: null);
        hidden.Status.ShouldBe(401);
        hidden.Header("WWW-Authenticate").ShouldBe("Basic realm=\"GitLab\"");
        (await gitlab.AsGitAsync("/no/such.git" + Fetch, password: null)).Status.ShouldBe(401);
        (await gitlab.AsGitAsync("/platform/ledger.git" + Fetch, good)).Body.ShouldStartWith("001e# service=git-upload-pack\n0000");
        (await gitlab.AsGitAsync("/platform/ledger.git" + Push, good)).Status.ShouldBe(403);
        (await gitlab.AsGitAsync("/no/such.git" + Fetch, good)).Body.ShouldBe("The project you were looking for could not be found or you don't have permission to view it.");
        (await gitlab.AsGitAsync("/platform/ledger.git" + Fetch, world.AddToken(ann, ["read_user"]).Secret)).Status.ShouldBe(403);
        (await gitlab.AsGitAsync("/platform/ledger.git" + Fetch, "wrong")).Body.ShouldStartWith("HTTP Basic: Access denied.");
        (await gitlab.AsGitAsync("/platform/ledger.git/info/refs", good)).Status.ShouldBe(403);
        (await gitlab.AsGitAsync("/platform/ledger.git" + Fetch, good, HttpMethod.Head)).Status.ShouldBe(403);
        (await gitlab.AsGitAsync("/platform/ledger" + Fetch, good)).Header("Location").ShouldBe("/platform/ledger.git" + Fetch);
        world.Archive(ledger);
        (await gitlab.AsGitAsync("/platform/ledger.git" + Push, world.AddToken(ann, ["write_repository"]).Secret)).Body.ShouldBe("You can't push code to an archived project.");
        world.Rename(ledger, "books");
        (await gitlab.AsGitAsync("/platform/ledger.git" + Fetch, good)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Resource_tokens_are_read_by_maintainers_only()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var world = gitlab.World;
        var project = world.AddProject(world.AddGroup("platform"), "ledger", visibility: SandboxVisibility.Internal);
        var token = world.AddProjectToken(project, ["api"], accessLevel: 40);
        var stranger = world.AddToken(world.AddUser("ann"), ["api"]);

        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}/access_tokens", stranger)).Status.ShouldBe(401);
        var listed = (await gitlab.GetAsync($"/api/v4/projects/{project.Id}/access_tokens", token)).Json[0];
        listed.GetProperty("resource_type").GetString().ShouldBe("project");
        listed.GetProperty("access_level").GetInt32().ShouldBe(40);
        var rotated = await gitlab.PostAsync($"/api/v4/projects/{project.Id}/access_tokens/self/rotate", token);
        rotated.Status.ShouldBe(200);
        rotated.Json.GetProperty("resource_id").GetInt64().ShouldBe(project.Id);
    }
}
