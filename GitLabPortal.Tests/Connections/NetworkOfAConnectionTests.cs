using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

/// <summary>A GitLab whose certificate comes from an authority that this machine does not know.</summary>
public sealed class NetworkOfAConnectionTests : IAsyncLifetime
{
    private readonly TestCertificates certificates = new();
    private ConnectionStage stage = null!;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    private string Address => $"https://localhost:{stage.GitLab.Url.Port}";

    private string Authority => certificates.Authority.ExportCertificatePem();

    public async ValueTask InitializeAsync() =>
        stage = await ConnectionStage.StartAsync(GitLabSandbox.WithProjects(30).WithTls(certificates.Good("localhost")));

    public async ValueTask DisposeAsync()
    {
        await stage.DisposeAsync();
        certificates.Dispose();
    }

    private async Task<Guid> ConnectAsync()
    {
        var wizard = stage.NewWizard();
        wizard.EnterUrl(Address);
        wizard.Trust(TrustedAuthorities.Parse(Authority, TimeProvider.System).Value!);
        (await wizard.CheckServerAsync(stage.Owner, () => { }, None)).ShouldBeTrue(string.Join("; ", wizard.ServerFindings.Select(f => f.Seen)));
        (await wizard.CheckTokenAsync(stage.NewToken().Secret, () => { }, None)).ShouldBeTrue();
        return (await wizard.ConnectAsync(stage.Owner, None)).Value;
    }

    private Task<Result<IReadOnlyList<Finding>>> ChangeAsync(Guid connection, string? authority, string? browserUrl = null) =>
        stage.Get<ChangeConnectionNetwork>().RunAsync(stage.Owner, connection, new NetworkSettings(authority, browserUrl), null, None);

    [Fact]
    public async Task Is_refused_until_its_authority_is_trusted_and_shows_the_fingerprint()
    {
        var wizard = stage.NewWizard();
        wizard.EnterUrl(Address);

        (await wizard.CheckServerAsync(stage.Owner, () => { }, None)).ShouldBeFalse();

        var finding = wizard.ServerFindings.Single(f => f.Status is FindingStatus.Failed);
        finding.Code.ShouldBe("tls-unknown-authority");
        finding.Facts.Select(f => f.Label).ShouldContain("SHA-256");
        stage.GitLab.Requests.Count().ShouldBe(0);
    }

    [Fact]
    public async Task An_accepted_authority_serves_checks_api_and_git_of_this_connection_alone()
    {
        var connection = await ConnectAsync();
        var findings = (await stage.Get<CheckConnection>().RunAsync(stage.Owner, connection, null, None)).Value!;
        await stage.SyncAsync(connection);

        findings.Where(f => f.Status is FindingStatus.Failed).ShouldBeEmpty();
        findings.ShouldContain(f => f.Code == "certificate-trusted-here");
        // Git's request and the API's went the same way.
        findings.ShouldContain(f => f.Code == "git-works");
        (await stage.CountAsync<Repository>()).ShouldBeGreaterThan(20);
        var other = stage.NewWizard();
        other.EnterUrl(Address);
        (await other.CheckServerAsync(stage.Owner, () => { }, None)).ShouldBeFalse();
        using var client = stage.Get<GuardedHttp>().Shared(NetworkPath.Encrypted);
        (await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri(Address), None))).Failure.ShouldBe(ConnectFailure.Certificate);
    }

    [Fact]
    public async Task Settings_that_do_not_work_are_refused_and_the_old_ones_stay()
    {
        var connection = await ConnectAsync();
        using var foreign = new TestCertificates();

        (await ChangeAsync(connection, foreign.Authority.ExportCertificatePem())).Problem.ShouldBeOfType<Problem.Refused>().Findings.ShouldContain(f => f.Code == "tls-unknown-authority");
        (await ChangeAsync(connection, null)).Problem!.Code.ShouldBe("network-refused");
        (await ChangeAsync(connection, "nonsense")).Problem!.Code.ShouldBe("authority-unreadable");
        (await ChangeAsync(connection, Authority, "our server")).Problem!.Code.ShouldBe("address-invalid");

        (await stage.ReadAsync(db => db.Set<Connection>().SingleAsync())).TrustedAuthorities.ShouldNotBeNull().Trim().ShouldBe(Authority);
        (await stage.ReadAsync(db => db.Set<AuditEvent>().CountAsync(e => e.Action == "connection.network-changed"))).ShouldBe(0);
    }

    [Fact]
    public async Task Keeps_the_address_that_people_use_beside_the_one_it_calls()
    {
        var connection = await ConnectAsync();

        (await ChangeAsync(connection, Authority, "https://git.corp.example/users/sign_in")).IsSuccess.ShouldBeTrue();

        var card = (await stage.Get<ConnectionQueries>().ForTeamAsync(stage.Owner, None)).Single();
        (card.BaseUrl, card.BrowserUrl).ShouldBe((Address, "https://git.corp.example"));
        card.Authorities.ShouldHaveSingleItem().Subject.ShouldBe("CN=Test Authority");
    }

    [Fact]
    public async Task The_wizard_calls_one_address_and_links_to_the_other()
    {
        var wizard = stage.NewWizard();
        wizard.EnterUrl("https://git.corp.example");
        wizard.EnterApiUrl(Address);
        wizard.Trust(TrustedAuthorities.Parse(Authority, TimeProvider.System).Value!);

        (await wizard.CheckServerAsync(stage.Owner, () => { }, None)).ShouldBeTrue();
        (await wizard.CheckTokenAsync(stage.NewToken().Secret, () => { }, None)).ShouldBeTrue();
        await wizard.ConnectAsync(stage.Owner, None);

        wizard.BrowserUrl.ShouldBe("https://git.corp.example");
        var card = (await stage.Get<ConnectionQueries>().ForTeamAsync(stage.Owner, None)).Single();
        (card.BaseUrl, card.BrowserUrl).ShouldBe((Address, "https://git.corp.example"));
    }

    [Fact]
    public async Task Another_address_asks_for_the_token_again()
    {
        var wizard = stage.NewWizard();
        wizard.EnterUrl(Address);
        wizard.Trust(TrustedAuthorities.Parse(Authority, TimeProvider.System).Value!);
        await wizard.CheckServerAsync(stage.Owner, () => { }, None);
        await wizard.CheckTokenAsync(stage.NewToken().Secret, () => { }, None);
        wizard.HasCheckedToken.ShouldBeTrue();

        wizard.EnterApiUrl("https://git.internal.example");

        (wizard.HasCheckedToken, wizard.HasCheckedServer, wizard.Authorities).ShouldBe((false, false, null));
        (await wizard.ConnectAsync(stage.Owner, None)).Problem!.Code.ShouldBe("token-missing");
    }

    [Theory]
    [InlineData("", "authority-empty")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "authority-unreadable")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", "authority-private-key")]
    public void Refuses_texts_that_are_no_authority(string pem, string code) =>
        TrustedAuthorities.Parse(pem, TimeProvider.System).Problem!.Code.ShouldBe(code);

    [Fact]
    public void Refuses_a_servers_certificate_in_the_place_of_its_authoritys()
    {
        TrustedAuthorities.Parse(certificates.Good("localhost").ExportCertificatePem(), TimeProvider.System).Problem!.Code.ShouldBe("authority-no-root");
        TrustedAuthorities.Parse(certificates.SelfSigned("localhost").ExportCertificatePem(), TimeProvider.System).IsSuccess.ShouldBeTrue();
    }
}
