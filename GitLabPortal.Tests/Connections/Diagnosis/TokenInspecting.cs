using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis;

public abstract class TokenInspecting : IDisposable
{
    private protected TestOutbound Outbound { get; } = TestOutbound.ToLoopback();

    private protected static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Outbound.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<TokenReport> InspectAsync(
        GitLabSandbox gitlab, string token, bool readOnly = false, ConnectionCoverage coverage = ConnectionCoverage.Everything, TimeProvider? time = null) =>
        new TokenInspector(new GitLabClients(Outbound.Http, TimeProvider.System), time ?? TimeProvider.System).RunAsync(
            new(InstanceUrl.Parse(gitlab.Url.AbsoluteUri).Value!, new Secret(token), readOnly, NetworkPath.For(allowsPlainHttp: true), coverage), null, None);

    private protected async Task<Finding> RefuseAsync(GitLabSandbox gitlab, string token, string code)
    {
        var report = await InspectAsync(gitlab, token);
        report.CanConnect.ShouldBeFalse();
        var failed = report.Findings.Single(f => f.Status is FindingStatus.Failed);
        failed.Code.ShouldBe(code);
        if (token.Trim().Length > 8) string.Join("", report.Findings).ShouldNotContain(token.Trim());
        return failed;
    }

    private protected static (SandboxUser Bot, SandboxGroup Group) Furnish(GitLabSandbox gitlab, int projects = 3)
    {
        var group = gitlab.World.AddGroup("tools");
        for (var i = 0; i < projects; i++) gitlab.World.AddProject(group, $"p{i}");
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMember(bot, group);
        return (bot, group);
    }

    private protected static string StateOf(TokenReport report, string capability) =>
        report.Passport!.Capabilities.Single(c => c.Name.StartsWith(capability, StringComparison.Ordinal)).State.ToString();
}
