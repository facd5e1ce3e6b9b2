using System.Net.Sockets;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class HealthyServerTests : ServerProbing
{
    [Theory]
    [InlineData("13.12.15", "")]
    [InlineData("16.11.10", "/gitlab")]
    [InlineData("19.3.0-ee", "/tools/gitlab")]
    public async Task Finds_a_healthy_server_with_three_requests_at_most(string version, string root)
    {
        await using var gitlab = await GitLabSandbox.Version(version).WithRelativeRoot(root).StartAsync();
        List<Finding> live = [];
        var report = await new ServerProbe(Outbound.Http, TimeProvider.System).RunAsync(gitlab.Url.AbsoluteUri, true, new Immediately(live), None);

        report.CanContinue.ShouldBeTrue();
        report.Address!.BaseUrl.ShouldBe(gitlab.Url.AbsoluteUri.TrimEnd('/'));
        report.Issuer.ShouldBe(gitlab.ExternalUrl);
        (report.IsPlainHttp, report.IsPrivate).ShouldBe((true, true));
        report.ResolvedAddresses.ShouldBe(["127.0.0.1"]);
        report.Findings.Select(f => f.Code).ShouldBe(["address-understood", "name-private", "rules-allow", "connected", "web-server-answers", "is-gitlab", "plain-http", "address-matches", "clock-agrees"]);
        live.ShouldBe(report.Findings);
        gitlab.Requests.Count().ShouldBeLessThanOrEqualTo(3);
        gitlab.Requests.All.ShouldAllBe(r => r.SentAs == null);
        Outbound.Dialled.Count.ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task Finds_a_healthy_server_over_tls_with_two_requests()
    {
        using var certificates = new TestCertificates();
        using var trusting = TestOutbound.ToLoopback(certificates.Authority).Name("git.example", "127.0.0.1");
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTls(certificates.Good("git.example")).StartAsync();

        var report = await ProbeAsync($"git.example:{gitlab.Url.Port}/users/sign_in", allowPlainHttp: false, trusting);

        report.CanContinue.ShouldBeTrue();
        report.Address!.BaseUrl.ShouldBe($"https://git.example:{gitlab.Url.Port}");
        report.Findings.Select(f => f.Code).ShouldBe(
            ["address-understood", "name-private", "rules-allow", "connected", "certificate-trusted", "web-server-answers", "is-gitlab", "address-differs", "clock-agrees"]);
        gitlab.Requests.Count().ShouldBe(2);
        trusting.Dialled.Count.ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task Checks_a_token_over_the_connection_that_is_open_already()
    {
        using var certificates = new TestCertificates();
        using var trusting = TestOutbound.ToLoopback(certificates.Authority).Name("git.example", "127.0.0.1");
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTls(certificates.Good("git.example")).WithProjects(20, 1).StartAsync();
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMemberOfEveryGroup(bot);
        var token = new Secret(gitlab.World.AddToken(bot, ["api"], expiresInDays: 200).Secret);
        var check = new WholeCheck(new ServerProbe(trusting.Http, TimeProvider.System), new TokenInspector(new GitLabClients(trusting.Http, TimeProvider.System), TimeProvider.System));

        var seen = await check.RunAsync(
            $"https://git.example:{gitlab.Url.Port}", NetworkPath.Encrypted, a => new(a, token, ReadOnly: false, NetworkPath.Encrypted, ConnectionCoverage.Everything), null, None);

        seen.Token.ShouldNotBeNull().CanConnect.ShouldBeTrue(string.Join("; ", seen.Findings.Select(f => f.Seen)));
        seen.Findings.ShouldContain(f => f.Code == "git-works");
        trusting.Dialled.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("/gitlab", "/gitlab/group/project")]
    [InlineData("/gitlab", "/gitlab/users/sign_in")]
    [InlineData("/gitlab", "/gitlab/-/profile/personal_access_tokens")]
    [InlineData("/gitlab", "/gitlab/api/v4/projects?page=2")]
    [InlineData("", "/group/sub/project/-/issues/5")]
    [InlineData("", "/dashboard/projects")]
    [InlineData("", "/group/project.git")]
    public async Task Finds_the_base_of_any_deep_page(string root, string path)
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithRelativeRoot(root).StartAsync();
        var top = gitlab.Url.GetLeftPart(UriPartial.Authority);
        foreach (var outside in new[] { "/.well-known/openid-configuration", "/api/v4/version", "/api/v3/version", "/gitlab/group/project", "/gitlab/group", "/group/project", "/group", "/group/sub/project", "/group/sub" }) gitlab.Declare(outside);
        foreach (var prefix in new[] { "/group/project", "/group", "/group/sub/project", "/group/sub", "/gitlab/group/project", "/gitlab/group" })
        {
            foreach (var probe in new[] { "/.well-known/openid-configuration", "/api/v4/version", "/api/v3/version" }) gitlab.Declare(prefix + probe);
        }

        var report = await ProbeAsync(top + path);

        report.Findings.ShouldContain(f => f.Code == "is-gitlab", string.Join("; ", report.Findings.Select(f => f.Code)));
        report.Address!.BaseUrl.ShouldBe(top + root);
    }

    [Fact]
    public async Task Warns_when_gitlab_calls_itself_by_another_address()
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithExternalUrl("https://git.corp.example").StartAsync();

        var report = await ProbeAsync(gitlab.Url.AbsoluteUri);

        report.CanContinue.ShouldBeTrue();
        report.Issuer.ShouldBe("https://git.corp.example");
        report.Findings.Single(f => f.Status is FindingStatus.Warning && f.Code == "address-differs").Seen.ShouldContain("says https://git.corp.example");
    }

    [Theory]
    [InlineData(-20)]
    [InlineData(20)]
    public async Task Warns_when_clocks_differ(int minutes)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.ClockSkew(TimeSpan.FromMinutes(minutes)));

        (await ProbeAsync(gitlab.Url.AbsoluteUri)).Findings.ShouldContain(f => f.Code == "clock-differs" && f.Status == FindingStatus.Warning);
    }

    [Fact]
    public async Task Finds_a_hardened_server_that_hides_its_discovery_document()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/.well-known", Fault.Custom(403, "<html>Forbidden</html>", "text/html"));

        var report = await ProbeAsync(gitlab.Url.AbsoluteUri);

        report.CanContinue.ShouldBeTrue();
        report.Issuer.ShouldBeNull();
    }

    [Fact]
    public async Task Reading_is_possible_during_maintenance()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.World.Settings.MaintenanceMessage = "back soon";

        (await ProbeAsync(gitlab.Url.AbsoluteUri)).CanContinue.ShouldBeTrue();
    }

    [Fact]
    public async Task Says_that_a_pasted_password_was_left_out_without_showing_it()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var report = await ProbeAsync($"http://user:sesame-1234@127.0.0.1:{gitlab.Url.Port}");

        report.CanContinue.ShouldBeTrue();
        report.Findings.ShouldContain(f => f.Code == "address-had-password");
        report.ToString().ShouldNotContain("sesame");
        string.Join("", report.Findings).ShouldNotContain("sesame");
    }

    private sealed class Immediately(List<Finding> findings) : IProgress<Finding>
    {
        public void Report(Finding value) => findings.Add(value);
    }
}
