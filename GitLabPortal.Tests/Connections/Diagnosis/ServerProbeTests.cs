using System.Net.Sockets;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class ServerProbeTests : ServerProbing
{
    [Theory]
    [InlineData("", "address-empty")]
    [InlineData("our server", "address-invalid")]
    [InlineData("ftp://git.example", "address-scheme")]
    [InlineData("https://gitlab.com/group", "gitlab-com")]
    public async Task Stops_at_texts_that_are_no_own_server(string pasted, string code)
    {
        await FailAsync(pasted, code);
        Outbound.Asked.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tells_names_apart_that_do_not_exist_or_cannot_be_looked_up()
    {
        Outbound.Name("trouble.example", () => throw new SocketException((int)SocketError.TryAgain));

        (await FailAsync("https://missing.example", "name-not-found")).Owner.ShouldBe(FixOwner.You);
        (await FailAsync("https://trouble.example", "dns-failure")).Owner.ShouldBe(FixOwner.NetworkAdmin);
    }

    [Theory]
    [InlineData("https://127.0.0.1", "loopback")]
    [InlineData("http://169.254.169.254", "cloud-metadata")]
    [InlineData("https://inside.example", "loopback")]
    public async Task Names_rule_and_setting_of_a_refused_address(string pasted, string rule)
    {
        using var strict = new TestOutbound().Name("inside.example", "93.184.216.34", "127.0.0.1");

        var finding = await FailAsync(pasted, "address-refused", through: strict);

        finding.Seen.ShouldContain(rule);
        finding.Fix.ShouldContain("Outbound:AllowedNetworks");
        finding.Owner.ShouldBe(FixOwner.PortalOperator);
        strict.Dialled.ShouldBeEmpty();
    }

    [Fact]
    public async Task Tells_a_closed_port()
    {
        var port = TestListener.ClosedPort();

        (await FailAsync($"https://git.example:{port}", "connection-refused")).Seen.ShouldContain($"127.0.0.1:{port}");
    }

    [Theory]
    [InlineData(SocketError.NetworkUnreachable, "unreachable")]
    [InlineData(SocketError.HostUnreachable, "unreachable")]
    [InlineData(SocketError.TimedOut, "private-address-silent")]
    public async Task Tells_network_trouble(SocketError error, string code)
    {
        using var network = new TestOutbound().Name("git.example", "10.9.8.7");
        network.Dial = (_, _) => throw new SocketException((int)error);

        (await FailAsync("https://git.example", code, through: network)).Owner.ShouldBe(FixOwner.NetworkAdmin);
    }

    [Fact]
    public async Task Gives_up_on_hanging_connections_and_names_the_phase()
    {
        using var connecting = TestOutbound.ImpatientToConnect().Name("git.example", "127.0.0.1").Name("dark.example", "10.9.8.7");
        using var waiting = TestOutbound.ImpatientForAnswers().Name("git.example", "127.0.0.1");
        await using var silent = TestListener.Silent();
        connecting.Dial = async (endPoint, cancellation) =>
        {
            if (endPoint.Address.ToString() == "10.9.8.7") await Task.Delay(Timeout.Infinite, cancellation);
            return await TestOutbound.DialToTheEndAsync(endPoint, cancellation);
        };

        await FailAsync("https://dark.example", "private-address-silent", through: connecting);
        await FailAsync($"https://git.example:{silent.Port}", "tls-timed-out", through: connecting);
        (await FailAsync($"http://git.example:{silent.Port}", "no-answer-in-time", through: waiting)).Seen.ShouldContain("waiting for an answer");
    }

    [Fact]
    public async Task Gives_up_on_an_answer_that_drips()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.Drip(1, TimeSpan.FromMilliseconds(100)));

        // The patience has to last for the beginning of the answer, which comes as soon as the machine can, and not for the end, minutes later.
        var seen = "";
        foreach (var patience in (double[])[0.4, 4, 20])
        {
            using var impatient = TestOutbound.ImpatientForAnswers(patience);
            seen = (await FailAsync(gitlab.Url.AbsoluteUri, "no-answer-in-time", through: impatient)).Seen;
            if (!seen.Contains("waiting for an answer", StringComparison.Ordinal)) break;
        }

        seen.ShouldContain("reading the answer");
    }

    [Fact]
    public async Task Leaving_closes_the_sockets()
    {
        var clientLeft = new TaskCompletionSource();
        await using var silent = TestListener.Silent(clientLeft);
        using var leaving = new CancellationTokenSource();
        var probe = new ServerProbe(Outbound.Http, TimeProvider.System).RunAsync($"http://git.example:{silent.Port}", true, new WhenConnected(() => leaving.CancelAfter(TimeSpan.FromMilliseconds(30))), leaving.Token);

        await Should.ThrowAsync<OperationCanceledException>(() => probe);

        await clientLeft.Task.WaitAsync(TimeSpan.FromSeconds(30), None);
    }

    [Fact]
    public async Task Tells_connections_that_break()
    {
        await using var resetting = TestListener.Resetting();
        await using var closing = TestListener.Answering("");
        await using var cut = TestListener.Answering("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"iss");
        await using var other = TestListener.Answering("220 mail.example ESMTP\r\n");
        await using var empty = TestListener.Answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        await FailAsync($"http://git.example:{resetting.Port}", "connection-dropped");
        await FailAsync($"http://git.example:{closing.Port}", "connection-dropped");
        await FailAsync($"http://git.example:{cut.Port}", "answer-cut-off");
        await FailAsync($"http://git.example:{other.Port}", "not-http");
        await FailAsync($"http://git.example:{empty.Port}", "answer-empty");
    }

    [Fact]
    public async Task Asks_an_old_server_again_that_went_away_behind_its_last_answer()
    {
        var isReused = new TaskCompletionSource();
        await using var old = TestListener.That(async (socket, cancellation) =>
        {
            var buffer = new byte[4096];
            await socket.ReceiveAsync(buffer, cancellation);
            await socket.SendAsync("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), cancellation);
            if (await socket.ReceiveAsync(buffer, cancellation) == 0) return;
            socket.LingerState = new LingerOption(enable: true, 0);
            socket.Close();
            isReused.TrySetResult();
        });
        // The second connection is late, so that the second request goes out on the first one.
        Outbound.Dial = async (endPoint, cancellation) =>
        {
            if (Outbound.Dialled.Count > 1) await isReused.Task.WaitAsync(cancellation);
            return await OutboundGuard.DialAsync(endPoint, cancellation);
        };

        var report = await ProbeAsync($"http://git.example:{old.Port}");

        isReused.Task.IsCompleted.ShouldBeTrue();
        report.Findings.Select(f => f.Code).ShouldContain("http-1-0");
    }

    [Fact]
    public async Task Tells_certificates_apart()
    {
        using var certificates = new TestCertificates();
        await ExpectAsync(certificates.SelfSigned("git.example"), "tls-self-signed", FixOwner.You);
        await ExpectAsync(certificates.Expired("git.example"), "tls-expired", FixOwner.GitLabAdmin);
        await ExpectAsync(certificates.NotYetValid("git.example"), "tls-not-yet-valid", FixOwner.GitLabAdmin);
        (await ExpectAsync(certificates.SelfSigned("other.example", "third.example"), "tls-wrong-name", FixOwner.GitLabAdmin)).Seen.ShouldContain("other.example, third.example");
        await ExpectAsync(certificates.ForClients("git.example"), "tls-invalid", FixOwner.GitLabAdmin);
        await ExpectAsync(certificates.NamingItsIssuer("git.example", "http://192.0.2.1/issuer.crt"), "tls-incomplete-chain", FixOwner.GitLabAdmin);
        (await ExpectAsync(certificates.Good("git.example"), "tls-unknown-authority", FixOwner.You)).Seen.ShouldContain("Test Authority");

        async Task<Finding> ExpectAsync(System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, string code, FixOwner owner)
        {
            await using var server = TestListener.WithTls(certificate);
            var finding = await FailAsync($"https://git.example:{server.Port}", code);
            finding.Owner.ShouldBe(owner);
            return finding;
        }
    }

    [Fact]
    public async Task Tells_a_server_that_ends_the_handshake()
    {
        await using var closing = TestListener.That((_, _) => Task.CompletedTask);

        await FailAsync($"https://git.example:{closing.Port}", "tls-rejected");
    }

    [Theory]
    [InlineData("https://git.example")]
    [InlineData("git.example")]
    public async Task Offers_http_where_the_port_does_not_speak_tls(string pasted)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();

        var finding = await FailAsync($"{pasted}:{gitlab.Url.Port}", "tls-not-spoken");

        finding.SuggestedAddress.ShouldBe($"http://git.example:{gitlab.Url.Port}");
        gitlab.Requests.All.ShouldAllBe(r => r.SentAs == null);
    }

    [Theory]
    [InlineData("10.0.0.9", "http://old.example")]
    [InlineData("93.184.216.34", null)]
    public async Task Says_that_only_http_answers_when_no_scheme_was_given(string address, string? suggestion)
    {
        using var network = new TestOutbound().Name("old.example", address);
        network.Dial = (endPoint, _) => endPoint.Port == 80
            ? Task.FromResult<Stream>(new CannedStream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            : throw new SocketException((int)SocketError.ConnectionRefused);

        (await FailAsync("old.example", "http-only", through: network)).SuggestedAddress.ShouldBe(suggestion);
        await FailAsync("https://old.example", "connection-refused", through: network);
    }

    [Fact]
    public async Task Plain_http_needs_a_private_network_and_consent()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        using var network = new TestOutbound().Name("public.example", "93.184.216.34");

        await FailAsync(gitlab.Url.AbsoluteUri, "plain-http-needs-consent", allowPlainHttp: false);
        await FailAsync("http://public.example", "plain-http-refused", allowPlainHttp: true, through: network);
        gitlab.Requests.Count().ShouldBe(0);
        network.Dialled.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://git.corp.example/.well-known/openid-configuration", "redirect-elsewhere", "https://git.corp.example")]
    [InlineData("https://git.corp.example/gitlab/.well-known/openid-configuration", "redirect-elsewhere", "https://git.corp.example/gitlab")]
    [InlineData("https://git.example:443/.well-known/openid-configuration", "redirect-to-https", "https://git.example")]
    [InlineData("https://www.corp.example/", "redirect-elsewhere", "https://www.corp.example")]
    [InlineData("https://git.corp.example/users/sign_in", "redirect-elsewhere", "https://git.corp.example")]
    [InlineData("https://login.corp.example/oauth2/authorize?client_id=x", "login-gateway", null)]
    [InlineData("https://corp.cloudflareaccess.com/cdn-cgi/access/login/git", "login-gateway", null)]
    public async Task Offers_the_target_of_a_redirect_without_following_it(string target, string code, string? suggestion)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.RedirectTo(target, 302));

        (await FailAsync($"http://git.example:{gitlab.Url.Port}", code)).SuggestedAddress.ShouldBe(suggestion);

        Outbound.Asked.ShouldAllBe(h => h == "git.example");
    }

    [Fact]
    public async Task Tells_gateways_other_products_and_blocked_apis_apart()
    {
        await ExpectAsync(g => g.Faults.AnswerEverything(Fault.SsoLoginPage()), "login-gateway");
        await ExpectAsync(g => g.Faults.AnswerEverything(Fault.Custom(401, "Unauthorized", "text/plain", ("WWW-Authenticate", "Basic realm=\"corp\""))), "login-gateway");
        await ExpectAsync(g => g.Faults.AnswerEverything(Fault.Custom(200, "<html><h1>It works!</h1></html>", "text/html")), "not-gitlab");
        await ExpectAsync(g => g.Faults.AnswerEverything(Fault.Custom(404, """{"error":"not here"}""")), "not-gitlab");
        await ExpectAsync(g => g.Faults.AnswerEverything(Fault.Custom(200, """{"issuer":"https://accounts.google.com","jwks_uri":"https://www.googleapis.com/oauth2/v3/certs"}""")), "not-gitlab");
        await ExpectAsync(g => g.Faults.Answer("/api", Fault.SsoLoginPage()), "api-blocked");
        await ExpectAsync(g => g.Faults.Answer("/api", Fault.Custom(404, "Not Found", "text/plain")), "api-blocked");

        async Task ExpectAsync(Action<GitLabSandbox> arrange, string code)
        {
            await using var gitlab = await GitLabSandbox.StartAsync();
            arrange(gitlab);
            await FailAsync(gitlab.Url.AbsoluteUri, code);
        }
    }

    [Fact]
    public async Task Tells_servers_in_trouble_apart()
    {
        await ExpectAsync(Fault.GitLabIsNotResponding(), "gitlab-starting");
        await ExpectAsync(Fault.DeployPage(), "gitlab-starting");
        await ExpectAsync(Fault.NginxBadGateway(), "bad-gateway");
        await ExpectAsync(Fault.ServiceUnavailable(900), "gitlab-maintenance");
        await ExpectAsync(Fault.ServiceUnavailable(), "gitlab-overloaded");
        await ExpectAsync(Fault.InternalServerError(), "gitlab-error");
        await ExpectAsync(Fault.TooManyRequestsByRackAttack(), "rate-limited");
        await ExpectAsync(Fault.PayloadTooLarge(), "request-too-large");
        await ExpectAsync(Fault.UriTooLong(), "request-address-too-long");
        await ExpectAsync(Fault.Custom(431, ""), "request-headers-too-large");
        await ExpectAsync(Fault.Custom(400, "<html><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</html>", "text/html"), "https-expected");

        async Task ExpectAsync(Fault fault, string code)
        {
            await using var gitlab = await GitLabSandbox.StartAsync();
            gitlab.Faults.AnswerEverything(fault);
            await FailAsync(gitlab.Url.AbsoluteUri, code);
        }
    }
}
