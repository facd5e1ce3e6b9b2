using System.Collections.Concurrent;
using System.Net;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Profile;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.SignIn.Servers;

/// <summary>People sign in with a GitLab whose certificate comes from an authority that this machine does not know.</summary>
public sealed class ServersOwnNetworkTests : IAsyncLifetime
{
    private readonly TestCertificates certificates = new();
    private readonly ConcurrentQueue<string> tunnels = [];
    private GitLabSandbox gitLab = null!;
    private PortalApp portal = null!;
    private TeamAccess access = null!;
    private TestListener? proxy;
    private string address = "";

    private static CancellationToken None => TestContext.Current.CancellationToken;

    private SetUpRight Administrator => new(new Actor(access.AccountId, "Ada"), IsAdministrator: true);

    private static SetUpRight Guest => new(new Actor(null, "A guest"), IsAdministrator: false);

    public async ValueTask InitializeAsync()
    {
        gitLab = await GitLabSandbox.WithProjects(20).WithTls(certificates.Good("localhost", "git.corp.example")).StartAsync();
        address = $"https://localhost:{gitLab.Url.Port}";
    }

    public async ValueTask DisposeAsync()
    {
        await portal.DisposeAsync();
        await gitLab.DisposeAsync();
        if (proxy is not null) await proxy.DisposeAsync();
        certificates.Dispose();
    }

    private async Task StartAsync(bool behindProxy = false)
    {
        string[] settings = ["--Outbound:AllowedNetworks:0=127.0.0.0/8", "--Outbound:AllowedNetworks:1=::1", "--SignIn:CheckInterval=1.00:00:00"];
        if (behindProxy)
        {
            // Nobody listens at the server's own address: whatever arrives came through the proxy.
            proxy = TestProxy.Start(tunnels, gitLab.Url.Port);
            address = $"https://localhost:{TestListener.ClosedPort()}";
            settings = [.. settings, $"--Outbound:ProxyUrl=http://127.0.0.1:{proxy.Port}"];
        }

        portal = await PortalApp.StartSetUpAsync(settings);
        access = await portal.AccessAsync();
    }

    private T Get<T>() where T : notnull => portal.Services.GetRequiredService<T>();

