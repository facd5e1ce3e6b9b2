using Bunit;
using GitLabPortal.Connections;
using GitLabPortal.Security;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

/// <summary>What was accepted for a server's network is in the wizard's address, for a reload.</summary>
public sealed class KeepingWhatWasAcceptedTests
{
    private static TrustedAuthorities Read(string pem) => TrustedAuthorities.Parse(pem, TimeProvider.System).Value!;

    [Fact]
    public void An_authority_is_packed_and_unpacked()
    {
        using var certificates = new TestCertificates();
        var authorities = Read(certificates.Authority.ExportCertificatePem());

        var packed = PackedAuthorities.Pack(authorities).ShouldNotBeNull();

        packed.Length.ShouldBeLessThan(1000);
        PackedAuthorities.Unpack(packed, TimeProvider.System).ShouldBe(authorities);
        PackedAuthorities.Pack(null).ShouldBeNull();
        foreach (var wrong in (string?[])[null, "", "!", packed[..^9], new string('A', 5000)]) PackedAuthorities.Unpack(wrong, TimeProvider.System).ShouldBeNull();
    }

    [Fact]
    public void More_than_an_address_may_hold_is_left_out()
    {
        List<TestCertificates> many = [.. Enumerable.Range(0, 9).Select(_ => new TestCertificates())];

        PackedAuthorities.Pack(Read(string.Concat(many.Select(m => m.Authority.ExportCertificatePem() + "\n")))).ShouldSatisfyAllConditions(
            packed => (packed?.Length ?? 0).ShouldBeLessThanOrEqualTo(4000));

        many.ForEach(m => m.Dispose());
    }

    [Fact]
    public async Task A_reload_knows_both_addresses_and_the_authority()
    {
        using var certificates = new TestCertificates();
        await using var connections = await ConnectionStage.StartAsync(GitLabSandbox.WithProjects(3).WithTls(certificates.Good("localhost")));
        await using var stage = new WizardStage(connections);
        var (people, portal) = ("https://git.corp.example", $"https://localhost:{connections.GitLab.Url.Port}");
        var packed = PackedAuthorities.Pack(Read(certificates.Authority.ExportCertificatePem()))!;
        var seal = connections.Get<WizardSeal>().Of(connections.Owner.AccountId, people, allowsPlainHttp: false, portal, packed);

        var page = stage.OpenWizard(connections.Owner, $"?step=token&url={people}&api-url={portal}&ca={packed}&seal={seal}");

        page.WaitForAssertion(() => page.Heading().ShouldStartWith("Step 2 of 4"));
        connections.GitLab.Requests.Count().ShouldBeGreaterThan(0);
        stage.Address.ShouldContain($"ca={packed}");
    }
}
