using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class TokenRefusalTests : TokenInspecting
{
    [Fact]
    public async Task Tells_dead_tokens_apart()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var revoked = gitlab.World.AddToken(bot, ["api"]);
        gitlab.World.Revoke(revoked);
        var impersonation = gitlab.World.AddImpersonationToken(bot, ["api"]);
        gitlab.World.Settings.ImpersonationDisabled = true;

        await RefuseAsync(gitlab, "glpat-unknownunknownunkno", "token-not-accepted");
        await RefuseAsync(gitlab, gitlab.World.AddToken(bot, ["api"], expiresInDays: 0).Secret, "token-expired");
        await RefuseAsync(gitlab, gitlab.World.AddToken(bot, ["api"], expiresInDays: -3).Secret, "token-expired");
        await RefuseAsync(gitlab, revoked.Secret, "token-revoked");
        await RefuseAsync(gitlab, impersonation.Secret, "token-impersonation-off");
    }

    [Fact]
    public async Task A_token_dies_at_midnight_utc_of_its_expiry_date()
    {
        var clock = new SandboxClock(new DateTimeOffset(2026, 11, 30, 23, 59, 59, TimeSpan.Zero));
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTimeProvider(clock).StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["api"], expiresInDays: 1);

        (await InspectAsync(gitlab, token.Secret, time: clock)).Findings.ShouldContain(f => f.Code == "token-expires-soon" && f.Seen.Contains("2026-12-01"));
        clock.Advance(TimeSpan.FromSeconds(1));
        await RefuseAsync(gitlab, token.Secret, "token-expired");
    }

    [Fact]
    public async Task What_looks_alike_is_one_finding_with_its_causes()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["api"]);
        gitlab.World.Settings.PersonalAccessTokensDisabled = true;

        (await RefuseAsync(gitlab, token.Secret, "token-not-accepted")).Fix.ShouldContain("switched off");
    }

    [Theory]
    [InlineData("gldt-abcdefghijklmnopqrst", "deploy token")]
    [InlineData("glrt-abcdefghijklmnopqrst", "runner token")]
    [InlineData("gloas-0123456789012345678901234567890123456789012345678901234567890123", "OAuth application")]
    [InlineData("glptt-0123456789", "trigger token")]
    [InlineData("glft-abcdefghij", "feed token")]
    [InlineData("glcbt-abcdefghij", "job token")]
    [InlineData("ghp_abcdefghijklmnopqrst", "GitHub")]
    public async Task Hints_at_the_kind_of_a_refused_token(string token, string hint)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        (await RefuseAsync(gitlab, token, "token-not-accepted")).Seen.ShouldContain(hint);
    }

    [Fact]
    public async Task A_prefix_never_decides()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);

        foreach (var secret in new[] { "gldt-but-the-admin-chose-it", "12345678901234567890", "corp-glpat-aaaa.01.0w1abcdef" })
            (await InspectAsync(gitlab, gitlab.World.AddToken(bot, ["api"], secret: secret).Secret)).CanConnect.ShouldBeTrue();
    }

    [Fact]
    public async Task Tells_an_oauth_token_pasted_by_mistake()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var oauth = gitlab.World.AddOAuthToken(bot, ["api"]);

        (await RefuseAsync(gitlab, oauth.Secret, "token-not-accepted")).Seen.ShouldContain("OAuth");
        gitlab.Faults.Answer("/api/v4/personal_access_tokens/self", Fault.Custom(400, """{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}"""));
        await RefuseAsync(gitlab, oauth.Secret, "token-is-oauth");
    }

    [Theory]
    [InlineData("", "token-empty")]
    [InlineData(" \r\n\"\" ", "token-empty")]
    [InlineData("PRIVATE-TOKEN: ", "token-empty")]
    [InlineData("my token is glpat-abc", "token-characters")]
    [InlineData("glpat-abc def", "token-characters")]
    [InlineData("glpat-abc\ndef", "token-characters")]
    [InlineData("glpat-abc\0def", "token-characters")]
    [InlineData("glpat-äöü", "token-characters")]
    [InlineData("glpat-😀", "token-characters")]
    public async Task Refuses_rubbish_without_asking_gitlab(string pasted, string code)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        await RefuseAsync(gitlab, pasted, code);

        gitlab.Requests.Count().ShouldBe(0);
    }

    [Fact]
    public async Task Refuses_a_text_that_is_too_long()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        await RefuseAsync(gitlab, new string('a', 4001), "token-too-long");
    }

    [Theory]
    [InlineData(" {0} \r\n")]
    [InlineData("\"{0}\"")]
    [InlineData("PRIVATE-TOKEN: {0}")]
    [InlineData("-H \"PRIVATE-TOKEN: {0}\"")]
    [InlineData("Authorization: Bearer {0}")]
    [InlineData("private_token={0}")]
    [InlineData("\u200B{0}\uFEFF")]
    public async Task Finds_the_token_in_what_was_pasted(string form)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["api"]);
        var pasted = string.Format(form, token.Secret);

        (await InspectAsync(gitlab, pasted)).CanConnect.ShouldBeTrue();
        PastedToken.Read(new Secret(pasted)).Value!.Reveal().ShouldBe(token.Secret);
    }

    [Theory]
    [InlineData(SandboxUserState.Blocked, "account-blocked")]
    [InlineData(SandboxUserState.PendingApproval, "account-pending")]
    [InlineData(SandboxUserState.Deactivated, "account-deactivated")]
    [InlineData(SandboxUserState.Unconfirmed, "account-email-unconfirmed")]
    [InlineData(SandboxUserState.PasswordExpired, "account-password-expired")]
    [InlineData(SandboxUserState.Internal, "account-internal")]
    public async Task Tells_states_of_the_account_apart(SandboxUserState state, string code)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["api"]);
        gitlab.World.SetState(bot, state);

        await RefuseAsync(gitlab, token.Secret, code);
    }

    [Fact]
    public async Task Tells_terms_that_wait_to_be_accepted()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["api"]);
        gitlab.World.Settings.TermsEnforced = true;

        (await RefuseAsync(gitlab, token.Secret, "account-terms")).Fix.ShouldContain("http");
    }

    [Theory]
    [InlineData("read_user")]
    [InlineData("read_repository")]
    [InlineData("self_rotate")]
    [InlineData("write_repository")]
    public async Task Refuses_a_token_that_cannot_list_repositories_and_says_what_would_do(string scope)
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        var (bot, _) = Furnish(gitlab);

        var token = gitlab.World.AddToken(bot, [scope]);
        var refused = await RefuseAsync(gitlab, token.Secret, "token-cannot-list");

        refused.Seen.ShouldContain("read_api");
        StateOf(await InspectAsync(gitlab, token.Secret), "List repositories").ShouldBe("Cannot");
    }

    [Fact]
    public async Task Names_the_permission_that_a_fine_grained_token_lacks()
    {
        await using var gitlab = await GitLabSandbox.Version("19.3.0-ee").StartAsync();
        var (bot, _) = Furnish(gitlab);
        gitlab.Faults.Answer("/api/v4/projects", Fault.Custom(403, """{"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Project: Read]."}"""));

        (await RefuseAsync(gitlab, gitlab.World.AddToken(bot, ["api"]).Secret, "token-cannot-list")).Seen.ShouldContain("Project: Read");
    }

    [Fact]
    public async Task Says_when_gitlab_is_down_or_a_gateway_answers()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["api"]);
        gitlab.Faults.AnswerEverything(Fault.SsoLoginPage(), times: 1);
        await RefuseAsync(gitlab, token.Secret, "answer-is-a-page");
        gitlab.Faults.Clear();
        gitlab.Faults.Answer("/api/v4/personal_access_tokens/self", Fault.Custom(400, "Bad Request", "text/plain"));
        await RefuseAsync(gitlab, token.Secret, "request-malformed");
        gitlab.Faults.Clear();
        gitlab.Faults.AnswerEverything(Fault.ServiceUnavailable(900));
        await RefuseAsync(gitlab, token.Secret, "gitlab-maintenance");
    }

    [Fact]
    public async Task Sends_no_token_over_plain_http_without_consent()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);
        var request = new TokenCheckRequest(
            InstanceUrl.Parse(gitlab.Url.AbsoluteUri).Value!, new Secret(gitlab.World.AddToken(bot, ["api"]).Secret), ReadOnly: false, NetworkPath.Encrypted, ConnectionCoverage.Everything);

        var report = await new TokenInspector(new GitLabClients(Outbound.Http, TimeProvider.System), TimeProvider.System).RunAsync(request, null, None);

        report.Findings.Single(f => f.Status is not FindingStatus.Waiting).Code.ShouldBe("plain-http-needs-consent");
        gitlab.Requests.Count().ShouldBe(0);
    }
}
