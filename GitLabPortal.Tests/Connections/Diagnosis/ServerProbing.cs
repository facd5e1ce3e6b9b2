using System.Net.Sockets;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

/// <summary>A probe of loopback servers; <c>git.example</c> is 127.0.0.1.</summary>
public abstract class ServerProbing : IDisposable
{
    private protected TestOutbound Outbound { get; } = TestOutbound.ToLoopback().Name("git.example", "127.0.0.1");

    protected static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Outbound.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<ServerReport> ProbeAsync(string pasted, bool allowPlainHttp = true, TestOutbound? through = null) =>
        new ServerProbe((through ?? Outbound).Http, TimeProvider.System).RunAsync(pasted, allowPlainHttp, null, None);

    private protected async Task<Finding> FailAsync(string pasted, string code, bool allowPlainHttp = true, TestOutbound? through = null)
    {
        var report = await ProbeAsync(pasted, allowPlainHttp, through);
        var failed = report.Findings.Where(f => f.Status is FindingStatus.Failed).ShouldHaveSingleItem();
        failed.Code.ShouldBe(code);
        failed.ShouldBe(report.Findings.Last(f => f.Status is not FindingStatus.Waiting));
        failed.Seen.ShouldNotBeEmpty();
        report.CanContinue.ShouldBeFalse();
        return failed;
    }

    private protected sealed class WhenConnected(Action then) : IProgress<Finding>
    {
        public void Report(Finding value)
        {
            if (value.Code == "connected") then();
        }
    }
}
