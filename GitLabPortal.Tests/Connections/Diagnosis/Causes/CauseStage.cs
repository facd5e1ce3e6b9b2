using System.Security.Cryptography.X509Certificates;
using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Xunit;

namespace GitLabPortal.Tests.Connections.Diagnosis.Causes;

/// <summary>Makes one cause happen and returns what the checks say.</summary>
internal delegate Task<IReadOnlyList<Finding>> Cause(CauseStage stage);

/// <summary>What causes are made of: names, listeners, certificates and a sandbox, all gone afterwards. <c>git.example</c> is 127.0.0.1.</summary>
internal sealed class CauseStage : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> opened = [];
    private readonly List<IDisposable> held = [];

    public CauseStage() => Certificates = Hold(new TestCertificates());

    public static CancellationToken None => TestContext.Current.CancellationToken;

    public TestCertificates Certificates { get; }

    public TestOutbound Loopback(X509Certificate2? authority = null) => Hold(TestOutbound.ToLoopback(authority).Name("git.example", "127.0.0.1"));

    public TestOutbound Outbound(OutboundOptions options) => Hold(new TestOutbound(options).Name("git.example", "127.0.0.1"));

    public TestOutbound ImpatientToConnect() => Hold(TestOutbound.ImpatientToConnect().Name("git.example", "127.0.0.1"));

    public TestOutbound ImpatientForAnswers() => Hold(TestOutbound.ImpatientForAnswers().Name("git.example", "127.0.0.1"));

    /// <summary>A network without anything in it but what <paramref name="dial"/> answers.</summary>
    public TestOutbound Network(string address, Func<System.Net.IPEndPoint, CancellationToken, Task<Stream>> dial)
    {
        var network = Hold(new TestOutbound().Name("git.example", address));
        network.Dial = dial;
        return network;
    }

    public T Open<T>(T resource) where T : IAsyncDisposable
    {
        opened.Add(resource);
        return resource;
    }

    public async Task<GitLabSandbox> GitLabAsync(Action<GitLabSandbox>? arrange = null, GitLabSandboxBuilder? builder = null)
    {
        var gitlab = Open(await (builder ?? GitLabSandbox.Version("18.9.0-ee")).StartAsync());
        arrange?.Invoke(gitlab);
        return gitlab;
    }

    public async Task<IReadOnlyList<Finding>> ProbeAsync(string pasted, TestOutbound? through = null, bool allowPlainHttp = true, TrustedAuthorities? authorities = null) =>
        (await new ServerProbe((through ?? Loopback()).Http, TimeProvider.System).RunAsync(pasted, NetworkPath.For(allowPlainHttp, authorities), null, None)).Findings;

    public async Task<IReadOnlyList<Finding>> ProbeAsync(Action<GitLabSandbox> arrange, GitLabSandboxBuilder? builder = null) =>
        await ProbeAsync((await GitLabAsync(arrange, builder)).Url.AbsoluteUri);

    public Task<IReadOnlyList<Finding>> ProbeAsync(Fault fault) => ProbeAsync(g => g.Faults.AnswerEverything(fault));

    /// <summary>Shows this certificate to a portal that trusts <paramref name="trusted"/>.</summary>
    public async Task<IReadOnlyList<Finding>> ProbeTlsAsync(X509Certificate2 certificate, X509Certificate2? trusted = null)
    {
        var listener = Open(TestListener.WithTls(certificate));
        return await ProbeAsync($"https://git.example:{listener.Port}", Loopback(trusted), allowPlainHttp: false);
    }

    public async Task<IReadOnlyList<Finding>> InspectAsync(GitLabSandbox gitlab, string token, bool readOnly = false, TestOutbound? through = null, ConnectionCoverage coverage = ConnectionCoverage.Everything)
    {
        var outbound = through ?? Loopback();
        var request = new TokenCheckRequest(InstanceUrl.Parse(gitlab.Url.AbsoluteUri).Value!, new Secret(token), readOnly, NetworkPath.For(allowsPlainHttp: true), coverage);
        return (await new TokenInspector(new GitLabClients(outbound.Http, TimeProvider.System), TimeProvider.System).RunAsync(request, null, None)).Findings;
    }

    /// <summary>A bot that is a member of one group with three private projects, its token, and what the checks say of it.</summary>
    public async Task<IReadOnlyList<Finding>> InspectAsync(
        string[] scopes, Action<GitLabSandbox, SandboxUser>? arrange = null, GitLabSandboxBuilder? builder = null, bool readOnly = false, int role = 30, int? expiresInDays = 200)
    {
        var gitlab = await GitLabAsync(builder: builder);
        var bot = Furnish(gitlab, role);
        var token = gitlab.World.AddToken(bot, scopes, expiresInDays);
        arrange?.Invoke(gitlab, bot);
        return await InspectAsync(gitlab, token.Secret, readOnly);
    }

    /// <summary>The same with a fault on the token's first call.</summary>
    public Task<IReadOnlyList<Finding>> InspectAsync(Fault fault) => InspectAsync(["api"], (g, _) => g.Faults.AnswerEverything(fault));

    /// <summary>What a call that fails says.</summary>
    public async Task<IReadOnlyList<Finding>> CallAsync(string[] scopes, Func<GitLabClient, Task> call, Action<GitLabSandbox>? arrange = null)
    {
        var gitlab = await GitLabAsync();
        var token = gitlab.World.AddToken(Furnish(gitlab), scopes);
        arrange?.Invoke(gitlab);
        var client = new GitLabClients(Loopback().Http, TimeProvider.System).For(gitlab.Url.AbsoluteUri, new Secret(token.Secret), NetworkPath.For(allowsPlainHttp: true), maxRetries: 0);
        var failure = await Record.ExceptionAsync(() => call(client));
        return failure is not null && GitLabFailures.ToFinding(failure) is { } finding ? [finding] : [];
    }

    public static SandboxUser Furnish(GitLabSandbox gitlab, int role = 30)
    {
        var group = gitlab.World.AddGroup("tools");
        for (var i = 0; i < 3; i++) gitlab.World.AddProject(group, $"p{i}");
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMember(bot, group, role);
        return bot;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var resource in held) resource.Dispose();
        foreach (var resource in opened) await resource.DisposeAsync();
    }

    private T Hold<T>(T resource) where T : IDisposable
    {
        held.Add(resource);
        return resource;
    }
}
