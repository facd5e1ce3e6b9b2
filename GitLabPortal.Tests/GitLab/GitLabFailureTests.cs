using System.Text;
using GitLabPortal.GitLab;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.GitLab;

public sealed class GitLabFailureTests : IDisposable
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    private readonly TestOutbound outbound = TestOutbound.ToLoopback();

    public void Dispose() => outbound.Dispose();

    private async Task<T> FailAsync<T>(Fault fault)
        where T : GitLabException
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);
        gitlab.Faults.AnswerEverything(fault);
        var failure = await Should.ThrowAsync<T>(() => outbound.ClientOf(gitlab, token.Secret).Users.GetCurrentAsync(None));
        failure.ToString().ShouldNotContain(token.Secret);
        gitlab.Requests.Count().ShouldBe(1);
        return failure;
    }

    [Theory]
    [InlineData("""{"message":"401 Unauthorized"}""", UnauthorizedReason.Unknown, "token-not-accepted")]
    [InlineData("""{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization or token refresh."}""", UnauthorizedReason.Expired, "token-expired")]
    [InlineData("""{"error":"invalid_token","error_description":"Token was revoked. You have to re-authorize from the user."}""", UnauthorizedReason.Revoked, "token-revoked")]
    [InlineData("""{"error":"invalid_token","error_description":"Token is an impersonation token but impersonation was disabled."}""", UnauthorizedReason.ImpersonationDisabled, "token-impersonation-off")]
    [InlineData("""{"error":"dpop_error","error_description":"DPoP validation error: DPoP header is missing"}""", UnauthorizedReason.DPoP, "token-needs-dpop")]
    [InlineData("", UnauthorizedReason.Unknown, "token-not-accepted")]
    [InlineData("""["surprise"]""", UnauthorizedReason.Unknown, "token-not-accepted")]
    public async Task Tells_reasons_of_401_apart(string body, UnauthorizedReason reason, string code)
    {
        var failure = await FailAsync<GitLabUnauthorizedException>(Fault.Custom(401, body));

        (failure.Reason, failure.Code, failure.Status).ShouldBe((reason, code, 401));
    }

    [Theory]
    [InlineData("Your account has been blocked.", ForbiddenReason.Blocked, "account-blocked")]
    [InlineData("Your account is pending approval from your administrator and hence blocked.", ForbiddenReason.PendingApproval, "account-pending")]
    [InlineData("Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at https://git.example.com/", ForbiddenReason.Deactivated, "account-deactivated")]
    [InlineData("Your primary email address is not confirmed. Please check your inbox.", ForbiddenReason.EmailNotConfirmed, "account-email-unconfirmed")]
    [InlineData("Your password expired. Please access GitLab from a web browser to update your password.", ForbiddenReason.PasswordExpired, "account-password-expired")]
    [InlineData("This action cannot be performed by internal users", ForbiddenReason.InternalUser, "account-internal")]
    public async Task Tells_states_of_the_account_apart(string text, ForbiddenReason reason, string code)
    {
        var failure = await FailAsync<GitLabForbiddenException>(Fault.Custom(403, $$"""{"message":"403 Forbidden - {{text}}"}"""));

        (failure.Reason, failure.Code).ShouldBe((reason, code));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(500)]
    public void An_endless_refusal_costs_no_more_than_its_beginning(int status)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"message":[{{string.Join(',', Enumerable.Repeat('1', 1_000_000))}}]}""");
        using var response = new HttpResponseMessage();
        var answer = new GitLabAnswer(status, response.Headers, "application/json", body);
        GitLabFailure.Of(answer with { Body = ReadOnlyMemory<byte>.Empty }, TimeProvider.System);
        var before = GC.GetAllocatedBytesForCurrentThread();

        GitLabFailure.Of(answer, TimeProvider.System).Status.ShouldBe(status);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2_000_000);
    }

    [Fact]
    public async Task Names_where_terms_are_accepted()
    {
        var failure = await FailAsync<GitLabForbiddenException>(Fault.Custom(403, """
            {"message":"403 Forbidden - You (@bot) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at https://git.example.com/gitlab."}
            """));

        (failure.Reason, failure.Url).ShouldBe((ForbiddenReason.TermsNotAccepted, new Uri("https://git.example.com/gitlab")));
    }

    [Fact]
    public async Task Names_the_scopes_any_of_which_would_do()
    {
        var failure = await FailAsync<GitLabForbiddenException>(Fault.Custom(403, """
            {"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"read_user api read_api"}
            """));

        failure.Reason.ShouldBe(ForbiddenReason.InsufficientScope);
        failure.Scopes.ShouldBe(["read_user", "api", "read_api"]);
    }

    [Fact]
    public async Task Names_the_permission_that_a_fine_grained_token_lacks()
    {
        var failure = await FailAsync<GitLabForbiddenException>(Fault.Custom(403, """
            {"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a fine-grained personal access token with the following project permissions: [Project: Read]."}
            """));

        (failure.Reason, failure.Permission).ShouldBe((ForbiddenReason.GranularPermission, "Project: Read"));
    }

    [Theory]
    [InlineData("""{"message":"403 Forbidden"}""", ForbiddenReason.Unspecified)]
    [InlineData("""{"message":"You cannot perform write operations on a read-only instance"}""", ForbiddenReason.ReadOnlyServer)]
    [InlineData("""{"error":["Your project limit is 0 projects!"]}""", ForbiddenReason.Unspecified)]
    public async Task Keeps_other_403_apart_from_dead_tokens(string body, ForbiddenReason reason) =>
        (await FailAsync<GitLabForbiddenException>(Fault.Custom(403, body))).Reason.ShouldBe(reason);

    [Theory]
    [InlineData("""{"message":"404 Project Not Found"}""", false)]
    [InlineData("""{"message":"404 Not found"}""", false)]
    [InlineData("""{"error":"404 Not Found"}""", true)]
    [InlineData("", false)]
    public async Task Tells_a_missing_object_from_an_unknown_route(string body, bool isUnknownRoute) =>
        (await FailAsync<GitLabNotFoundException>(Fault.Custom(404, body))).IsUnknownRoute.ShouldBe(isUnknownRoute);

    [Theory]
    [InlineData(400, """{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}""", "application/json", RejectedReason.TokenTypeRequired)]
    [InlineData(400, "Bad Request", "text/plain", RejectedReason.Malformed)]
    [InlineData(400, """{"error":"name is missing, scopes is missing"}""", "application/json", RejectedReason.Other)]
    [InlineData(400, """{"message":{"name":["has already been taken"],"path":{"deep":["x"]}}}""", "application/json", RejectedReason.Taken)]
    [InlineData(409, """{"message":["Another open merge request already exists"]}""", "application/json", RejectedReason.Taken)]
    [InlineData(405, """{"error":"Keyset pagination is not yet available for this type of request"}""", "application/json", RejectedReason.PagingNotOffered)]
    [InlineData(405, """{"error":"Offset pagination has a maximum allowed offset of 50000 for requests that return objects of type Group."}""", "application/json", RejectedReason.PagingNotOffered)]
    [InlineData(413, "<html>413</html>", "text/html", RejectedReason.TooLarge)]
    [InlineData(414, "<html>414</html>", "text/html", RejectedReason.TooLarge)]
    [InlineData(431, "", "text/plain", RejectedReason.TooLarge)]
    public async Task Tells_refused_requests_apart(int status, string body, string type, RejectedReason reason)
    {
        var failure = await FailAsync<GitLabRejectedException>(Fault.Custom(status, body, type));

        (failure.Reason, failure.Status).ShouldBe((reason, status));
    }

    [Fact]
    public async Task Reads_how_long_either_limiter_asks_to_wait()
    {
        (await FailAsync<GitLabRateLimitedException>(Fault.TooManyRequestsByRackAttack(60))).RetryAfter.ShouldBe(TimeSpan.FromSeconds(60));
        (await FailAsync<GitLabRateLimitedException>(Fault.TooManyRequestsByEndpoint(600))).RetryAfter.ShouldBe(TimeSpan.FromMinutes(10));
        (await FailAsync<GitLabRateLimitedException>(Fault.Custom(429, "Retry later\n", "text/plain"))).RetryAfter.ShouldBeNull();
        (await FailAsync<GitLabRateLimitedException>(Fault.Custom(429, "", "text/plain", ("RateLimit-Reset", "1")))).RetryAfter.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task Tells_server_trouble_apart()
    {
        (await FailAsync<GitLabUnavailableException>(Fault.GitLabIsNotResponding())).Kind.ShouldBe(UnavailableKind.Starting);
        (await FailAsync<GitLabUnavailableException>(Fault.NginxBadGateway())).Kind.ShouldBe(UnavailableKind.BadGateway);
        (await FailAsync<GitLabUnavailableException>(Fault.InternalServerError())).Kind.ShouldBe(UnavailableKind.ServerError);
        (await FailAsync<GitLabUnavailableException>(Fault.ServiceUnavailable(5))).Kind.ShouldBe(UnavailableKind.Overloaded);
        (await FailAsync<GitLabUnavailableException>(Fault.ServiceUnavailable(900))).Kind.ShouldBe(UnavailableKind.Maintenance);
        (await FailAsync<GitLabUnavailableException>(Fault.Custom(504, "<html>504 Gateway Time-out</html>", "text/html"))).Kind.ShouldBe(UnavailableKind.BadGateway);
        (await FailAsync<GitLabUnavailableException>(Fault.LostAnswer())).Kind.ShouldBe(UnavailableKind.Network);
    }

    [Fact]
    public async Task Tells_unexpected_answers_apart()
    {
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.SsoLoginPage())).Kind.ShouldBe(UnexpectedKind.Html);
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.Custom(403, "<html>blocked</html>", "text/html"))).Kind.ShouldBe(UnexpectedKind.Html);
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.Custom(200, "fine", "text/plain"))).Kind.ShouldBe(UnexpectedKind.NotJson);
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.EmptyBody())).Kind.ShouldBe(UnexpectedKind.Empty);
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.TruncatedJson())).Kind.ShouldBe(UnexpectedKind.WrongShape);
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.Custom(200, "{}"))).Kind.ShouldBe(UnexpectedKind.WrongShape);
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.Custom(200, "null"))).Kind.ShouldBe(UnexpectedKind.WrongShape);
        (await FailAsync<GitLabUnexpectedAnswerException>(Fault.Custom(200, "[1]"))).Kind.ShouldBe(UnexpectedKind.WrongShape);
    }

    [Fact]
    public async Task Tells_an_answer_that_is_cut_off()
    {
        // An orderly close: after a reset it is luck whether the headers can still be read.
        await using var server = TestListener.Answering("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":1,");
        var client = new GitLabClient(outbound.Http.Shared(allowsPlainHttp: true), new Uri($"http://127.0.0.1:{server.Port}"), null, TimeProvider.System, GitLabRetry.None);

        (await Should.ThrowAsync<GitLabUnexpectedAnswerException>(() => client.Users.GetCurrentAsync(None))).Kind.ShouldBe(UnexpectedKind.Truncated);
    }

    [Theory]
    [InlineData("https://elsewhere.example.com/api/v4/user")]
    [InlineData("https://sso.example.com/login")]
    public async Task Never_follows_a_redirect(string target)
    {
        var failure = await FailAsync<GitLabUnexpectedAnswerException>(Fault.RedirectTo(target, 302));

        (failure.Kind, failure.Target).ShouldBe((UnexpectedKind.Redirect, new Uri(target)));
        outbound.Dialled.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Gives_up_on_a_server_that_does_not_answer_and_names_the_phase()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/api/v4/user", Fault.Hang());
        gitlab.Faults.Answer("/api/v4/version", Fault.Drip(1, TimeSpan.FromMilliseconds(150)));
        string? dripped = null;

        // The patience has to last for the beginning of an answer, which comes as soon as the machine can, and not for the end.
        foreach (var patience in (double[])[0.4, 2, 4])
        {
            using var impatient = TestOutbound.ImpatientForAnswers(patience);
            var client = impatient.ClientOf(gitlab, null);
            (await PhaseAsync(() => client.Users.GetCurrentAsync(None))).ShouldBe("waiting for an answer");
            dripped = await PhaseAsync(() => client.Metadata.GetVersionAsync(None));
            if (dripped != "waiting for an answer") break;
        }

        dripped.ShouldBe("reading the answer");
    }

    private static async Task<string?> PhaseAsync(Func<Task> call)
    {
        var failure = await Should.ThrowAsync<GitLabUnavailableException>(call);
        failure.Kind.ShouldBe(UnavailableKind.TimedOut);
        return failure.Phase;
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.Hang());
        using var leaving = new CancellationTokenSource();
        var call = outbound.ClientOf(gitlab, null, GitLabRetry.Default).Users.GetCurrentAsync(leaving.Token);

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Refuses_answers_that_are_too_large_even_when_compressed()
    {
        using var small = new TestOutbound(new GitLabPortal.Security.OutboundOptions { AllowedNetworks = ["127.0.0.0/8"], MaxResponseBytes = 64 * 1024 });
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.Answer("/api/v4/user", Fault.Custom(200, $$"""{"id":1,"username":"{{new string('x', 70_000)}}"}"""));

        var failure = await Should.ThrowAsync<GitLabUnexpectedAnswerException>(() => small.ClientOf(gitlab, null).Users.GetCurrentAsync(None));

        failure.Kind.ShouldBe(UnexpectedKind.TooLarge);
    }

    [Theory]
    [InlineData("glpat-abc def")]
    [InlineData("glpat-abc\r\nX-Injected: 1")]
    [InlineData("glpät-abc")]
    [InlineData("")]
    public void Refuses_tokens_that_cannot_be_a_header_without_quoting_them(string token)
    {
        using var http = new HttpClient();

        var refused = Should.Throw<ArgumentException>(() => new GitLabClient(http, new Uri("https://git.example.com"), token, TimeProvider.System));

        if (token.Length > 0) refused.ToString().ShouldNotContain(token);
    }
}
