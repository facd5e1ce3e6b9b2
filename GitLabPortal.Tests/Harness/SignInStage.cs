using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Web;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace GitLabPortal.Tests.Harness;

/// <summary>A portal where people sign in with a sandbox GitLab, and what they do in their browsers at both.</summary>
public sealed class SignInStage : IAsyncDisposable
{
    private readonly List<IDisposable> browsers = [];

    private SignInStage(PortalApp portal, GitLabSandbox gitLab) => (Portal, GitLab) = (portal, gitLab);

    public PortalApp Portal { get; }

    public GitLabSandbox GitLab { get; }

    public SandboxApplication Application { get; private set; } = null!;

    public string GitLabUrl => GitLab.Url.AbsoluteUri.TrimEnd('/');

    public string Callback => Portal.Address.GetLeftPart(UriPartial.Authority) + SetOut.CallbackPath;

    /// <summary>Set up by Ada with the team <c>rocket</c>; the sandbox is recognised.</summary>
    public static async Task<SignInStage> StartAsync(GitLabSandboxBuilder? gitLab = null, params string[] settings)
    {
        var portal = await PortalApp.StartSetUpAsync(["--Outbound:AllowedNetworks:0=127.0.0.0/8", .. settings]);
        var stage = new SignInStage(portal, await (gitLab ?? GitLabSandbox.WithProjects(0)).StartAsync());
        stage.Application = await stage.RecogniseAsync(stage.GitLab);
        return stage;
    }

    /// <summary>As after a set-up: an application on GitLab, known to the portal.</summary>
    public async Task<SandboxApplication> RecogniseAsync(GitLabSandbox gitLab, string? callback = null)
    {
        var application = gitLab.World.AddApplication("GitLabPortal", callback ?? Callback, ["read_user", "read_api"]);
        var registered = await Get<RegisterApplication>().RunAsync(
            new Actor(null, "test"),
            new(gitLab.Url.AbsoluteUri.TrimEnd('/'), application.Id, application.ClientId, new(application.Secret), callback ?? Callback, application.Scopes, AllowsPlainHttp: true),
            CancellationToken.None);
        registered.IsSuccess.ShouldBeTrue(registered.Problem?.Message);
        return application;
    }

    public T Get<T>() where T : notnull => Portal.Services.GetRequiredService<T>();

    public async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await read(db);
    }

    public Task<GitLabIdentity?> IdentityAsync(SandboxUser user) =>
        ReadAsync(db => db.Set<GitLabIdentity>().Include(i => i.Account).SingleOrDefaultAsync(i => i.GitLabUserId == user.Id && i.Server!.BaseUrl == GitLabUrl));

    /// <summary>Everybody of the server joins the team.</summary>
    public Task OpenToEveryoneAsync() => EnterAsync(JoinRule.Everyone);

    public async Task EnterAsync(JoinRule rule, params SandboxGroup[] groups)
    {
        var team = (await Portal.AccessAsync()).TeamId;
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        var server = await db.Set<Server>().SingleAsync(s => s.BaseUrl == GitLabUrl);
        db.Add(new ServerEntry { ServerId = server.Id, Rule = rule, TeamId = team, Groups = ServerEntry.TextOf(groups.Select(g => new ChosenGroup(g.Id, g.FullPath))) });
        await db.SaveChangesAsync();
    }

    public PortalBrowser OpenBrowser()
    {
        var browser = Portal.OpenBrowser();
        browsers.Add(browser);
        return browser;
    }

    /// <summary>Where the portal's sign-in page sends the browser.</summary>
    public async Task<Uri> SetOutAsync(PortalBrowser browser, string? url = null, string path = "/sign-in")
    {
        var page = await browser.SubmitAsync(path, "Continue", ("GitLab server URL", url ?? GitLabUrl));
        page.Heading.ShouldBe("On to GitLab", page.Text);
        return AwayTo(page);
    }

    public static Uri AwayTo(PortalAnswer page) =>
        new(page.Page.QuerySelectorAll("a").Single(a => a.TextContent.Trim() == "Go to GitLab").GetAttribute("href")!);

    /// <summary>The person signs in to GitLab and consents: the address that GitLab leads back to.</summary>
    public async Task<Uri> ConsentAsync(Uri authorize, SandboxUser user, bool deny = false)
    {
        using var answer = await AnswerConsentAsync(authorize, user, deny);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location!;
    }

    /// <summary>Presses the button of GitLab's page, wherever that leads.</summary>
    public static async Task<HttpResponseMessage> AnswerConsentAsync(
        Uri authorize, SandboxUser user, bool deny = false, SocketsHttpHandler? over = null, X509Certificate2? authority = null)
    {
        over ??= new SocketsHttpHandler();
        (over.AllowAutoRedirect, over.CookieContainer) = (false, new CookieContainer());
        if (authority is not null)
            over.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck };
        using var http = new HttpClient(over);
        var server = authorize.GetLeftPart(UriPartial.Path)[..^"/oauth/authorize".Length];
        await http.PostAsync(server + "/users/sign_in", new FormUrlEncodedContent([new("user[login]", user.Username), new("user[password]", "x")]));
        var asked = HttpUtility.ParseQueryString(authorize.Query);
        var fields = asked.AllKeys.Select(k => KeyValuePair.Create(k!, asked[k]!)).ToList();
        if (deny) fields.Add(KeyValuePair.Create("_method", "delete"));
        return await http.PostAsync(new Uri(authorize.GetLeftPart(UriPartial.Path)), new FormUrlEncodedContent(fields));
    }

    /// <summary>The whole way: sign-in page, GitLab, and back.</summary>
    public async Task<PortalAnswer> SignInAsync(PortalBrowser browser, SandboxUser user, string path = "/sign-in")
    {
        var back = await ConsentAsync(await SetOutAsync(browser, path: path), user);
        return await browser.OpenAsync(back.PathAndQuery);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var browser in browsers) browser.Dispose();
        await Portal.DisposeAsync();
        await GitLab.DisposeAsync();
    }
}
