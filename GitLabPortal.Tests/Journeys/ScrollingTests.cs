using System.Text.RegularExpressions;
using GitLabPortal.Tests.Harness;
using Microsoft.Playwright;
using Shouldly;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace GitLabPortal.Tests.Journeys;

public sealed class ScrollingTests(BrowserFixture browsers) : IAsyncLifetime
{
    private const int RowHeight = 53;
    private const int Rows = 2_000;

    private Journey journey = null!;

    public async ValueTask InitializeAsync()
    {
        journey = await Journey.StartSetUpAsync(browsers);
        await journey.Portal.FillAsync(Rows);
    }

    public ValueTask DisposeAsync() => journey.DisposeAsync();

    [Fact]
    public async Task Goes_through_all_rows_and_keeps_few()
    {
        var page = await journey.OpenSignedInAsync();
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any&sort=name");
        await Expect(page.Locator("[data-row]").First).ToBeVisibleAsync();
        var heights = await page.EvaluateAsync<int[]>("() => [...new Set([...document.querySelectorAll('tr:has([data-row])')].map(r => r.offsetHeight))]");
        heights.ShouldBe([RowHeight], "spacers stand for rows of this height");

        foreach (var row in new[] { 120, 925, 1_999, 425 })
        {
            await ScrollToAsync(page, row);
            await Expect(page.Locator($"tr[aria-rowindex='{row + 2}']")).ToBeInViewportAsync();
            (await page.Locator("[data-row]").CountAsync()).ShouldBeLessThanOrEqualTo(150);
            await Expect(page).ToHaveURLAsync(new Regex($"page={(row / 50) + 1}$"));
        }
    }

    [Fact]
    public async Task Who_scrolls_on_before_the_answer_is_there_is_not_thrown_back()
    {
        var page = await journey.OpenSignedInAsync();
        await using var answers = await SlowAnswers.OfAsync(page, TimeSpan.FromSeconds(1));
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any&sort=name");
        await Expect(page.Locator("[data-row]").First).ToBeVisibleAsync();

        foreach (var row in new[] { 120, 925, 425, 1_999 })
        {
            await ScrollToAsync(page, row);
            await Expect(page).ToHaveURLAsync(new Regex($"page={(row / 50) + 1}$"));
        }

        await Expect(page.Locator("[data-answered='4']")).ToBeAttachedAsync();
        await Expect(page.Locator("tr[aria-rowindex='2001']")).ToBeInViewportAsync();
        await Expect(page.GetByText("Page 40 of 40")).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new Regex("page=40$"));

        // The buttons still lead to where they say.
        await page.GetByRole(AriaRole.Button, new() { Name = "Previous page" }).ClickAsync();
        await Expect(page.Locator("tr[aria-rowindex='1902']")).ToBeInViewportAsync();
        await Expect(page).ToHaveURLAsync(new Regex("page=39$"));
    }

    [Fact]
    public async Task An_address_a_reload_and_the_buttons_lead_to_the_same_rows()
    {
        var page = await journey.OpenSignedInAsync();
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any&page=20");
        await Expect(page.Locator("tr[aria-rowindex='952']")).ToBeInViewportAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Next page" }).ClickAsync();
        await Expect(page.Locator("tr[aria-rowindex='1002']")).ToBeInViewportAsync();
        await Expect(page.GetByText("Page 21 of 40")).ToBeVisibleAsync();
        await Expect(page).ToHaveURLAsync(new Regex("page=21$"));
        await page.ReloadAsync();
        await Expect(page.Locator("tr[aria-rowindex='1002']")).ToBeInViewportAsync();
        await Journey.WhenAliveAsync(page);

        await page.GetByLabel("Search repositories").FillAsync("ledger");
        await Expect(page.Locator("tr[aria-rowindex='2']")).ToBeInViewportAsync();
        await Expect(page).Not.ToHaveURLAsync(new Regex("page="));
    }

    [Fact]
    public async Task A_phone_shows_one_page_at_a_time()
    {
        var page = await journey.OpenSignedInAsync(width: 390);
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any&page=2");

        await Expect(page.Locator("tr[aria-rowindex='52']")).ToBeVisibleAsync();
        await Expect(page.Locator("tr[aria-rowindex='2']")).ToBeHiddenAsync();
        await Expect(page.Locator("tr[aria-rowindex='102']")).ToBeHiddenAsync();
        (await page.EvaluateAsync<int>("() => document.documentElement.scrollHeight")).ShouldBeLessThan(20_000);
    }

    private static Task ScrollToAsync(IPage page, int row) => page.EvaluateAsync(
        "y => scrollTo(0, document.querySelector('[data-grid] tbody').getBoundingClientRect().top + scrollY + y - innerHeight / 2)", row * RowHeight);
}
