using System.Net;
using System.Net.Sockets;
using Deque.AxeCore.Playwright;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>Ten set-ups that are broken, tried by somebody who has never seen the portal: the first red line is the true cause.</summary>
public sealed class BrokenSetUpsJourneyTests(BrowserFixture browsers)
{
    private const string Name = "git.corp.example";

    [Theory]
    [InlineData("wrong port", "Connection refused")]
    [InlineData("name missing", "Name not found")]
    [InlineData("self-signed", "Certificate not trusted: self-signed")]
    [InlineData("expired", "Certificate expired")]
    [InlineData("wrong name", "Certificate for another name")]
    [InlineData("http where https is wanted", "The server wants https")]
    [InlineData("login gateway", "A login page is in front")]
    [InlineData("sub-path left out", "This is not GitLab")]
    [InlineData("token can only read its user", "Cannot list repositories")]
    [InlineData("token of a blocked user", "Account blocked")]
    public async Task Show_the_true_cause_first(string setUp, string cause)
    {
        using var certificates = new TestCertificates();
        await using var journey = await Journey.StartSetUpAsync(browsers, ServerOf(setUp, certificates), ResolveAsync);
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);

        if (setUp.StartsWith("token", StringComparison.Ordinal)) await TryTokenAsync(journey, page, setUp);
        else await TryServerAsync(journey, page, setUp);

        var first = page.Locator(".finding.is-danger .finding-title").First;
        await Expect(first).ToHaveTextAsync($"Failed: {cause}");
        // It says what to do and who can.
        await Expect(page.Locator(".finding.is-danger").First.Locator(".finding-fix")).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("self-signed", 1280, ColorScheme.Light)]
    [InlineData("login gateway", 390, ColorScheme.Dark)]
    [InlineData("token can only read its user", 390, ColorScheme.Dark)]
    [InlineData("token can only read its user", 1280, ColorScheme.Light)]
    public async Task Look_as_calm_as_the_rest(string setUp, int width, ColorScheme colours)
    {
        using var certificates = new TestCertificates();
        await using var journey = await Journey.StartSetUpAsync(browsers, ServerOf(setUp, certificates), ResolveAsync);
        var page = await journey.OpenSignedInAsync(width: width, colours: colours);
        await journey.OpenWizardAsync(page);
        if (setUp.StartsWith("token", StringComparison.Ordinal)) await TryTokenAsync(journey, page, setUp);
        else await TryServerAsync(journey, page, setUp);
        await Expect(page.Locator(".finding.is-danger").First).ToBeVisibleAsync();
        await Expect(page.Locator(".is-busy")).ToHaveCountAsync(0);

        await Screenshots.TakeAsync(page, $"broken-{setUp.Replace(' ', '-')}");

        (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {v.Help} {string.Join(" ", v.Nodes.Select(n => n.Html))}").ShouldBeEmpty();
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0);
    }

    [Fact]
    public async Task Steps_tick_while_they_run()
    {
        var name = new TaskCompletionSource();
        await using var journey = await Journey.StartSetUpAsync(browsers, resolver: async (host, cancellation) =>
        {
            await name.Task.WaitAsync(cancellation);
            return await ResolveAsync(host, cancellation);
        });
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        journey.GitLab.Faults.AnswerEverything(Fault.Hang());
        var spinner = page.Locator(".findings .spinner");
        var lines = page.Locator(".findings .finding");

        await page.GetByLabel("GitLab server URL").FillAsync($"https://{Name}:{journey.GitLab.Url.Port}");
        await Journey.ContinueAsync(page);
        // The name is being looked up: the lines before it are there.
        await Expect(spinner).ToBeVisibleAsync();
        await Expect(lines.First).ToBeVisibleAsync();
        var before = await lines.CountAsync();
        name.SetResult();

        // The server holds its answer back: more lines, and the check still runs.
        await Expect(lines.Nth(before)).ToBeVisibleAsync();
        await Expect(spinner).ToBeVisibleAsync();
    }

    private static GitLabSandboxBuilder ServerOf(string setUp, TestCertificates certificates) => setUp switch
    {
        "self-signed" => GitLabSandbox.WithProjects(3).WithTls(certificates.SelfSigned(Name)),
        "expired" => GitLabSandbox.WithProjects(3).WithTls(certificates.Expired(Name)),
        "wrong name" => GitLabSandbox.WithProjects(3).WithTls(certificates.Good("other.corp.example")),
        "sub-path left out" => GitLabSandbox.Version("18.9.0-ee").WithRelativeRoot("/gitlab"),
        _ => GitLabSandbox.WithProjects(3),
    };

    private static Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation) =>
        host == Name ? Task.FromResult<IPAddress[]>([IPAddress.Loopback]) : throw new SocketException((int)SocketError.HostNotFound);

    private static async Task TryServerAsync(Journey journey, IPage page, string setUp)
    {
        var port = journey.GitLab.Url.Port;
        var address = setUp switch
        {
            "wrong port" => $"https://{Name}:{TestListener.ClosedPort()}",
            "name missing" => "https://gitlab.missing.example",
            "self-signed" or "expired" or "wrong name" => $"https://{Name}:{port}",
            _ => $"http://{Name}:{port}",
        };
        if (setUp == "http where https is wanted") journey.GitLab.Faults.AnswerEverything(Fault.RedirectTo($"https://{Name}/.well-known/openid-configuration"));
        if (setUp == "login gateway") journey.GitLab.Faults.AnswerEverything(Fault.SsoRedirect());
        await page.GetByLabel("GitLab server URL").FillAsync(address);
        await Journey.ContinueAsync(page);
        if (!address.StartsWith("http:", StringComparison.Ordinal)) return;
        // A private server without encryption is asked about first: the person agrees.
        await page.GetByLabel("Connect without encryption").CheckAsync();
        await Journey.ContinueAsync(page);
    }

    private static async Task TryTokenAsync(Journey journey, IPage page, string setUp)
    {
        var user = journey.GitLab.World.AddUser("grace");
        var token = journey.GitLab.World.AddToken(user, setUp.Contains("blocked", StringComparison.Ordinal) ? ["api"] : ["read_user"], expiresInDays: 90);
        if (setUp.Contains("blocked", StringComparison.Ordinal)) user.State = SandboxUserState.Blocked;
        await journey.EnterServerAsync(page, $"http://{Name}:{journey.GitLab.Url.Port}");
        await Journey.ContinueAsync(page);
        await journey.PasteTokenAsync(page, token.Secret);
    }
}