    private async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync(None);
        return await read(db);
    }

    private AdminSetUp NewSetUp(string? url = null)
    {
        var setUp = ActivatorUtilities.CreateInstance<AdminSetUp>(portal.Services);
        setUp.Url = url ?? address;
        return setUp;
    }

    private SandboxToken NewAdminToken() => gitLab.World.AddToken(gitLab.World.Root, ["api", "admin_mode"], expiresInDays: 1);

    private TrustedAuthorities Authority => TrustedAuthorities.Parse(certificates.Authority.ExportCertificatePem(), TimeProvider.System).Value!;

    /// <summary>From the address to the end, all of it.</summary>
    private async Task<AdminSetUp> SetUpAsync(AdminSetUp setUp, SetUpRight right, string? tampered = null)
    {
        setUp.Trust(Authority);
        if (tampered is not null) setUp.ApiUrl = tampered;
        await setUp.CheckServerAsync(right, None);
        setUp.Step.ShouldBe(AdminSetUpStep.Token, string.Join("; ", setUp.Findings.Select(f => $"{f.Code} {f.Seen}")));
        await setUp.CheckTokenAsync(right, NewAdminToken().Secret, portal.Address.GetLeftPart(UriPartial.Authority), None);
        setUp.Step.ShouldBe(AdminSetUpStep.Plan, setUp.Problem?.Message);
        setUp.Plan = setUp.Plan! with { ConnectTeam = right.IsAdministrator ? access.Slug : null };
        await setUp.ApplyAsync(right, new(right.Actor, (_, _) => Task.FromResult<Result<TeamAccess>>(access)), null, () => { }, None);
        setUp.Step.ShouldBe(AdminSetUpStep.Done, setUp.Problem?.Message);
        return setUp;
    }

    private async Task<PortalAnswer> SignInAsync(PortalBrowser browser, SandboxUser user, string typed)
    {
        var page = await browser.SubmitAsync("/sign-in", "Continue", ("GitLab server URL", typed));
        page.Heading.ShouldBe("On to GitLab", page.Text);
        var authorize = SignInStage.AwayTo(page);
        $"{authorize.Scheme}://{authorize.Authority}".ShouldBe(typed);
        // The person's browser finds the server, whatever its name.
        var there = new UriBuilder(authorize) { Host = "localhost", Port = gitLab.Url.Port }.Uri;
        using var answer = await SignInStage.AnswerConsentAsync(there, user, authority: certificates.Authority);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync(None));
        return await browser.OpenAsync(answer.Headers.Location!.PathAndQuery);
    }

    private async Task OpenToEveryoneAsync()
    {
        var server = await ReadAsync(db => db.Set<Server>().SingleAsync());
        (await Get<ChangeEntry>().RunAsync(Administrator.Actor, server.Id, JoinRule.Everyone, access.Slug, TeamRole.Member, [], None)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Set_up_stops_at_the_unknown_authority_and_shows_what_to_compare()
    {
        await StartAsync();
        var setUp = NewSetUp();

        await setUp.CheckServerAsync(Administrator, None);

        setUp.Step.ShouldBe(AdminSetUpStep.Server);
        setUp.Findings.Single(f => f.Status is FindingStatus.Failed).Code.ShouldBe("tls-unknown-authority");
        TrustAuthority.Answers(setUp.Findings.Single(f => f.Status is FindingStatus.Failed)).ShouldBeTrue();
        gitLab.Requests.Count().ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_accepted_authority_serves_every_client_on_the_way(bool behindProxy)
    {
        await StartAsync(behindProxy);
        // Administration: plan, application, bot, token, revoking the admin's token; and the team's own connection, git too.
        var done = await SetUpAsync(NewSetUp(), Administrator);
        done.TokenFate.ShouldBe("The admin token is revoked.");
        var connection = await ReadAsync(db => db.Set<Connection>().SingleAsync());
        var checks = (await Get<CheckConnection>().RunAsync(access, connection.Id, null, None)).Value!;
        checks.Select(f => f.Code).ShouldContain("git-works");
        checks.Select(f => f.Code).ShouldContain("certificate-trusted-here");

        // Whoever is not let in leaves no token behind: exchange, user, revoke.
        var grace = gitLab.World.AddUser("grace");
        using (var outsider = portal.OpenBrowser()) (await SignInAsync(outsider, grace, address)).Text.ShouldContain("not a member of this portal yet");
        StatusesOf("/oauth/revoke").ShouldBe([200, 200], "both of the pair");
        await OpenToEveryoneAsync();
        using var browser = portal.OpenBrowser();
        await SignInAsync(browser, grace, address);
        StatusesOf("/oauth/token").Count(s => s == 200).ShouldBe(2);

        // A member's own token, its refresh, and the application itself.
        var identity = await ReadAsync(db => db.Set<GitLabIdentity>().SingleAsync(i => i.GitLabUserId == grace.Id));
        var refreshed = await Get<IdentityTokens>().ReplaceAsync(identity.Id, identity.PairVersion, None);
        refreshed.IsSuccess.ShouldBeTrue(refreshed.Problem?.Message);
        StatusesOf("/oauth/token").Count(s => s == 200).ShouldBe(3);
        (await Get<CheckIdentity>().RunAsync(identity.Id, None)).Value.ShouldBe(IdentityState.Active);
        var application = await ReadAsync(db => db.Set<ServerApplication>().SingleAsync());
        (await Get<CheckApplication>().RunAsync(application.Id, None)).Value.ShouldBe(ApplicationState.Current);

        // Another visit of the administrator: the authority is known by now, and drift is looked for.
        var again = NewSetUp();
        await again.CheckServerAsync(Administrator, None);
        await again.CheckTokenAsync(Administrator, NewAdminToken().Secret, portal.Address.GetLeftPart(UriPartial.Authority), None);
        again.PlanFindings.Single(f => f.Code == CheckDrift.ApplicationCode).Status.ShouldBe(FindingStatus.Passed);

        await UnlinkAsync();
        if (behindProxy) tunnels.ShouldAllBe(t => t.StartsWith($"CONNECT localhost:{new Uri(address).Port} ", StringComparison.Ordinal));
        // The portal's other calls trust nothing more than before.
        using var client = Get<GuardedHttp>().Shared(NetworkPath.Encrypted);
        (await Should.ThrowAsync<OutboundConnectException>(() => client.GetAsync(new Uri(address), None))).Failure.ShouldBe(ConnectFailure.Certificate);
    }

    /// <summary>The link is taken back by somebody who has a password: GitLab hears of it.</summary>
    private async Task UnlinkAsync()
    {
        var before = StatusesOf("/oauth/revoke").Count;
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync(None);
        var identity = await db.Set<GitLabIdentity>().SingleAsync(None);
        await db.Set<GitLabIdentity>().ExecuteUpdateAsync(set => set.SetProperty(i => i.AccountId, access.AccountId), None);

        (await ActivatorUtilities.CreateInstance<UnlinkIdentity>(portal.Services).RunAsync(access.AccountId, identity.Id, None)).Value.ShouldBeTrue();

        StatusesOf("/oauth/revoke").Skip(before).ShouldBe([200, 200]);
    }

    [Fact]
    public async Task People_are_sent_to_their_address_while_the_portal_calls_another()
    {
        await StartAsync();
        var setUp = NewSetUp("https://git.corp.example");
        setUp.ApiUrl = address;

        await SetUpAsync(setUp, Administrator);
        await OpenToEveryoneAsync();

        using var browser = portal.OpenBrowser();
        await SignInAsync(browser, gitLab.World.AddUser("grace"), "https://git.corp.example");
        (await ReadAsync(db => db.Set<GitLabIdentity>().CountAsync())).ShouldBe(1);
        var connection = await ReadAsync(db => db.Set<Connection>().Include(c => c.Server).SingleAsync());
        (connection.Server!.BaseUrl, connection.BrowserUrl).ShouldBe((address, "https://git.corp.example"));
        // Either address leads to what is known of it.
        var again = NewSetUp("https://git.corp.example");
        await again.CheckServerAsync(Administrator, None);
        (again.Step, again.Url, again.ApiUrl).ShouldBe((AdminSetUpStep.Token, "https://git.corp.example", address));
    }

    [Fact]
    public async Task A_guest_may_accept_an_authority_for_a_new_server_alone_and_never_choose_where_people_are_sent()
    {
        await StartAsync();
        await SetUpAsync(NewSetUp(), Guest, tampered: "https://elsewhere.example");
        (await ReadAsync(db => db.Set<Server>().SingleAsync())).SignInBrowserUrl.ShouldBeNull();

        using var foreign = new TestCertificates();
        var other = NewSetUp();
        other.Trust(TrustedAuthorities.Parse(foreign.Authority.ExportCertificatePem(), TimeProvider.System).Value!);
        await other.CheckServerAsync(Guest, None);

        other.Step.ShouldBe(AdminSetUpStep.Token);
        other.Reached!.Path.Authorities.ShouldBe(Authority);
    }

    [Fact]
    public async Task The_servers_page_changes_what_works_only_and_leaves_teams_connections_alone()
    {
        await StartAsync();
        await SetUpAsync(NewSetUp(), Administrator);
        var server = await ReadAsync(db => db.Set<Server>().SingleAsync());
        using var foreign = new TestCertificates();
        Task<Result<IReadOnlyList<Finding>>> ChangeAsync(Actor actor, string? pem, string? browserUrl = null) =>
            Get<ChangeServerNetwork>().RunAsync(actor, server.Id, new NetworkSettings(pem, browserUrl), null, None);

        (await ChangeAsync(Administrator.Actor, foreign.Authority.ExportCertificatePem())).Problem.ShouldBeOfType<Problem.Refused>().Findings.ShouldContain(f => f.Code == "tls-unknown-authority");
        (await ChangeAsync(Administrator.Actor, null)).Problem!.Code.ShouldBe("network-refused");
        (await ChangeAsync(Guest.Actor, Authority.Pem)).Problem.ShouldBe(ServerAccess.AdministratorsOnly);
        (await ReadAsync(db => db.Set<Server>().SingleAsync())).SignInAuthorities.ShouldBe(Authority.Pem);

        await using (var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync(None))
        {
            db.Add(new Server { BaseUrl = "https://taken.example", CreatedAt = TimeProvider.System.GetUtcNow() });
            await db.SaveChangesAsync(None);
        }

        (await ChangeAsync(Administrator.Actor, Authority.Pem, "https://taken.example/users/sign_in")).Problem.ShouldBe(SignInNetwork.AddressTaken);
        (await ChangeAsync(Administrator.Actor, Authority.Pem, "https://git.corp.example")).IsSuccess.ShouldBeTrue();
        (await ReadAsync(db => db.Set<Server>().SingleAsync(s => s.Id == server.Id))).SignInBrowserUrl.ShouldBe("https://git.corp.example");
        (await ReadAsync(db => db.Set<Connection>().SingleAsync())).BrowserUrl.ShouldBeNull();
        (await ReadAsync(db => db.Set<AuditEvent>().CountAsync(e => e.Action == "server.network-changed"))).ShouldBe(1);
    }

    private List<int> StatusesOf(string path) => [.. gitLab.Requests.To(path).Select(r => r.Status)];
}
