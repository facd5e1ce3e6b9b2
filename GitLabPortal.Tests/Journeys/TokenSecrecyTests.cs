using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>A token goes from the browser to the portal once, is kept encrypted, and its text is nowhere else.</summary>
public sealed class TokenSecrecyTests(BrowserFixture browsers)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exactly_one_message_to_the_portal_carries_the_token_and_none_comes_back(bool quick)
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var token = journey.NewToken().Secret;
        var page = await journey.OpenSignedInAsync();
        var wire = new Wire(page);

        await ConnectAsync(journey, page, token, quick);
        await journey.GoAsync(page, "/team/rocket/repositories");
        await journey.GoAsync(page, "/team/rocket/settings");

        wire.Sent.Count.ShouldBeGreaterThan(5);
        wire.Received.Count.ShouldBeGreaterThan(5);
        wire.Sent.Count(m => Holds(m, token)).ShouldBe(1, "messages to the portal with the token");
        wire.Received.Count(m => Holds(m, token)).ShouldBe(0, "messages from the portal with the token");
        wire.Addresses.ShouldAllBe(address => !address.Contains(token, StringComparison.Ordinal));
        (await page.ContentAsync()).ShouldNotContain(token);
        journey.Portal.Logs.Lines.Count.ShouldBeGreaterThan(10);
        journey.Portal.Logs.Lines.ShouldAllBe(line => !line.Contains(token, StringComparison.Ordinal));
        await ExpectNotInFilesAsync(journey, token);
    }

    [Fact]
    public async Task A_refused_token_leaves_no_trace_either()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var token = journey.NewToken("read_user").Secret;
        var page = await journey.OpenSignedInAsync();
        var wire = new Wire(page);
        await journey.OpenWizardAsync(page);
        await journey.EnterServerAsync(page);
        await Journey.ContinueAsync(page);

        await journey.PasteTokenAsync(page, token);
        await Journey.ExpectMissingScopeAsync(page);

        wire.Sent.Count(m => Holds(m, token)).ShouldBe(1);
        wire.Received.Count(m => Holds(m, token)).ShouldBe(0);
        (await page.ContentAsync()).ShouldNotContain(token);
        journey.Portal.Logs.Lines.ShouldAllBe(line => !line.Contains(token, StringComparison.Ordinal));
        await ExpectNotInFilesAsync(journey, token);
    }

    /// <summary>The whole story of a set-up: a token that does not do, a failure in the middle, the end, a repair and the undoing.</summary>
    [Fact]
    public async Task An_admin_token_is_used_once_revoked_and_nowhere_to_be_found()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers, GitLabSandbox.WithProjects(20).WithAdminMode());
        var root = journey.GitLab.World.Root;
        var refused = journey.GitLab.World.AddToken(root, ["api"], expiresInDays: 1);
        SandboxToken[] admins = [.. Enumerable.Range(0, 3).Select(_ => journey.GitLab.World.AddToken(root, ["api", "admin_mode"], expiresInDays: 1))];
        var page = await journey.OpenSignedInAsync();
        // Looks at every change of the page, not only at its end.
        await page.AddInitScriptAsync($$"""
            window.found = [];
            new MutationObserver(() => {
              const html = document.documentElement.outerHTML;
              for (const token of {{JsonSerializer.Serialize(admins.Append(refused).Select(t => t.Secret))}}) if (html.includes(token)) window.found.push(token);
            }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
            """);
        var wire = new Wire(page);

        await journey.GoAsync(page, "/servers/set-up");
        await page.GetByLabel("GitLab server URL").FillAsync(journey.GitLabUrl);
        await SigningInWithGitLabJourneyTests.CheckServerAndTokenAsync(page, refused);
        await Expect(page.GetByText("Admin Mode is on", new() { Exact = false })).ToBeVisibleAsync();
        await NotInThePageAsync(page);
        journey.GitLab.Faults.Answer("/api/v4/users", 1, Fault.InternalServerError(), method: "POST");
        await SigningInWithGitLabJourneyTests.SetUpAsync(journey, page, admins[0]);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "The set-up is not finished" })).ToBeVisibleAsync();
        await Journey.ContinueAsync(page);
        await SigningInWithGitLabJourneyTests.ExpectDoneAsync(page, "The admin token is revoked.");
        await NotInThePageAsync(page);
        var application = journey.GitLab.World.Applications.Single().Secret;
        var bot = journey.GitLab.World.Tokens.Single(t => t.User.Username == "gitlabportal-bot").Secret;
        var hook = journey.GitLab.World.Hooks.Single();
        string[] made = [application, bot, hook.Token!, .. hook.SigningToken is { } signing ? [signing] : Array.Empty<string>()];
        journey.GitLab.World.Delete(hook);
        await OpenPlanAsync(journey, page, admins[1]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
        await SigningInWithGitLabJourneyTests.ExpectDoneAsync(page, "The admin token is revoked.");
        await NotInThePageAsync(page);
        await OpenPlanAsync(journey, page, admins[2]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(page.GetByText("Everything is undone")).ToBeVisibleAsync();
        await NotInThePageAsync(page);
        await journey.GoAsync(page, "/servers");
        await NotInThePageAsync(page);

        foreach (var admin in admins)
        {
            admin.IsRevoked.ShouldBeTrue();
            wire.Sent.Count(m => Holds(m, admin.Secret)).ShouldBe(1, "messages to the portal with the token");
        }

        foreach (var secret in admins.Append(refused).Select(t => t.Secret).Concat(made))
        {
            wire.Received.Count(m => Holds(m, secret)).ShouldBe(0);
            wire.Addresses.ShouldAllBe(address => !address.Contains(secret, StringComparison.Ordinal));
            wire.Console.ShouldAllBe(line => !line.Contains(secret, StringComparison.Ordinal));
            (await page.ContentAsync()).ShouldNotContain(secret);
            journey.Portal.Logs.Lines.ShouldAllBe(line => !line.Contains(secret, StringComparison.Ordinal));
            await ExpectNotInFilesAsync(journey, secret);
        }
    }

    private static async Task OpenPlanAsync(Journey journey, IPage page, SandboxToken admin)
    {
        await journey.GoAsync(page, $"/servers/set-up?url={Uri.EscapeDataString(journey.GitLabUrl)}");
        await SigningInWithGitLabJourneyTests.CheckServerAndTokenAsync(page, admin);
        await Expect(page.GetByText("Nothing has been changed yet.")).ToBeVisibleAsync();
    }

    private static async Task NotInThePageAsync(IPage page) => (await page.EvaluateAsync<string[]>("() => window.found")).ShouldBeEmpty();

    private static async Task ConnectAsync(Journey journey, IPage page, string token, bool quick)
    {
        if (!quick)
        {
            await journey.ConnectAsync(page, token);
            return;
        }

        var seal = journey.Portal.Services.GetRequiredService<WizardSeal>().Of((await journey.Portal.AccessAsync()).AccountId, journey.GitLabUrl, allowsPlainHttp: true);
        await journey.GoAsync(page, $"/team/rocket/settings/connections/new?mode=token&url={Uri.EscapeDataString(journey.GitLabUrl)}&plain-http=true&seal={seal}");
        await page.GetByLabel("Personal access token").FillAsync(token);
        await page.GetByRole(AriaRole.Button, new() { Name = "Connect", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
    }

    private static async Task ExpectNotInFilesAsync(Journey journey, string token)
    {
        await using (var db = await journey.Portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync())
        {
            await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        }

        var files = Directory.GetFiles(journey.Portal.DataDirectory, "*", SearchOption.AllDirectories);
        files.ShouldContain(f => f.EndsWith("portal.db", StringComparison.Ordinal));
        foreach (var file in files)
        {
            // Held by the running portal, and nothing but a lock.
            if (new FileInfo(file) is { Name: "portal.lock", Length: 0 }) continue;
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes);
            Holds(bytes.ToArray(), token).ShouldBeFalse(file);
        }
    }

    /// <summary>Also when a frame holds it in UTF-16 or base64.</summary>
    private static bool Holds(byte[] message, string token)
    {
        var text = Encoding.Latin1.GetString(message);
        return text.Contains(token, StringComparison.Ordinal)
            || text.Contains(Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(token)), StringComparison.Ordinal)
            || text.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(token)).TrimEnd('='), StringComparison.Ordinal);
    }

    /// <summary>Everything between the browser and the portal: requests, answers, and every frame of the circuit.</summary>
    private sealed class Wire
    {
        public Wire(IPage page)
        {
            page.Request += (_, request) =>
            {
                Addresses.Add(request.Url);
                if (request.PostDataBuffer is { } body) Sent.Add(body);
            };
            page.RequestFinished += async (_, request) =>
            {
                try
                {
                    if (await request.ResponseAsync() is { } response) Received.Add(await response.BodyAsync());
                }
                catch (PlaywrightException)
                {
                    // Redirects and preflights have no body.
                }
            };
            page.Console += (_, message) => Console.Add(message.Text);
            page.WebSocket += (_, socket) =>
            {
                Addresses.Add(socket.Url);
                socket.FrameSent += (_, frame) => Sent.Add(Bytes(frame));
                socket.FrameReceived += (_, frame) => Received.Add(Bytes(frame));
            };
        }

        public ConcurrentBag<byte[]> Sent { get; } = [];

        public ConcurrentBag<byte[]> Received { get; } = [];

        public ConcurrentBag<string> Addresses { get; } = [];

        public ConcurrentBag<string> Console { get; } = [];

        private static byte[] Bytes(IWebSocketFrame frame) => frame.Binary ?? Encoding.UTF8.GetBytes(frame.Text ?? "");
    }
}
