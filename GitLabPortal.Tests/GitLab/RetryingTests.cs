using GitLabPortal.GitLab;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.GitLab;

public sealed class RetryingTests : IDisposable
{
    private static CancellationToken None => TestContext.Current.CancellationToken;

    private readonly TestOutbound outbound = TestOutbound.ToLoopback();
    private readonly HurriedTime time = new();

    public void Dispose() => outbound.Dispose();

    public static TheoryData<string> Passing => ["rack", "endpoint", "502", "nginx", "500", "503", "lost", "reset"];

    private static Fault Named(string name) => name switch
    {
        "rack" => Fault.TooManyRequestsByRackAttack(3),
        "endpoint" => Fault.TooManyRequestsByEndpoint(3),
        "502" => Fault.GitLabIsNotResponding(),
        "nginx" => Fault.NginxBadGateway(),
        "500" => Fault.InternalServerError(),
        "503" => Fault.ServiceUnavailable(),
        "lost" => Fault.LostAnswer(),
        _ => Fault.ResetMidBody(),
    };

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Asks_again_after_passing_trouble(string fault)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        var token = gitlab.World.AddToken(gitlab.World.Root, scopes: ["api"]);
        gitlab.Faults.Answer("/api/v4/user", 2, Named(fault));

        var user = await outbound.ClientOf(gitlab, token.Secret, GitLabRetry.Default, time).Users.GetCurrentAsync(None);

        user.Username.ShouldBe("root");
        gitlab.Requests.Count().ShouldBe(3);
        time.Waits.Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Gives_up_after_the_last_try(string fault)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Named(fault));

        await Should.ThrowAsync<GitLabException>(() => outbound.ClientOf(gitlab, null, GitLabRetry.Default, time).Users.GetCurrentAsync(None));

        gitlab.Requests.Count().ShouldBe(3);
    }

    [Fact]
    public async Task Waits_as_long_as_gitlab_asks()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.TooManyRequestsByEndpoint(7));

        await Should.ThrowAsync<GitLabRateLimitedException>(() => outbound.ClientOf(gitlab, null, GitLabRetry.Default, time).Users.GetCurrentAsync(None));

        time.Waits.ShouldBe([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(7)]);
    }

    [Fact]
    public async Task Reports_at_once_when_gitlab_asks_for_too_long_a_wait()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.TooManyRequestsByRackAttack(3600));

        await Should.ThrowAsync<GitLabRateLimitedException>(() => outbound.ClientOf(gitlab, null, GitLabRetry.Default, time).Users.GetCurrentAsync(None));

        gitlab.Requests.Count().ShouldBe(1);
        time.Waits.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(401, """{"message":"401 Unauthorized"}""")]
    [InlineData(403, """{"message":"403 Forbidden"}""")]
    [InlineData(404, """{"message":"404 Not found"}""")]
    [InlineData(400, """{"error":"x"}""")]
    [InlineData(200, "null")]
    public async Task Does_not_repeat_what_will_not_change(int status, string body)
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.Custom(status, body));

        await Should.ThrowAsync<GitLabException>(() => outbound.ClientOf(gitlab, null, GitLabRetry.Default, time).Users.GetCurrentAsync(None));

        gitlab.Requests.Count().ShouldBe(1);
    }

    [Fact]
    public async Task Leaves_retries_to_the_caller_when_told_so()
    {
        await using var gitlab = await GitLabSandbox.StartAsync();
        gitlab.Faults.AnswerEverything(Fault.ServiceUnavailable(1));

        await Should.ThrowAsync<GitLabUnavailableException>(() => outbound.ClientOf(gitlab, null, GitLabRetry.None, time).Users.GetCurrentAsync(None));

        gitlab.Requests.Count().ShouldBe(1);
    }

    [Fact]
    public async Task Does_not_ask_a_refused_address_again()
    {
        using var strict = new TestOutbound();
        var client = new GitLabClient(strict.Http.Shared(), new Uri("https://127.0.0.1:1"), null, time);

        var failure = await Should.ThrowAsync<GitLabUnavailableException>(() => client.Users.GetCurrentAsync(None));

        failure.InnerException.ShouldBeOfType<GitLabPortal.Security.OutboundRefusedException>().Rule.ShouldBe("loopback");
        time.Waits.ShouldBeEmpty();
        strict.Dialled.ShouldBeEmpty();
    }
}
