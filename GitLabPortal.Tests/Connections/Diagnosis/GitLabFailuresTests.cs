using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public sealed class GitLabFailuresTests
{
    public static TheoryData<Exception> All
    {
        get
        {
            var all = new TheoryData<Exception>();
            foreach (var reason in Enum.GetValues<UnauthorizedReason>()) all.Add(new GitLabUnauthorizedException(reason));
            foreach (var reason in Enum.GetValues<ForbiddenReason>()) all.Add(new GitLabForbiddenException(reason));
            foreach (var reason in Enum.GetValues<RejectedReason>()) all.Add(new GitLabRejectedException(reason, 400));
            foreach (var kind in Enum.GetValues<UnavailableKind>()) all.Add(new GitLabUnavailableException(kind, "x"));
            foreach (var kind in Enum.GetValues<UnexpectedKind>()) all.Add(new GitLabUnexpectedAnswerException(kind, "x"));
            foreach (var failure in Enum.GetValues<ConnectFailure>()) all.Add(new OutboundConnectException(failure, "git.example"));
            foreach (var failure in Enum.GetValues<ConnectFailure>()) all.Add(new GitLabUnavailableException(UnavailableKind.Network, "x", new OutboundConnectException(failure, "git.example")));
            all.Add(new GitLabNotFoundException(isUnknownRoute: false));
            all.Add(new GitLabNotFoundException(isUnknownRoute: true));
            all.Add(new GitLabRateLimitedException { RetryAfter = TimeSpan.FromSeconds(90) });
            all.Add(new OutboundRefusedException("loopback", "git.example", System.Net.IPAddress.Loopback));
            all.Add(new HttpRequestException("x"));
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All), DisableDiscoveryEnumeration = true)]
    public void Every_failure_has_words_a_fix_and_a_code(Exception failure)
    {
        var finding = GitLabFailures.ToFinding(failure).ShouldNotBeNull();
        var problem = GitLabFailures.ToProblem(failure).ShouldNotBeNull();

        finding.Status.ShouldBe(FindingStatus.Failed);
        finding.Code.ShouldMatch("^[a-z][a-z0-9-]+$");
        finding.Seen.ShouldEndWith(".");
        finding.Fix.ShouldNotBeEmpty();
        problem.Code.ShouldBe(finding.Code);
        problem.Message.ShouldStartWith(finding.Seen);
    }

    [Fact]
    public void Tells_when_to_try_again() =>
        GitLabFailures.ToProblem(new GitLabRateLimitedException { RetryAfter = TimeSpan.FromSeconds(90) })!.RetryAfter.ShouldBe(TimeSpan.FromSeconds(90));

    [Fact]
    public void Leaves_bugs_and_cancellations_alone()
    {
        GitLabFailures.ToProblem(new InvalidOperationException()).ShouldBeNull();
        GitLabFailures.ToProblem(new OperationCanceledException()).ShouldBeNull();
    }
}
