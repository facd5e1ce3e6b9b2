using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class TokenInspectorTests : IDisposable
{
    private readonly TestOutbound outbound = TestOutbound.ToLoopback();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => outbound.Dispose();

    private Task<TokenReport> InspectAsync(
        GitLabSandbox gitlab, string token, bool readOnly = false, ConnectionCoverage coverage = ConnectionCoverage.Everything, TimeProvider? time = null) =>
        new TokenInspector(new GitLabClients(outbound.Http, TimeProvider.System), time ?? TimeProvider.System).RunAsync(
            new(InstanceUrl.Parse(gitlab.Url.AbsoluteUri).Value!, new Secret(token), readOnly, AllowPlainHttp: true, coverage), null, None);

    private async Task<Finding> RefuseAsync(GitLabSandbox gitlab, string token, string code)
    {
        var report = await InspectAsync(gitlab, token);
        report.CanConnect.ShouldBeFalse();
        var failed = report.Findings.Single(f => f.Status is FindingStatus.Failed);
        failed.Code.ShouldBe(code);
        if (token.Trim().Length > 8) string.Join("", report.Findings).ShouldNotContain(token.Trim());
        return failed;
    }

    private static (SandboxUser Bot, SandboxGroup Group) Furnish(GitLabSandbox gitlab, int projects = 3)
    {
        var group = gitlab.World.AddGroup("tools");
        for (var i = 0; i < projects; i++) gitlab.World.AddProject(group, $"p{i}");
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMember(bot, group);
        return (bot, group);
    }

    private static string StateOf(TokenReport report, string capability) =>
        report.Passport!.Capabilities.Single(c => c.Name.StartsWith(capability, StringComparison.Ordinal)).State.ToString();

    [Fact]
    public async Task Writes_the_passport_of_a_healthy_token_with_eight_requests_at_most()
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["api"], expiresInDays: 200, name: "portal");

        var report = await InspectAsync(gitlab, token.Secret);

        report.CanConnect.ShouldBeTrue();
        var passport = report.Passport!;
        passport.ShouldSatisfyAllConditions(
            p => p.Kind.ShouldBe(TokenKind.Personal),
            p => p.TokenId.ShouldBe(token.Id),
            p => p.TokenName.ShouldBe("portal"),
            p => p.Scopes.ShouldBe(["api"]),
            p => p.ScopesKnown.ShouldBeTrue(),
            p => p.ExpiresOn.ShouldBe(token.ExpiresAt),
            p => p.Username.ShouldBe("portal-bot"),
            p => p.IsAdmin.ShouldBeFalse(),
            p => p.AdminModeBlocks.ShouldBeNull(),
            p => p.Version.ShouldBe("18.9.0-ee"),
            p => p.IsEnterprise.ShouldBe(true),
            p => p.VisibleRepositories.ShouldBe(3),
            p => p.VisibleIsLowerBound.ShouldBeFalse(),
            p => p.PrivateRepositories.ShouldBe(3),
            p => p.MemberRepositories.ShouldBe(3));
        passport.Capabilities.Where(c => c.State is not CapabilityState.Can).Select(c => c.Name).ShouldBe(["See every project of the server"]);
        gitlab.Requests.Count().ShouldBeLessThanOrEqualTo(8);
        gitlab.Requests.All.ShouldAllBe(r => r.Method == "GET");
        report.ToString().ShouldNotContain(token.Secret);
    }

    [Theory]
    [InlineData("13.12.15")]
    [InlineData("15.0.5")]
    [InlineData("15.4.6-ee")]
    public async Task Falls_back_by_capability_on_servers_without_self(string version)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        var (bot, _) = Furnish(gitlab);
        var token = gitlab.World.AddToken(bot, ["read_api"]);

        var report = await InspectAsync(gitlab, token.Secret, readOnly: true);

        report.CanConnect.ShouldBeTrue(string.Join("; ", report.Findings));
        (report.Passport!.ScopesKnown, report.Passport.Username, report.Passport.VisibleRepositories).ShouldBe((false, "portal-bot", 3));
        StateOf(report, "Read the token's own data").ShouldBe("Cannot");
        StateOf(report, "Clone").ShouldBe("Can");
        report.Findings.ShouldContain(f => f.Code == "scopes-unknown");
        gitlab.Requests.Count().ShouldBeLessThanOrEqualTo(8);
    }

    [Fact]
    public async Task Falls_back_for_an_administrators_token_of_an_old_server()
    {
        await using var gitlab = await GitLabSandbox.Version("15.4.6-ee").StartAsync();
        gitlab.Faults.Answer("/api/v4/hooks", Fault.Custom(200, "[]"));
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        (await InspectAsync(gitlab, token.Secret)).Passport!.IsAdmin.ShouldBeTrue();
    }

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

    [Theory]
    [InlineData("api", false, "Can", "Can", "Can", null)]
    [InlineData("api", true, "Can", "Can", null, "token-wider-than-needed")]
    [InlineData("read_api", true, "Can", "Can", null, null)]
    [InlineData("read_api", false, "Can", "Can", "Cannot", "token-reads-only")]
    [InlineData("read_api,self_rotate", false, "Can", "Can", "Cannot", "token-reads-only")]
    public async Task Counts_what_the_token_can_do(string scopes, bool readOnly, string clone, string files, string? webhooks, string? warning)
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        var (bot, _) = Furnish(gitlab);

        var report = await InspectAsync(gitlab, gitlab.World.AddToken(bot, scopes.Split(',')).Secret, readOnly);

        report.CanConnect.ShouldBeTrue();
        (StateOf(report, "Clone"), StateOf(report, "Read files")).ShouldBe((clone, files));
        if (webhooks is null) report.Passport!.Capabilities.ShouldNotContain(c => c.Name == "Create webhooks");
        else StateOf(report, "Create webhooks").ShouldBe(webhooks);
        report.Findings.Where(f => f.Code is "token-reads-only" or "token-wider-than-needed").Select(f => f.Code).FirstOrDefault().ShouldBe(warning);
    }

    [Theory]
    [InlineData("16.9.8", "api", "Cannot")]
    [InlineData("16.11.10", "api", "Can")]
    [InlineData("18.9.0-ee", "read_api,self_rotate", "Can")]
    [InlineData("18.9.0-ee", "read_api", "Cannot")]
    public async Task Tells_whether_the_token_can_renew_itself(string version, string scopes, string expected)
    {
        await using var gitlab = await GitLabSandbox.Version(version).StartAsync();
        var (bot, _) = Furnish(gitlab);

        StateOf(await InspectAsync(gitlab, gitlab.World.AddToken(bot, scopes.Split(',')).Secret), "Renew itself").ShouldBe(expected);
    }

    [Fact]
    public async Task Tells_kinds_of_tokens_by_their_accounts()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, group) = Furnish(gitlab);
        var service = gitlab.World.AddServiceAccount("service_account_portal");
        gitlab.World.AddMember(service, group);

        await ExpectAsync(gitlab.World.AddToken(bot, ["api"]), TokenKind.Personal, isBot: false);
        await ExpectAsync(gitlab.World.AddProjectToken(gitlab.World.Projects[0], ["read_api"]), TokenKind.Project, isBot: true);
        await ExpectAsync(gitlab.World.AddGroupToken(group, ["api"]), TokenKind.Group, isBot: true);
        await ExpectAsync(gitlab.World.AddToken(service, ["api"]), TokenKind.ServiceAccount, isBot: true);

        async Task ExpectAsync(SandboxToken token, TokenKind kind, bool isBot)
        {
            var report = await InspectAsync(gitlab, token.Secret);
            report.CanConnect.ShouldBeTrue();
            (report.Passport!.Kind, report.Passport.IsBot).ShouldBe((kind, isBot));
            report.Findings.Any(f => f.Code == "token-of-a-person").ShouldBe(!isBot);
        }
    }

    [Theory]
    [InlineData(200, "[]", false, "Can")]
    [InlineData(403, """{"message":"403 Forbidden"}""", true, "Cannot")]
    public async Task Tells_whether_admin_mode_limits_an_administrators_token(int status, string body, bool blocks, string everything)
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        Furnish(gitlab);
        gitlab.Faults.Answer("/api/v4/hooks", Fault.Custom(status, body));
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        var report = await InspectAsync(gitlab, token.Secret);

        (report.Passport!.IsAdmin, report.Passport.AdminModeBlocks).ShouldBe((true, blocks));
        StateOf(report, "See every project").ShouldBe(everything);
        report.Findings.ShouldContain(f => f.Code == (blocks ? "admin-mode" : "token-of-an-administrator"));
    }

    [Theory]
    [InlineData(31, "token-expiry")]
    [InlineData(30, "token-expires-soon")]
    [InlineData(1, "token-expires-soon")]
    [InlineData(null, "token-never-expires")]
    public async Task Says_when_the_token_ends(int? days, string code)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var (bot, _) = Furnish(gitlab);

        (await InspectAsync(gitlab, gitlab.World.AddToken(bot, ["api"], expiresInDays: days).Secret)).Findings.ShouldContain(f => f.Code == code);
    }

    [Fact]
    public async Task Warns_of_an_old_version()
    {
        await using var gitlab = await GitLabSandbox.Version("13.12.15").StartAsync();
        var (bot, _) = Furnish(gitlab);
        gitlab.Faults.Answer("/api/v4/version", Fault.Custom(200, """{"version":"13.5.1-ee","revision":"abc"}"""));

        (await InspectAsync(gitlab, gitlab.World.AddToken(bot, ["api"]).Secret)).Findings.ShouldContain(f => f.Code == "gitlab-too-old");
    }

    [Fact]
    public async Task Explains_a_token_that_sees_nothing()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var lonely = gitlab.World.AddUser("lonely");
        gitlab.World.AddProject(gitlab.World.AddGroup("open", visibility: SandboxVisibility.Public), "p", visibility: SandboxVisibility.Public);
        var token = gitlab.World.AddToken(lonely, ["api"]);

        (await InspectAsync(gitlab, token.Secret)).Findings.ShouldContain(f => f.Code == "repositories-visible");
        (await InspectAsync(gitlab, token.Secret, coverage: ConnectionCoverage.Memberships)).Findings.ShouldContain(f => f.Code == "no-repositories" && f.Status == FindingStatus.Warning);
        gitlab.World.SetVisibility(gitlab.World.Projects[0], SandboxVisibility.Private);
        var blind = await InspectAsync(gitlab, token.Secret);
        blind.Findings.ShouldContain(f => f.Code == "no-repositories" && f.Fix.Contains("member"));
        (blind.CanConnect, blind.Passport!.VisibleRepositories).ShouldBe((true, 0));
        StateOf(blind, "Read one repository").ShouldBe("Unknown");
    }

    [Theory]
    [InlineData(350, 350, false)]
    [InlineData(10_100, 10_000, true)]
    public async Task Counts_without_walking(int projects, int visible, bool isLowerBound)
    {
        await using var gitlab = await GitLabSandbox.WithProjects(projects).StartAsync();
        gitlab.Faults.Answer("/api/v4/hooks", Fault.Custom(200, "[]"));
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        var passport = (await InspectAsync(gitlab, token.Secret)).Passport!;

        (passport.VisibleRepositories, passport.VisibleIsLowerBound).ShouldBe((visible, isLowerBound));
        passport.PrivateRepositories.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(visible);
        gitlab.Requests.Count().ShouldBeLessThanOrEqualTo(8);
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
            InstanceUrl.Parse(gitlab.Url.AbsoluteUri).Value!, new Secret(gitlab.World.AddToken(bot, ["api"]).Secret), ReadOnly: false, AllowPlainHttp: false, ConnectionCoverage.Everything);

        var report = await new TokenInspector(new GitLabClients(outbound.Http, TimeProvider.System), TimeProvider.System).RunAsync(request, null, None);

        report.Findings.ShouldHaveSingleItem().Code.ShouldBe("plain-http-needs-consent");
        gitlab.Requests.Count().ShouldBe(0);
    }

    [Fact]
    public async Task Notes_links_that_name_another_host()
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithExternalUrl("https://git.corp.example").StartAsync();
        var (bot, _) = Furnish(gitlab);

        (await InspectAsync(gitlab, gitlab.World.AddToken(bot, ["api"]).Secret)).Findings.ShouldContain(f => f.Code == "address-differs" && f.Seen.Contains("git.corp.example"));
    }
}
