using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;

namespace GitLabPortal.Tests.Connections.Diagnosis.Causes;

/// <summary>Handshakes with made certificates, web servers of all kinds, and GitLab in trouble.</summary>
internal static class ServerCauses
{
    private const string Html = "text/html";

    public static readonly IReadOnlyDictionary<string, Cause> All = new Dictionary<string, Cause>(StringComparer.Ordinal)
    {
        ["certificate-trusted"] = s => s.ProbeTlsAsync(s.Certificates.Good("git.example"), s.Certificates.Authority),
        ["certificate-trusted-here"] = s =>
        {
            var listener = s.Open(TestListener.WithTls(s.Certificates.Good("git.example")));
            var own = TrustedAuthorities.Parse(s.Certificates.Authority.ExportCertificatePem(), TimeProvider.System).Value;
            return s.ProbeAsync($"https://git.example:{listener.Port}", authorities: own);
        },
        ["certificate-ends-soon"] = s => s.ProbeTlsAsync(s.Certificates.EndingSoon("git.example"), s.Certificates.Authority),
        ["tls-not-spoken"] = s => s.ProbeAsync($"https://git.example:{s.Open(TestListener.AnsweringBytes("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray())).Port}"),
        // What a server that knows only TLS 1.0 says to a newer hello: a fatal alert "protocol version".
        ["tls-too-old"] = s => s.ProbeAsync($"https://git.example:{s.Open(TestListener.AnsweringBytes([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46])).Port}"),
        ["tls-client-certificate"] = s => s.ProbeAsync(Fault.Custom(400, "<html><head><title>400 No required SSL certificate was sent</title></head></html>", Html)),
        // A fatal alert "handshake failure".
        ["tls-rejected"] = s => s.ProbeAsync($"https://git.example:{s.Open(TestListener.AnsweringBytes([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])).Port}"),
        ["tls-timed-out"] = s => s.ProbeAsync($"https://git.example:{s.Open(TestListener.Silent()).Port}", s.ImpatientToConnect()),
        ["tls-expired"] = s => s.ProbeTlsAsync(s.Certificates.Expired("git.example"), s.Certificates.Authority),
        ["tls-not-yet-valid"] = s => s.ProbeTlsAsync(s.Certificates.NotYetValid("git.example"), s.Certificates.Authority),
        ["tls-wrong-name"] = s => s.ProbeTlsAsync(s.Certificates.Good("other.example"), s.Certificates.Authority),
        ["tls-self-signed"] = s => s.ProbeTlsAsync(s.Certificates.SelfSigned("git.example")),
        ["tls-unknown-authority"] = s => s.ProbeTlsAsync(s.Certificates.Good("git.example")),
        ["tls-incomplete-chain"] = s => s.ProbeTlsAsync(s.Certificates.NamingItsIssuer("git.example", "http://192.0.2.1/issuer.crt")),
        ["tls-invalid"] = s => s.ProbeTlsAsync(s.Certificates.ForClients("git.example"), s.Certificates.Authority),

        ["waiting"] = s => s.ProbeAsync("https://missing.example"),
        ["not-http"] = s => s.ProbeAsync($"http://git.example:{s.Open(TestListener.Answering("220 mail.example ESMTP\r\n")).Port}"),
        ["no-answer-in-time"] = s => s.ProbeAsync($"http://git.example:{s.Open(TestListener.Silent()).Port}", s.ImpatientForAnswers()),
        ["web-server-answers"] = s => s.ProbeAsync(_ => { }),
        ["http-1-0"] = s => s.ProbeAsync($"http://git.example:{s.Open(TestListener.Answering("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")).Port}"),
        ["plain-http"] = s => s.ProbeAsync(_ => { }),
        ["http-only"] = s => s.ProbeAsync("git.example", s.Network("10.0.0.8", (to, _) => to.Port == 80
            ? Task.FromResult<Stream>(new CannedStream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            : throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused))),
        ["redirect-to-https"] = async s => await s.ProbeAsync($"http://git.example:{(await s.GitLabAsync(g => g.Faults.AnswerEverything(Fault.RedirectTo("https://git.example/.well-known/openid-configuration")))).Url.Port}"),
        ["https-expected"] = s => s.ProbeAsync(Fault.Custom(400, "<html>The plain HTTP request was sent to HTTPS port</html>", Html)),
        ["redirect-elsewhere"] = s => s.ProbeAsync(Fault.RedirectTo("https://git.corp.example/users/sign_in", 302)),
        ["login-gateway"] = s => s.ProbeAsync(Fault.SsoRedirect()),
        ["api-blocked"] = s => s.ProbeAsync(g => g.Faults.Answer("/api", Fault.Custom(404, "Not Found", "text/plain"))),
        ["not-gitlab"] = s => s.ProbeAsync(Fault.Custom(200, "<html><h1>It works!</h1></html>", Html)),
        ["is-gitlab"] = s => s.ProbeAsync(_ => { }),
        ["address-matches"] = s => s.ProbeAsync(_ => { }),
        ["address-differs"] = s => s.ProbeAsync(_ => { }, GitLabSandbox.Version("18.9.0-ee").WithExternalUrl("https://git.corp.example")),
        ["clock-agrees"] = s => s.ProbeAsync(_ => { }),
        ["clock-differs"] = s => s.ProbeAsync(Fault.ClockSkew(TimeSpan.FromMinutes(20))),

        ["gitlab-starting"] = s => s.ProbeAsync(Fault.GitLabIsNotResponding()),
        ["bad-gateway"] = s => s.ProbeAsync(Fault.NginxBadGateway()),
        ["gitlab-maintenance"] = s => s.ProbeAsync(Fault.ServiceUnavailable(900)),
        ["gitlab-overloaded"] = s => s.ProbeAsync(Fault.ServiceUnavailable()),
        ["gitlab-error"] = s => s.ProbeAsync(Fault.InternalServerError()),
        ["rate-limited"] = s => s.ProbeAsync(Fault.TooManyRequestsByRackAttack()),
        ["request-too-large"] = s => s.ProbeAsync(Fault.PayloadTooLarge()),
        ["request-address-too-long"] = s => s.ProbeAsync(Fault.UriTooLong()),
        ["request-headers-too-large"] = s => s.ProbeAsync(Fault.Custom(431, "")),
        ["answer-empty"] = s => s.ProbeAsync($"http://git.example:{s.Open(TestListener.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).Port}"),
        ["answer-cut-off"] = s => s.ProbeAsync($"http://git.example:{s.Open(TestListener.Answering("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"iss")).Port}"),
        ["answer-too-large"] = async s =>
        {
            var gitlab = await s.GitLabAsync(g => g.Faults.AnswerEverything(Fault.Custom(200, new string(' ', 100_000) + "{}")));
            return await s.ProbeAsync(gitlab.Url.AbsoluteUri, s.Outbound(new OutboundOptions { AllowedNetworks = ["127.0.0.0/8"], MaxResponseBytes = 64 * 1024 }));
        },
    };
}
