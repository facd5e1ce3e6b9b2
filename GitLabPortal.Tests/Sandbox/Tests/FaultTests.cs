using System.Diagnostics;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class FaultTests
{
    private const string Projects = "/api/v4/projects";

    [Fact]
    public async Task The_two_429_are_unlike()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer(Projects, times: 1, Fault.TooManyRequestsByRackAttack(retryAfterSeconds: 1));

        var throttled = await gitlab.GetAsync(Projects);
        throttled.Status.ShouldBe(429);
        throttled.ContentType.ShouldBe("text/plain");
        throttled.Body.ShouldBe("Retry later\n");
        throttled.Header("Retry-After").ShouldBe("1");
        foreach (var header in (string[])["RateLimit-Limit", "RateLimit-Name", "RateLimit-Observed", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-ResetTime"])
            throttled.Has(header).ShouldBeTrue(header);

        (await gitlab.GetAsync(Projects)).Status.ShouldBe(200);

        gitlab.Faults.Answer(Projects, times: 1, Fault.TooManyRequestsByEndpoint(600));
        var limited = await gitlab.GetAsync(Projects);
        limited.Body.ShouldBe("""{"message":{"error":"This endpoint has been requested too many times. Try again later."}}""");
        limited.Header("Retry-After").ShouldBe("600");
        limited.Has("RateLimit-Limit").ShouldBeFalse();
    }

    [Fact]
    public async Task Faults_wait_for_their_turn_and_end()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer(Projects, times: 2, Fault.InternalServerError(), after: 1);

        List<int> statuses = [];
        for (var i = 0; i < 5; i++)
            statuses.Add((await gitlab.GetAsync(Projects)).Status);

        statuses.ShouldBe([200, 500, 500, 200, 200]);
        gitlab.Requests.Count(r => r.Fault == "500").ShouldBe(2);
        (await gitlab.GetAsync("/api/v4/version")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Servers_in_front_do_not_sign_as_GitLab()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        foreach (var (fault, status, type, body) in new[]
        {
            (Fault.GitLabIsNotResponding(), 502, "text/plain", "GitLab is not responding"),
            (Fault.NginxBadGateway(), 502, "text/html; charset=utf-8", "<center>nginx</center>"),
            (Fault.SsoLoginPage(), 200, "text/html; charset=utf-8", "<form"),
            (Fault.PayloadTooLarge(), 413, "text/html; charset=utf-8", "413"),
            (Fault.UriTooLong(), 414, "text/html; charset=utf-8", "414"),
        })
        {
            gitlab.Faults.Clear();
            gitlab.Faults.AnswerEverything(fault);
            var reply = await gitlab.GetAsync(Projects);
            reply.Status.ShouldBe(status);
            reply.ContentType.ShouldBe(type);
            reply.Body.ShouldContain(body);
            reply.Has("X-Gitlab-Meta").ShouldBeFalse(fault.Name);
            reply.Has("X-Request-Id").ShouldBeFalse(fault.Name);
        }
    }

    [Fact]
    public async Task Redirects_lead_where_they_are_told()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer(Projects, Fault.SsoRedirect("https://sso.example.com/"));
        gitlab.Faults.Answer("/api/v4/version", Fault.RedirectTo("https://git.example.com:443/api/v4/version"));

        var sso = await gitlab.GetAsync(Projects);
        sso.Status.ShouldBe(302);
        sso.Header("Location").ShouldBe("https://sso.example.com/");
        (await gitlab.GetAsync("/api/v4/version")).Status.ShouldBe(301);
    }

    [Fact]
    public async Task The_deploy_page_covers_the_web_but_not_the_api_route()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.DeployPage());

        var health = await gitlab.GetAsync("/-/health");
        health.Status.ShouldBe(200);
        health.Body.ShouldContain("Deploy in progress");
        (await gitlab.GetAsync("/api/v4/version")).Status.ShouldBe(502);
    }

    [Fact]
    public async Task Maintenance_answers_writes_by_their_content_type()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithExternalUrl("https://git.example.com").StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        gitlab.World.Settings.MaintenanceMessage = "Back at noon";
        const string Rotate = "/api/v4/personal_access_tokens/self/rotate";

        var json = await gitlab.PostAsync(Rotate, token);
        json.Status.ShouldBe(503);
        json.Header("Retry-After").ShouldBe("900");
        json.Body.ShouldBe("""{"message":"Back at noon"}""");

        var bare = await gitlab.PostAsync(Rotate, token, json: null);
        bare.Status.ShouldBe(301);
        bare.Header("Location").ShouldBe("https://git.example.com/");
        (await gitlab.GetAsync("/api/v4/personal_access_tokens/self", token)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Circumstances_are_judged_by_GitLab_itself()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        foreach (var (fault, body) in new[]
        {
            (Fault.BlockedUser(), "Your account has been blocked."),
            (Fault.TermsNotAccepted(), "You (@ann) must accept"),
            (Fault.PersonalAccessTokensDisabled(), """{"message":"401 Unauthorized"}"""),
        })
        {
            gitlab.Faults.AnswerExactly("/api/v4/user", fault, times: 1);
            (await gitlab.GetAsync("/api/v4/user", token)).Body.ShouldContain(body);
            gitlab.Faults.Clear();
        }

        gitlab.Faults.AnswerEverything(Fault.Maintenance());
        (await gitlab.PostAsync("/api/v4/personal_access_tokens/self/rotate", token)).Status.ShouldBe(503);
    }

    [Fact]
    public async Task A_proxy_that_decodes_slashes_breaks_paths_but_not_numbers()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var project = gitlab.World.AddProject(gitlab.World.AddGroup("platform"), "ledger");
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);
        gitlab.Faults.AnswerEverything(Fault.ProxyDecodesSlashes());

        (await gitlab.GetAsync("/api/v4/projects/platform%2Fledger", token)).Body.ShouldBe("""{"error":"404 Not Found"}""");
        (await gitlab.GetAsync($"/api/v4/projects/{project.Id}", token)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Broken_deliveries_break_as_named()
    {
        await using var gitlab = await GitLabSandbox.WithProjects(20).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        gitlab.Faults.Answer(Projects, times: 1, Fault.TruncatedJson());
        var truncated = await gitlab.GetAsync(Projects, token);
        truncated.Status.ShouldBe(200);
        Should.Throw<JsonException>(() => truncated.Json);

        gitlab.Faults.Answer(Projects, times: 1, Fault.EmptyBody());
        (await gitlab.GetAsync(Projects, token)).Body.ShouldBeEmpty();

        gitlab.Faults.Answer(Projects, times: 1, Fault.ResetMidBody());
        await Should.ThrowAsync<HttpRequestException>(() => gitlab.GetAsync(Projects, token));

        gitlab.Faults.Answer(Projects, times: 1, Fault.Drip(bytesPerPiece: 20_000, pause: TimeSpan.FromMilliseconds(5)));
        (await gitlab.GetAsync(Projects, token)).Json.GetArrayLength().ShouldBe(20);
    }

    [Fact]
    public async Task Slow_and_hanging_servers_keep_the_client_waiting()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer(Projects, times: 1, Fault.Delay(TimeSpan.FromMilliseconds(80)));
        var started = Stopwatch.GetTimestamp();
        await gitlab.GetAsync(Projects);
        Stopwatch.GetElapsedTime(started).TotalMilliseconds.ShouldBeGreaterThan(70);

        gitlab.Faults.Answer(Projects, times: 1, Fault.Hang());
        using var impatient = new HttpClient { Timeout = TimeSpan.FromMilliseconds(100) };
        await Should.ThrowAsync<TaskCanceledException>(() => gitlab.SendAsync(HttpMethod.Get, Projects, http: impatient));
        gitlab.Faults.Answer(Projects, times: 1, Fault.Hang());
        var pending = gitlab.GetAsync(Projects);
        await gitlab.DisposeAsync();
        await Should.ThrowAsync<HttpRequestException>(() => pending);
    }

    [Fact]
    public async Task A_clock_may_be_wrong()
    {
        var clock = new SandboxClock(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
        await using var gitlab = await new GitLabSandboxBuilder().WithTimeProvider(clock).StartAsync();
        gitlab.Faults.AnswerEverything(Fault.ClockSkew(TimeSpan.FromHours(-2)));

        (await gitlab.GetAsync("/api/v4/version")).Header("Date").ShouldBe("Fri, 01 May 2026 10:00:00 GMT");
    }
}
