using System.Security.Cryptography.X509Certificates;
using GitLabPortal.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Security;

/// <summary>Real handshakes with certificates made for the occasion.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates certificates = new();
    private readonly TestOutbound trusting;
    private readonly TestOutbound strict = TestOutbound.ToLoopback().Name("git.example", "127.0.0.1");

    public TlsTests() => trusting = TestOutbound.ToLoopback(certificates.Authority).Name("git.example", "127.0.0.1");

    public void Dispose()
    {
        trusting.Dispose();
        strict.Dispose();
        certificates.Dispose();
    }

    private async Task<Exception?> CallAsync(int port, bool trustsAuthority = true)
    {
        using var client = (trustsAuthority ? trusting : strict).Http.Own();
        return await Record.ExceptionAsync(() => client.GetAsync(new Uri($"https://git.example:{port}/"), TestContext.Current.CancellationToken));
    }

    private async Task<IReadOnlyList<CertificateTrouble>> TroublesAsync(X509Certificate2 certificate, bool trustsAuthority = true)
    {
        await using var server = TestListener.WithTls(certificate);
        var failure = (await CallAsync(server.Port, trustsAuthority)).ShouldBeOfType<OutboundConnectException>();
        failure.Failure.ShouldBe(ConnectFailure.Certificate);
        failure.Certificate.ShouldNotBeNull().Leaf.Sha256.Replace(":", "").ShouldBe(certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256));
        return failure.Certificate.Troubles;
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_authority_is_accepted()
    {
        await using var server = TestListener.WithTls(certificates.Good("git.example"));

        (await CallAsync(server.Port)).ShouldBeNull();
    }

    [Fact]
    public async Task Trust_in_an_authority_is_no_trust_in_names_or_dates()
    {
        (await TroublesAsync(certificates.Good("other.example", "*.third.example"))).ShouldBe([CertificateTrouble.WrongName]);
        (await TroublesAsync(certificates.Expired("git.example")))[0].ShouldBe(CertificateTrouble.Expired);
        (await TroublesAsync(certificates.NotYetValid("git.example")))[0].ShouldBe(CertificateTrouble.NotYetValid);
        (await TroublesAsync(certificates.ForClients("git.example"))).ShouldContain(CertificateTrouble.NotForServers);
    }

    [Fact]
    public async Task Tells_a_self_signed_certificate_from_an_unknown_authority()
    {
        (await TroublesAsync(certificates.SelfSigned("git.example"), trustsAuthority: false)).ShouldBe([CertificateTrouble.SelfSigned]);
        (await TroublesAsync(certificates.Good("git.example"), trustsAuthority: false)).ShouldBe([CertificateTrouble.UnknownAuthority]);
    }

    [Fact]
    public async Task Tells_a_missing_intermediate_and_does_not_fetch_it()
    {
        await using var issuer = TestListener.Silent();
        var certificate = certificates.NamingItsIssuer("git.example", $"http://127.0.0.1:{issuer.Port}/issuer.crt");

        (await TroublesAsync(certificate, trustsAuthority: false)).ShouldBe([CertificateTrouble.IncompleteChain]);

        issuer.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Tells_several_troubles_with_the_most_telling_first() =>
        (await TroublesAsync(certificates.Expired("other.example"), trustsAuthority: false)).Take(2).ShouldBe([CertificateTrouble.Expired, CertificateTrouble.WrongName]);

    [Fact]
    public async Task Tells_a_port_that_does_not_speak_tls()
    {
        await using var http = TestListener.AnsweringBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        await using var ssh = TestListener.AnsweringBytes("SSH-2.0-OpenSSH_9.6\r\n"u8.ToArray());

        (await CallAsync(http.Port)).ShouldBeOfType<OutboundConnectException>().Failure.ShouldBe(ConnectFailure.TlsNotSpoken);
        (await CallAsync(ssh.Port)).ShouldBeOfType<OutboundConnectException>().Failure.ShouldBe(ConnectFailure.TlsNotSpoken);
    }

    [Fact]
    public async Task Tells_a_server_that_ends_or_hangs_the_handshake()
    {
        using var impatient = TestOutbound.ImpatientToConnect().Name("git.example", "127.0.0.1");
        await using var closing = TestListener.That((_, _) => Task.CompletedTask);
        await using var silent = TestListener.Silent();
        using var client = impatient.Http.Own();

        (await CallAsync(closing.Port)).ShouldBeOfType<OutboundConnectException>().Failure.ShouldBe(ConnectFailure.TlsRejected);
        (await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri($"https://git.example:{silent.Port}/"), TestContext.Current.CancellationToken)))
            .Failure.ShouldBe(ConnectFailure.TlsTimedOut);
    }
}
