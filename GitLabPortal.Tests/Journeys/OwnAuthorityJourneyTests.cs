using Deque.AxeCore.Playwright;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>An organisation with an authority of its own: from the red line to a connection, without anybody's help.</summary>
public sealed class OwnAuthorityJourneyTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task An_admin_adds_the_authority_and_connects(int width, ColorScheme colours)
    {
        using var certificates = new TestCertificates();
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(20).WithTls(certificates.Good("127.0.0.1", "localhost")));
        var page = await journey.OpenSignedInAsync(width: width, colours: colours);
        await journey.OpenWizardAsync(page);
        await page.GetByLabel("GitLab server URL").FillAsync($"https://localhost:{journey.GitLab.Url.Port}");
        await Journey.ContinueAsync(page);
        await Expect(page.GetByText("Certificate not trusted: unknown authority", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(page.GetByText("Not checked yet")).ToBeVisibleAsync();
        await page.GetByText("Details", new() { Exact = true }).First.ClickAsync();
        await LookAsync(page, "wizard-unknown-authority");

        await page.GetByLabel("Root certificate (PEM)").FillAsync("-----BEGIN CERTIFICATE-----\nnonsense");
        await page.GetByRole(AriaRole.Button, new() { Name = "Trust this authority" }).ClickAsync();
        await Expect(page.GetByText("No certificate could be read here", new() { Exact = false })).ToBeVisibleAsync();
        await page.GetByLabel("Root certificate (PEM)").FillAsync(certificates.Authority.ExportCertificatePem());
        await page.GetByRole(AriaRole.Button, new() { Name = "Trust this authority" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Create the token on GitLab" })).ToBeVisibleAsync();
        // The authority that was accepted survives a reload.
        await page.ReloadAsync();
        await Journey.WhenAliveAsync(page);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Create the token on GitLab" })).ToBeVisibleAsync();
        await Journey.ContinueAsync(page);
        await journey.PasteTokenAsync(page, journey.NewToken().Secret);
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
        await page.Locator("article summary").First.ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Network settings" }).ClickAsync();
        await Expect(page.GetByText("CN=Test Authority").First).ToBeVisibleAsync();
        await LookAsync(page, "network-with-authority");
        await page.GetByLabel("Extra certificate authority (PEM)").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try and save" }).ClickAsync();
        await Expect(page.GetByText("With these settings the server is not reached", new() { Exact = false })).ToBeVisibleAsync();
        await LookAsync(page, "network-refused");
    }

    [Fact]
    public async Task An_admin_compares_the_fingerprint_of_a_self_signed_certificate()
    {
        using var certificates = new TestCertificates();
        var own = certificates.SelfSigned("localhost");
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(20).WithTls(own));
        var page = await journey.OpenSignedInAsync();
        await journey.OpenWizardAsync(page);
        await page.GetByLabel("GitLab server URL").FillAsync($"https://localhost:{journey.GitLab.Url.Port}");
        await Journey.ContinueAsync(page);
        var trust = page.GetByRole(AriaRole.Button, new() { Name = "Trust it for this connection" });
        await Expect(trust).ToBeDisabledAsync();
        (await page.Locator(".trust .fingerprint").First.TextContentAsync()).ShouldBe(GitLabPortal.Security.TrustedAuthorities.Parse(own.ExportCertificatePem(), TimeProvider.System).Value!.All[0].Sha256);
        await LookAsync(page, "wizard-self-signed");

        await page.GetByLabel("I compared this fingerprint with my GitLab admin").CheckAsync();
        await trust.ClickAsync();

        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Create the token on GitLab" })).ToBeVisibleAsync();
    }

    private static async Task LookAsync(IPage page, string name)
    {
        await Expect(page.Locator(".is-busy")).ToHaveCountAsync(0);
        await Screenshots.TakeAsync(page, name);
        (await page.RunAxe()).Violations.Select(v => $"{v.Id}: {v.Help} {string.Join(" ", v.Nodes.Select(n => n.Html))}").ShouldBeEmpty(name);
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0, $"{name} is wider than the screen");
    }
}
