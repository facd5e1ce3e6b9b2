using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

/// <summary>The main way without a mouse: every stop is visible, and the focus is where one goes on.</summary>
public sealed class KeyboardTests(BrowserFixture browsers)
{
    [Fact]
    public async Task From_signing_in_to_a_picked_repository_by_keyboard_alone()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenBrowserAsync();
        await page.GotoAsync(journey.At("/sign-in"));
        await GoToAsync(page, "Email");
        await page.Keyboard.TypeAsync(PortalApp.AdminEmail);
        await GoToAsync(page, "Password");
        await page.Keyboard.TypeAsync(PortalApp.Password);
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/team/rocket");
        await Journey.WhenAliveAsync(page);
        await Expect(page.Locator("h1")).ToBeFocusedAsync();

        await PressAsync(page, "Settings");
        await ExpectFocusAsync(page, "h1", "Team settings");
        await PressAsync(page, "Connect GitLab server");
        await ExpectFocusAsync(page, "h1", "Connect GitLab server");
        await ServerStepAsync(page, journey);
        await TokenStepAsync(page);
        await CheckAndConnectAsync(page, journey);
        await PickAsync(page, journey);
    }

    [Fact]
    public async Task Menus_and_dialogs_keep_the_focus_and_give_it_back()
    {
        await using var journey = await Journey.StartSetUpAsync(browsers);
        var page = await journey.OpenSignedInAsync();
        await journey.ConnectAsync(page);
        var actions = page.GetByRole(AriaRole.Article).Locator("summary").First;

        await PressAsync(page, "Actions for 127.0.0.1");
        await page.Keyboard.PressAsync("ArrowDown");
        await ExpectFocusAsync(page, ".menu-item", "Check now");
        await page.Keyboard.PressAsync("ArrowUp");
        await ExpectFocusAsync(page, ".menu-item", "Remove");
        await page.Keyboard.PressAsync("Escape");
        await Expect(actions).ToBeFocusedAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Check now" })).ToBeHiddenAsync();

        foreach (var (item, title) in new[] { ("Rename", "Rename connection"), ("Remove", "Remove “127.0.0.1”?") })
        {
            await ChooseAsync(page, item);
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Expect(dialog).ToContainTextAsync(title);
            const string IsInside = "() => document.querySelector('[role=dialog]').contains(document.activeElement)";
            await page.WaitForFunctionAsync(IsInside);
            for (var i = 0; i < 6; i++)
            {
                await page.Keyboard.PressAsync("Tab");
                (await page.EvaluateAsync<bool>(IsInside)).ShouldBeTrue($"Tab {i + 1} left the dialog “{title}”");
            }

            await page.Keyboard.PressAsync("Escape");
            await Expect(dialog).ToHaveCountAsync(0);
            await Expect(actions).ToBeFocusedAsync();
        }

        await ChooseAsync(page, "Replace token");
        var field = page.GetByLabel("New personal access token");
        await Expect(field).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(journey.NewToken("read_user").Secret);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("The token that was there before stays.")).ToBeVisibleAsync();
        await Journey.WhenCalmAsync(page);
        await Expect(field).ToBeFocusedAsync();
        await Expect(field).ToHaveValueAsync("");
        await PressAsync(page, "Cancel");
        await Expect(actions).ToBeFocusedAsync();

        // Leaving an open menu closes it.
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Check now" })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Shift+Tab");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Check now" })).ToBeHiddenAsync();
    }

    private static async Task ServerStepAsync(IPage page, Journey journey)
    {
        var url = page.GetByLabel("GitLab server URL");
        await GoToAsync(page, "GitLab server URL");
        await page.Keyboard.TypeAsync("not a url at all");
        await page.Keyboard.PressAsync("Enter");
        await Expect(url).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(url).ToBeFocusedAsync();

        await RetypeAsync(page, "http://127.0.0.1:1");
        await ExpectConsentAsync(page);
        await PressAsync(page, "Continue");
        await ExpectFocusAsync(page, ".finding", "Connection refused");

        await GoToAsync(page, "GitLab server URL", backwards: true);
        await RetypeAsync(page, journey.GitLabUrl);
        await ExpectConsentAsync(page);
        await PressAsync(page, "Continue");
        await ExpectFocusAsync(page, "#step-title", "Create a token");
    }

    private static async Task TokenStepAsync(IPage page)
    {
        await GoToAsync(page, "Everything (recommended)", prefix: true);
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page.Locator("label.is-chosen")).ToContainTextAsync("Read-only");
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(page.Locator("label.is-chosen")).ToContainTextAsync("Everything");
        await PressAsync(page, "Continue");
        await ExpectFocusAsync(page, "#step-title", "Paste the token");
    }

    private static async Task CheckAndConnectAsync(IPage page, Journey journey)
    {
        await GoToAsync(page, "Personal access token");
        await page.Keyboard.TypeAsync(journey.GitLab.World.AddToken(journey.Bot, ["api"], expiresInDays: 0).Secret);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("GitLab says that the token is expired.")).ToBeVisibleAsync();
        await Journey.WhenCalmAsync(page);
        await Expect(page.GetByLabel("Personal access token")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(journey.NewToken().Secret);
        await page.Keyboard.PressAsync("Enter");
        await ExpectFocusAsync(page, "#step-title", "choose what the team gets");
        await PressAsync(page, "Connect");
        await ExpectFocusAsync(page, "h1", "Team settings");
        await Expect(page.GetByRole(AriaRole.Article)).ToContainTextAsync("Working");
    }

    private static async Task PickAsync(IPage page, Journey journey)
    {
        await PressAsync(page, "Repositories");
        await ExpectFocusAsync(page, "h1", "Repositories");
        await page.Keyboard.PressAsync("/");
        await Expect(page.GetByLabel("Search repositories")).ToBeFocusedAsync();
        var wanted = journey.GitLab.World.Projects.First(p => p.Visibility == SandboxVisibility.Private && !p.IsArchived && p.FullPath.All(char.IsAscii));
        await page.Keyboard.TypeAsync(wanted.FullPath);
        await Expect(page.GetByText("1 repository", new() { Exact = true })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = wanted.Namespace.FullPath }).GetByRole(AriaRole.Checkbox);
        await Expect(row).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(row).ToBeCheckedAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Add to team", Exact = true })).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("1 added").First).ToBeVisibleAsync();
    }

    /// <summary>The focus is on the question; a tick answers it.</summary>
    private static async Task ExpectConsentAsync(IPage page)
    {
        await Expect(page.GetByLabel("Connect without encryption")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(page.GetByLabel("Connect without encryption")).ToBeCheckedAsync();
    }

    private static async Task RetypeAsync(IPage page, string text)
    {
        await page.Keyboard.PressAsync("Control+a");
        await page.Keyboard.TypeAsync(text);
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task ChooseAsync(IPage page, string item)
    {
        await page.Keyboard.PressAsync("Enter");
        for (var i = 0; i < 10 && await NameAsync(page) != item; i++) await page.Keyboard.PressAsync("ArrowDown");
        (await NameAsync(page)).ShouldBe(item);
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task PressAsync(IPage page, string name)
    {
        await GoToAsync(page, name);
        await page.Keyboard.PressAsync("Enter");
    }

    /// <summary>Presses Tab until the named control has the focus. Each stop on the way must be seen.</summary>
    private static async Task GoToAsync(IPage page, string name, bool backwards = false, bool prefix = false)
    {
        List<string> stops = [];
        for (var i = 0; i < 80; i++)
        {
            var at = await NameAsync(page);
            if (at == name || (prefix && at.StartsWith(name, StringComparison.Ordinal))) return;
            await page.Keyboard.PressAsync(backwards ? "Shift+Tab" : "Tab");
            stops.Add(await NameAsync(page));
            await ExpectSeenAsync(page, stops[^1]);
        }

        throw new ShouldAssertException($"No Tab leads to “{name}” at {page.Url}, only to: {string.Join(" | ", stops)}");
    }

    private static async Task ExpectSeenAsync(IPage page, string stop)
    {
        try
        {
            // Styles that move something into sight take a frame.
            await page.WaitForFunctionAsync($"() => ({Unseen})() === ''", null, new() { Timeout = 3_000 });
        }
        catch (TimeoutException)
        {
            (await page.EvaluateAsync<string>(Unseen)).ShouldBeEmpty($"The focus on “{stop}” cannot be seen at {page.Url}.");
        }
    }

    private static Task<string> NameAsync(IPage page) => page.EvaluateAsync<string>(
        "() => { const e = document.activeElement; return (e.ariaLabel || e.labels?.[0]?.innerText || (e === document.body ? '' : e.innerText) || '').trim().split('\\n')[0]; }");

    private static async Task ExpectFocusAsync(IPage page, string selector, string text)
    {
        var target = page.Locator(selector).Filter(new() { HasText = text });
        await Expect(target).ToBeFocusedAsync();
    }

    /// <summary>On the page itself nothing is focused, and a heading only tells where one is; any other stop has a ring and is within the window.</summary>
    private const string Unseen = """
        () => {
          const e = document.activeElement;
          if (e === document.body || e === document.documentElement || e.matches('h1, h2')) return '';
          const style = getComputedStyle(e), box = e.getBoundingClientRect();
          const ring = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
          const isSeen = ring && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
          return isSeen ? '' : `${e.outerHTML.slice(0, 120)}: ring ${ring}, from ${box.top} to ${box.bottom} of ${innerHeight}`;
        }
        """;
}
