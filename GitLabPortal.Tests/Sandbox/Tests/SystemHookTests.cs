using System.Text;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class SystemHookTests
{
    private const string Target = """{"url":"https://portal.example.com/hook","token":"s3cret"}""";

    [Fact]
    public async Task Only_administrators_may_touch_system_hooks()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var hook = gitlab.World.AddHook("https://portal.example.com/hook");
        var member = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        var reader = gitlab.World.AddToken(gitlab.World.Root, ["read_api"]);

        foreach (var reply in new[] { await gitlab.GetAsync("/api/v4/hooks", member), await gitlab.PostAsync("/api/v4/hooks", member, Target), await gitlab.DeleteAsync($"/api/v4/hooks/{hook.Id}", member) })
            (reply.Status, reply.Body).ShouldBe((403, """{"message":"403 Forbidden"}"""));
        (await gitlab.GetAsync("/api/v4/hooks", reader)).Status.ShouldBe(200);
        (await gitlab.PostAsync("/api/v4/hooks", reader, Target)).Body.ShouldContain("insufficient_scope");
        gitlab.World.Settings.AdminMode = true;
        (await gitlab.PostAsync("/api/v4/hooks", gitlab.World.AddToken(gitlab.World.Root, ["api"]), Target)).Status.ShouldBe(403);
        (await gitlab.PostAsync("/api/v4/hooks", gitlab.World.AddToken(gitlab.World.Root, ["api", "admin_mode"]), Target)).Status.ShouldBe(201);
    }

    [Fact]
    public async Task Hooks_are_made_read_changed_and_removed()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var admin = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        var made = await gitlab.PostAsync("/api/v4/hooks", admin, """{"url":"https://portal.example.com/hook","token":"s3cret","push_events":false}""");
        made.Status.ShouldBe(201);
        made.Body.ShouldNotContain("s3cret");
        var path = $"/api/v4/hooks/{made.Json.GetProperty("id").GetInt64()}";
        made.Json.GetProperty("push_events").GetBoolean().ShouldBeFalse();
        made.Json.GetProperty("repository_update_events").GetBoolean().ShouldBeTrue();
        (await gitlab.GetAsync(path, admin)).Body.ShouldBe(made.Body);
        (await PutAsync(gitlab, path, admin, "{}")).Body.ShouldBe("""{"error":"No parameters provided"}""");
        (await PutAsync(gitlab, path, admin, """{"push_events":"perhaps"}""")).Body.ShouldBe("""{"error":"push_events is invalid"}""");
        (await PutAsync(gitlab, path, admin, """{"push_events":true}""")).Json.GetProperty("push_events").GetBoolean().ShouldBeTrue();
        gitlab.World.Hooks.Single().Token.ShouldBe("s3cret");
        // Another receiver must not be told the secret of the first.
        (await PutAsync(gitlab, path, admin, """{"url":"https://elsewhere.example.com/hook"}""")).Status.ShouldBe(200);
        gitlab.World.Hooks.Single().Token.ShouldBeNull();
        (await gitlab.DeleteAsync(path, admin)).Status.ShouldBe(204);
        (await gitlab.GetAsync(path, admin)).Body.ShouldBe("""{"message":"404 Not found"}""");
    }

    [Theory]
    [InlineData("""{"token":"x"}""", 400, """{"error":"url is missing"}""")]
    [InlineData("""{"url":"portal"}""", 422, """{"error":"Invalid url given"}""")]
    [InlineData("""{"url":"ftp://portal.example.com"}""", 422, """{"error":"Invalid url given"}""")]
    [InlineData("""{"url":"http://127.0.0.1:5080/hook"}""", 422, """{"error":"Invalid url given"}""")]
    [InlineData("""{"url":"http://10.0.0.7/hook"}""", 422, """{"error":"Invalid url given"}""")]
    public async Task Addresses_that_cannot_or_may_not_be_called_are_refused(string body, int status, string answer)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.World.Settings.LocalRequestsFromSystemHooks = false;

        var reply = await gitlab.PostAsync("/api/v4/hooks", gitlab.World.AddToken(gitlab.World.Root, ["api"]), body);

        (reply.Status, reply.Body).ShouldBe((status, answer));
        gitlab.World.Hooks.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_local_network_is_allowed_unless_somebody_forbids_it()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        (await gitlab.PostAsync("/api/v4/hooks", gitlab.World.AddToken(gitlab.World.Root, ["api"]), """{"url":"http://127.0.0.1:5080/hook"}""")).Status.ShouldBe(201);
    }

    [Fact]
    public async Task A_hook_looks_as_recorded()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var hook = (await gitlab.PostAsync("/api/v4/hooks", gitlab.World.AddToken(gitlab.World.Root, ["api"]), Target)).Json;

        hook.GetProperty("alert_status").GetString().ShouldBe("executable");
        if (RecordedAnswers.Folder is not null) RecordedAnswers.Schema("system_hook.json").Check(hook).ShouldBeEmpty();
    }

    [Fact]
    public async Task From_19_on_a_hook_says_whether_it_has_secrets_and_signs()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var gitlab = await GitLabSandbox.Version("19.3.0-ee").StartAsync();
        var key = "whsec_" + Convert.ToBase64String(Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef"));

        var made = (await gitlab.PostAsync("/api/v4/hooks", gitlab.World.AddToken(gitlab.World.Root, ["api"]), $$"""{"url":"{{receiver.Url}}","signing_token":"{{key}}"}""")).Json;
        gitlab.World.AddGroup("platform");
        await gitlab.Hooks.IdleAsync();

        (made.GetProperty("token_present").GetBoolean(), made.GetProperty("signing_token_present").GetBoolean()).ShouldBe((false, true));
        var got = receiver.Received.Single();
        got["webhook-id"].ShouldBe(got["Idempotency-Key"]);
        got["webhook-signature"].ShouldBe(HookSender.Sign(key, got["webhook-id"]!, got["webhook-timestamp"]!, got.Body));
        got["X-Gitlab-Token"].ShouldBeNull();
    }

    [Theory]
    [InlineData("13.12.15", false, false)]
    [InlineData("16.11.10", false, false)]
    [InlineData("18.9.0-ee", true, false)]
    [InlineData("19.3.0-ee", true, true)]
    public async Task Deliveries_carry_the_headers_of_their_release(string version, bool hasKey, bool hasTimestamp)
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        gitlab.World.AddHook(receiver.Url, "s3cret");

        gitlab.World.AddGroup("platform");
        await gitlab.Hooks.IdleAsync();

        var got = receiver.Received.Single();
        (got["X-Gitlab-Event"], got["X-Gitlab-Token"], got["Content-Type"]).ShouldBe(("System Hook", "s3cret", "application/json"));
        got["User-Agent"]!.ShouldStartWith("GitLab/");
        (got["Idempotency-Key"] is not null, got["webhook-timestamp"] is not null).ShouldBe((hasKey, hasTimestamp));
        gitlab.Hooks.All.Single().Status.ShouldBe(200);
    }

    [Fact]
    public async Task What_happens_is_told_as_documented()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.World.AddHook(receiver.Url);
        var (group, other, user) = (gitlab.World.AddGroup("jsmith"), gitlab.World.AddGroup("scores"), gitlab.World.AddUser("john"));
        var project = gitlab.World.AddProject(group, "overscore");
        gitlab.World.Rename(project, "underscore");
        gitlab.World.Transfer(project, other);
        gitlab.World.Describe(project, "new words");
        gitlab.World.AddMember(user, project);
        gitlab.World.AddMember(user, group);
        gitlab.World.RemoveMember(user, project);
        gitlab.World.Rename(group, "smith");
        gitlab.World.Rename(user, "johnny");
        gitlab.World.Delete(project);
        await gitlab.Hooks.IdleAsync();

        var told = receiver.Received.Select(r => r.Json).ToList();
        told.Select(Name).ShouldBe([
            "group_create", "group_create", "user_create", "project_create", "project_rename", "project_transfer", "project_update",
            "user_add_to_team", "user_add_to_group", "user_remove_from_team", "group_rename", "user_rename", "project_destroy"]);
        told[4].GetProperty("old_path_with_namespace").GetString().ShouldBe("jsmith/overscore");
        told[5].GetProperty("path_with_namespace").GetString().ShouldBe("scores/underscore");
        if (RecordedAnswers.Folder is not { } folder) return;
        var documented = Directory.GetFiles(Path.Combine(folder, "docs-examples"), "system_hook_*.json")
            .Select(f => JsonDocument.Parse(File.ReadAllText(f)).RootElement)
            .Where(e => e.TryGetProperty("event_name", out _))
            .ToDictionary(Name, Keys);
        foreach (var each in told) Keys(each).ShouldBe(documented[Name(each)], ignoreOrder: true, Name(each));
    }

    [Fact]
    public async Task Deliveries_can_be_doubled_turned_round_and_lost()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.World.AddHook(receiver.Url);

        gitlab.Hooks.SendTwice = true;
        gitlab.World.AddGroup("one");
        gitlab.Hooks.SendTwice = false;
        gitlab.Hooks.Hold();
        gitlab.World.AddGroup("two");
        gitlab.World.AddGroup("three");
        gitlab.Hooks.Release(reversed: true);
        gitlab.Hooks.Lose = true;
        gitlab.World.AddGroup("four");
        await gitlab.Hooks.IdleAsync();

        receiver.Received.Select(r => r.Json.GetProperty("path").GetString()).ShouldBe(["one", "one", "three", "two"]);
        receiver.Received.Take(2).Select(r => r["Idempotency-Key"]).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_delivery_is_not_sent_again_and_a_test_answers_with_its_sample()
    {
        await using var receiver = await HookReceiver.StartAsync();
        await using var gitlab = await GitLabSandbox.StartAsync();
        var hook = gitlab.World.AddHook(receiver.Url);
        receiver.Answer = 500;

        var reply = await gitlab.PostAsync($"/api/v4/hooks/{hook.Id}", gitlab.World.AddToken(gitlab.World.Root, ["api"]));
        gitlab.World.AddGroup("platform");
        await gitlab.Hooks.IdleAsync();

        reply.Status.ShouldBe(201);
        reply.Body.ShouldBe("""{"event_name":"project_create","name":"Ruby","path":"ruby","project_id":1,"owner_name":"Someone","owner_email":"example@gitlabhq.com"}""");
        gitlab.Hooks.All.Select(d => d.Status).ShouldBe([500, 500]);
    }

    [Fact]
    public async Task Before_14_9_hooks_cannot_be_changed()
    {
        await using var gitlab = await GitLabSandbox.Version("13.12.15").StartAsync();
        var hook = gitlab.World.AddHook("http://127.0.0.1:9/hook");
        var admin = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        (await PutAsync(gitlab, $"/api/v4/hooks/{hook.Id}", admin, """{"push_events":true}""")).Status.ShouldBe(405);
        (await gitlab.DeleteAsync("/api/v4/hooks/99", admin)).Body.ShouldBe("""{"message":"404 System hook Not Found"}""");
    }

    private static string Name(JsonElement told) => told.GetProperty("event_name").GetString()!;

    private static List<string> Keys(JsonElement told) => [.. told.EnumerateObject().Select(p => p.Name)];

    private static Task<Reply> PutAsync(GitLabSandbox gitlab, string path, SandboxToken token, string json) => gitlab.SendAsync(HttpMethod.Put, path, request =>
    {
        request.Headers.Add("PRIVATE-TOKEN", token.Secret);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
    });
}
