using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace GitLabPortal.Tests.Harness;

/// <summary>
/// A portal whose operator registered it on gitlab.com: a sandbox that has gitlab.com's name and certificate. Only the seams under the
/// outbound guard know that the name leads to loopback; to the product it is gitlab.com.
/// </summary>
internal sealed class GitLabComStage : IAsyncDisposable
{
    public const string Url = "https://gitlab.com";

    private const string PublicUrl = "http://127.0.0.1";

    private readonly TestCertificates certificates;

    private GitLabComStage(TestCertificates certificates, GitLabSandbox gitLab) => (this.certificates, GitLab) = (certificates, gitLab);

    public PortalApp Portal { get; private set; } = null!;

    public GitLabSandbox GitLab { get; }

    public static async Task<GitLabComStage> StartAsync(GitLabSandboxBuilder? gitLab = null, params string[] settings)
    {
        var authority = new TestCertificates();
        var stage = new GitLabComStage(authority, await (gitLab ?? GitLabSandbox.WithProjects(0)).WithTls(authority.Good("gitlab.com")).WithExternalUrl(Url).StartAsync());
        var application = stage.GitLab.World.AddApplication("GitLabPortal", PublicUrl + SetOut.CallbackPath, ["read_user", "read_api"]);
        stage.Portal = await PortalApp.StartSetUpAsync(
            stage.Replace,
            [
                "--Outbound:AllowedNetworks:0=127.0.0.0/8", $"--Portal:PublicUrl={PublicUrl}",
                $"--Integrations:GitLabComApplicationId={application.ClientId}", $"--Integrations:GitLabComSecret={application.Secret}", .. settings,
            ]);
        return stage;
    }

    public T Get<T>() where T : notnull => Portal.Services.GetRequiredService<T>();

    public async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await read(db);
    }

    public Task<GitLabIdentity?> IdentityAsync(SandboxUser user) => ReadAsync(db => db.Set<GitLabIdentity>().SingleOrDefaultAsync(i => i.GitLabUserId == user.Id && i.Server!.BaseUrl == Url));

    /// <summary>Through the profile page, gitlab.com's own pages, and back.</summary>
    public async Task<PortalAnswer> ConnectAsync(PortalBrowser browser, SandboxUser user, string button = "Connect gitlab.com")
    {
        var page = await browser.SubmitAsync("/profile", button, ("Your password, to connect", PortalApp.Password));
        page.Text.ShouldContain("On to GitLab", customMessage: page.Text);
        var away = SignInStage.AwayTo(page);
        away.AbsoluteUri.ShouldStartWith($"{Url}/oauth/authorize?");
        using var consent = await SignInStage.AnswerConsentAsync(away, user, over: Handler());
        consent.StatusCode.ShouldBe(HttpStatusCode.Redirect, await consent.Content.ReadAsStringAsync());
        return await browser.OpenAsync(consent.Headers.Location!.PathAndQuery);
    }

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        await GitLab.DisposeAsync();
        certificates.Dispose();
    }

    private void Replace(IServiceCollection services)
    {
        services.AddSingleton<HostResolver>(async (host, cancellation) =>
            host == "gitlab.com" ? [IPAddress.Loopback] : await Dns.GetHostAddressesAsync(host, cancellation));
        services.AddSingleton<AddressDialler>((endPoint, cancellation) => DialAsync(endPoint, cancellation));
        services.AddSingleton(new X509Certificate2Collection(certificates.Authority));
    }

    private async Task<Stream> DialAsync(IPEndPoint endPoint, CancellationToken cancellation) =>
        await OutboundGuard.DialAsync(endPoint.Port == 443 ? new IPEndPoint(IPAddress.Loopback, GitLab.Url.Port) : endPoint, cancellation);

    /// <summary>As the person's browser reaches gitlab.com.</summary>
    private SocketsHttpHandler Handler()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificates.Authority);
        return new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, GitLab.Url.Port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new() { CertificateChainPolicy = policy },
        };
    }
}
