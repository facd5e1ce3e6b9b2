using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class TokenInspectorTests : TokenInspecting
{
    [Fact]
    public async Task Writes_the_passport_of_a_healthy_token_with_eleven_requests_at_most()
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
        gitlab.Requests.Count().ShouldBeLessThanOrEqualTo(11);
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
        gitlab.Requests.Count().ShouldBeLessThanOrEqualTo(11);
    }

    [Fact]
    public async Task Falls_back_for_an_administrators_token_of_an_old_server()
    {
        await using var gitlab = await GitLabSandbox.Version("15.4.6-ee").StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        (await InspectAsync(gitlab, token.Secret)).Passport!.IsAdmin.ShouldBeTrue();
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
    [InlineData("api", false, false, "Can")]
    [InlineData("api,admin_mode", true, false, "Can")]
    [InlineData("api", true, true, "Cannot")]
    public async Task Tells_whether_admin_mode_limits_an_administrators_token(string scopes, bool adminMode, bool blocks, string everything)
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        gitlab.World.Settings.AdminMode = adminMode;
        Furnish(gitlab);
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes.Split(','));

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
        // No midnight in between.
        var clock = new SandboxClock(TimeProvider.System.GetUtcNow());
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTimeProvider(clock).StartAsync();
        var (bot, _) = Furnish(gitlab);

        (await InspectAsync(gitlab, gitlab.World.AddToken(bot, ["api"], expiresInDays: days).Secret, time: clock)).Findings.ShouldContain(f => f.Code == code);
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
        var token = gitlab.World.AddToken(gitlab.World.Root, ["api"]);

        var passport = (await InspectAsync(gitlab, token.Secret)).Passport!;

        (passport.VisibleRepositories, passport.VisibleIsLowerBound).ShouldBe((visible, isLowerBound));
        passport.PrivateRepositories.ShouldNotBeNull().ShouldBeLessThanOrEqualTo(visible);
        gitlab.Requests.Count().ShouldBeLessThanOrEqualTo(11);
    }

    [Fact]
    public async Task Notes_links_that_name_another_host()
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithExternalUrl("https://git.corp.example").StartAsync();
        var (bot, _) = Furnish(gitlab);

        (await InspectAsync(gitlab, gitlab.World.AddToken(bot, ["api"]).Secret)).Findings.ShouldContain(f => f.Code == "address-differs" && f.Seen.Contains("git.corp.example"));
    }
}
