using System.Text.Json;
using GitLabPortal.Kernel;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Cli;

public sealed class DoctorTests : IDisposable
{
    private readonly CommandRun run = new();

    public void Dispose() => run.Dispose();

    /// <summary>What <c>--json</c> wrote, read by its documented names alone.</summary>
    internal static IReadOnlyList<Finding> Findings(CommandRun run) =>
    [
        .. run.Json.GetProperty("findings").EnumerateArray().Select(f => new Finding(
            Word<FindingStatus>(f, "status"), Text(f, "code"), Text(f, "title"), Text(f, "seen"), Text(f, "fix"), Word<FixOwner>(f, "owner"))
        {
            Phase = f.GetProperty("phase").GetString(),
        }),
    ];

    [Fact]
    public async Task Passes_a_healthy_server_and_token_without_a_database()
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        var token = Token(gitlab);
        run.Input = token.Secret + "\n";

        var code = await run.RunAsync("doctor", gitlab.Url.AbsoluteUri, "--token-file", "-", "--plain-http", "--json");

        code.ShouldBe(0, run.Error + run.Out);
        run.Json.GetProperty("ok").GetBoolean().ShouldBeTrue();
        run.Json.GetProperty("address").GetString().ShouldBe(gitlab.Url.AbsoluteUri.TrimEnd('/'));
        Findings(run).Select(f => f.Code).ShouldBe(
        [
            "address-understood", "name-private", "rules-allow", "connected", "web-server-answers", "is-gitlab", "plain-http", "address-matches", "clock-agrees",
            "token-alive", "token-of-a-person", "version-known", "git-works", "token-expiry", "repositories-visible",
        ]);
        Directory.EnumerateFileSystemEntries(run.DataDirectory).ShouldBeEmpty();
        (run.Out + run.Error).ShouldNotContain(token.Secret);
    }

    [Fact]
    public async Task Says_in_words_what_failed_who_can_fix_it_and_what_was_not_checked()
    {
        var code = await run.RunAsync("doctor", $"http://127.0.0.1:{TestListener.ClosedPort()}", "--plain-http", "--Portal:SupportContact=it@example.com");

        code.ShouldBe(1);
        run.Out.ShouldContain("[ok] Name found");
        run.Out.ShouldContain("[failed] Connection refused");
        run.Out.ShouldContain("A GitLab administrator: Check the port");
        run.Out.ShouldContain("[waiting] GitLab: Waits for: Web server.");
        run.Error.ShouldContain("Connection refused. Stuck? Ask it@example.com.");
    }

    [Fact]
    public async Task Its_json_is_documented_and_stable()
    {
        await run.RunAsync("doctor", "https://missing.invalid", "--json");

        var failed = run.Json.GetProperty("findings").EnumerateArray().First(f => f.GetProperty("status").GetString() == "failed");
        failed.EnumerateObject().Select(p => p.Name).ShouldBe(["phase", "code", "status", "title", "seen", "fix", "owner", "facts", "suggestedAddress", "help"]);
        (Text(failed, "phase"), Text(failed, "owner")).ShouldBe(("name", failed.GetProperty("owner").GetString()));
        Text(failed, "help").ShouldBe($"/help/diagnosis#{Text(failed, "code")}");
        run.Json.EnumerateObject().Select(p => p.Name).ShouldBe(["ok", "address", "findings", "report"]);
    }

    [Fact]
    public async Task Trusts_an_authority_for_one_run()
    {
        using var certificates = new TestCertificates();
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithTls(certificates.Good("localhost")).StartAsync();
        var file = Path.Combine(run.DataDirectory, "ca.pem");
        await File.WriteAllTextAsync(file, certificates.Authority.ExportCertificatePem(), TestContext.Current.CancellationToken);
        var address = $"https://localhost:{gitlab.Url.Port}";

        (await run.RunAsync("doctor", address, "--Outbound:AllowedNetworks:1=::1/128")).ShouldBe(1);
        run.Out.ShouldContain("unknown authority");
        run.Out.ShouldContain("SHA-256: ");
        (await run.RunAsync("doctor", address, "--ca-file", file, "--Outbound:AllowedNetworks:1=::1/128")).ShouldBe(0, run.Out + run.Error);
    }

    [Theory]
    [InlineData("--token-file", "-")]
    [InlineData("--ca-file", "ca.pem")]
    [InlineData("--unknown")]
    public async Task Refuses_wrong_usage(params string[] args) => (await run.RunAsync(["doctor", .. args])).ShouldBe(2);

    [Fact]
    public async Task Checks_the_portals_own_configuration_without_an_address()
    {
        (await run.RunAsync("doctor")).ShouldBe(0, run.Out + run.Error);
        run.Out.ShouldContain("Portal:PublicUrl");

        (await run.RunAsync("doctor", $"--Outbound:ProxyUrl=http://127.0.0.1:{TestListener.ClosedPort()}")).ShouldBe(1);
        run.Out.ShouldContain("Outbound:ProxyUrl");

        (await run.RunAsync("doctor", "--Outbound:ConnectTimeout=soon", "--Portal:PublicUrl=nowhere")).ShouldBe(1);
        run.Error.ShouldContain("Outbound:ConnectTimeout");
        run.Error.ShouldContain("Portal:PublicUrl");
    }

    [Fact]
    public async Task Writes_a_report_for_the_gitlab_admin_without_any_secret()
    {
        await using var gitlab = await GitLabSandbox.Version("18.9.0-ee").WithExternalUrl("https://git.corp.example").StartAsync();
        gitlab.Faults.Answer("/tools", Fault.Custom(403, "Git access over HTTP is not allowed", "text/plain"));
        var token = Token(gitlab, name: "glpat-namedbyitsownvalue");
        run.Input = token.Secret;

        (await run.RunAsync("doctor", gitlab.Url.AbsoluteUri, "--token-file", "-", "--plain-http", "--report", "--Portal:EgressAddresses:0=203.0.113.7")).ShouldBe(0, run.Error);

        run.Out.ShouldContain("Called from: 203.0.113.7");
        run.Out.ShouldContain("Setting: Admin, Settings, General, Visibility and access controls, Enabled Git access protocols");
        run.Out.ShouldContain("Setting: external_url in /etc/gitlab/gitlab.rb");
        run.Out.ShouldContain($"curl --include --user \"oauth2:$TOKEN\" '{gitlab.Url.AbsoluteUri}tools/p0.git/info/refs?service=git-upload-pack'");
        run.Out.ShouldNotContain(token.Secret);
        run.Out.ShouldNotContain("namedbyitsownvalue");
    }

    private static SandboxToken Token(GitLabSandbox gitlab, string name = "portal")
    {
        var group = gitlab.World.AddGroup("tools");
        gitlab.World.AddProject(group, "p0");
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMember(bot, group);
        return gitlab.World.AddToken(bot, ["api"], expiresInDays: 200, name: name);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static T Word<T>(JsonElement element, string name) where T : struct, Enum => Enum.Parse<T>(Text(element, name).Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
}
