using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Sandbox.Tests;

public sealed class RotationTests
{
    private const string Rotate = "/api/v4/personal_access_tokens/self/rotate";
    private const string Self = "/api/v4/personal_access_tokens/self";
    private static readonly SandboxClock Clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Gives_a_new_token_for_one_week_and_kills_the_old_one()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithTimeProvider(Clock).StartAsync();
        var old = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api", "read_user"], name: "portal");

        var reply = await gitlab.PostAsync(Rotate, old);

        reply.Status.ShouldBe(200);
        var rotated = reply.Json;
        rotated.GetProperty("id").GetInt64().ShouldNotBe(old.Id);
        rotated.GetProperty("name").GetString().ShouldBe("portal");
        rotated.GetProperty("scopes").GetArrayLength().ShouldBe(2);
        rotated.GetProperty("expires_at").GetString().ShouldBe("2026-05-08");
        var secret = rotated.GetProperty("token").GetString();
        secret.ShouldNotBe(old.Secret);
        (await gitlab.GetAsync(Self, secret)).Status.ShouldBe(200);
        (await gitlab.GetAsync(Self, old)).Body.ShouldContain("Token was revoked");
    }

    [Fact]
    public async Task Takes_the_wanted_date_up_to_the_maximum()
    {
        await using var gitlab = await new GitLabSandboxBuilder().WithTimeProvider(Clock).StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);

        var tooFar = await gitlab.PostAsync(Rotate, token, """{"expires_at":"2030-01-01"}""");
        tooFar.Status.ShouldBe(400);
        tooFar.Body.ShouldBe("""{"message":"400 Bad request - Expiration date must be before 2027-05-01"}""");
        (await gitlab.PostAsync(Rotate, token, """{"expires_at":"soon"}""")).Body.ShouldBe("""{"error":"expires_at is invalid"}""");
        (await gitlab.PostAsync(Rotate, token, """{"expires_at":"2026-07-30"}""")).Json.GetProperty("expires_at").GetString().ShouldBe("2026-07-30");
    }

    [Fact]
    public async Task Without_required_expiry_the_new_token_never_expires()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.World.Settings.TokenExpiryRequired = false;
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"], expiresInDays: null);

        (await gitlab.PostAsync(Rotate, token)).Json.GetProperty("expires_at").GetString().ShouldBeNull();
    }

    [Fact]
    public async Task A_retry_with_the_old_token_kills_the_new_one()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var old = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        var secret = (await gitlab.PostAsync(Rotate, old)).Json.GetProperty("token").GetString();

        var retry = await gitlab.PostAsync(Rotate, old);

        retry.Status.ShouldBe(401);
        retry.Body.ShouldContain("Token was revoked");
        (await gitlab.GetAsync(Self, secret)).Body.ShouldContain("Token was revoked");
    }

    [Fact]
    public async Task Asking_the_old_token_about_itself_is_safe()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var old = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        var secret = (await gitlab.PostAsync(Rotate, old)).Json.GetProperty("token").GetString();

        (await gitlab.GetAsync(Self, old)).Status.ShouldBe(401);

        (await gitlab.GetAsync(Self, secret)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Reuse_goes_unnoticed_before_16_3()
    {
        await using var gitlab = await GitLabSandbox.Version("16.2.0").StartAsync();
        var old = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        var secret = (await gitlab.PostAsync($"/api/v4/personal_access_tokens/{old.Id}/rotate", old)).Json.GetProperty("token").GetString();

        (await gitlab.PostAsync($"/api/v4/personal_access_tokens/{old.Id}/rotate", old)).Status.ShouldBe(401);

        (await gitlab.GetAsync(Self, secret)).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_lost_answer_means_that_the_rotation_happened()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        gitlab.Faults.Answer(Rotate, times: 1, Fault.LostAnswer());

        await Should.ThrowAsync<HttpRequestException>(() => gitlab.PostAsync(Rotate, token));

        (await gitlab.GetAsync(Self, token)).Body.ShouldContain("Token was revoked");
        gitlab.World.Tokens[^1].IsRevoked.ShouldBeFalse();
    }

    [Fact]
    public async Task Self_rotate_is_scope_enough_from_17_9()
    {
        foreach (var (version, status) in new[] { ("17.8.0", 403), ("17.11.7-ee", 200) })
        {
            await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
            var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["self_rotate"]);
            (await gitlab.PostAsync(Rotate, token)).Status.ShouldBe(status, version);
        }
    }

    [Fact]
    public async Task Rotating_by_id_obeys_ownership()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var mine = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        var other = gitlab.World.AddToken(gitlab.World.AddUser("bob"), ["api"]);
        var admin = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        (await gitlab.PostAsync($"/api/v4/personal_access_tokens/{other.Id}/rotate", mine)).Body.ShouldBe("""{"message":"401 Unauthorized"}""");
        (await gitlab.PostAsync($"/api/v4/personal_access_tokens/{other.Id}/rotate", admin)).Status.ShouldBe(200);
        (await gitlab.PostAsync($"/api/v4/personal_access_tokens/{other.Id}/rotate", admin)).Body.ShouldBe("""{"message":"400 Bad request - Token already revoked"}""");
    }

    [Fact]
    public async Task An_oauth_token_cannot_rotate()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var oauth = gitlab.World.AddOAuthToken(gitlab.World.AddUser("ann"), ["api"]);

        var reply = await gitlab.SendAsync(HttpMethod.Post, Rotate, r => r.Headers.Add("Authorization", "Bearer " + oauth.Secret));

        reply.Status.ShouldBe(405);
        reply.Body.ShouldBe("""{"message":"405 Method Not Allowed"}""");
    }

    [Fact]
    public async Task Revoking_oneself_answers_nothing_and_only_works_once()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["read_repository"]);

        var first = await gitlab.DeleteAsync(Self, token);
        first.Status.ShouldBe(204);
        first.Body.ShouldBeEmpty();
        (await gitlab.DeleteAsync(Self, token)).Status.ShouldBe(401);
    }

    [Fact]
    public async Task Revoking_what_is_not_yours_is_refused()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var mine = gitlab.World.AddToken(gitlab.World.AddUser("ann"), ["api"]);
        var other = gitlab.World.AddToken(gitlab.World.AddUser("bob"), ["api"]);
        var impersonation = gitlab.World.AddImpersonationToken(gitlab.World.AddUser("eve"), ["api"]);

        (await gitlab.DeleteAsync($"/api/v4/personal_access_tokens/{other.Id}", mine)).Body.ShouldBe("""{"message":"400 Bad request - Not permitted to revoke"}""");
        (await gitlab.DeleteAsync(Self, impersonation)).Status.ShouldBe(400);
    }
}
