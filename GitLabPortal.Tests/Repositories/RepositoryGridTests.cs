using Bunit;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.UI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class RepositoryGridTests : BunitContext
{
    private readonly ManualClock clock = new();
    private readonly RepositorySelection selection = new();
    private readonly List<RepositorySearch> searches = [];
    private readonly List<RepositorySearch> typings = [];

    public RepositoryGridTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddUI();
        Services.AddSingleton<TimeProvider>(clock);
        Services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
    }

    [Fact]
    public void Shows_skeletons_until_the_rows_are_there()
    {
        var rows = new TaskCompletionSource<Page<RepositoryRow>>();
        var grid = Show((_, _) => rows.Task);
        grid.FindAll(".skeleton").Count.ShouldBeGreaterThan(0);

        rows.SetResult(new Page<RepositoryRow>([Row(1, "api")], 1));

        grid.WaitForAssertion(() => grid.FindAll("[data-row]").Count.ShouldBe(1));
        grid.FindAll(".skeleton").ShouldBeEmpty();
        grid.Find("[role=status]").TextContent.ShouldBe("1 repository");
    }

    [Fact]
    public void Says_when_there_is_none_and_when_none_matches()
    {
        var grid = Show((_, _) => Task.FromResult(Page<RepositoryRow>.Empty));
        grid.Markup.ShouldContain("nothing at all");

        grid.Render(p => p.Add(g => g.Search, new RepositorySearch { Text = "zzz" }));

        grid.Find(".empty h2").TextContent.ShouldBe("No repository matches");
        grid.Act(() => grid.FindAll(".empty button").Single(b => b.TextContent.Contains("Clear search", StringComparison.Ordinal)).Click());
        searches.ShouldHaveSingleItem().ShouldBe(new RepositorySearch());
    }

    [Fact]
    public void Says_what_to_do_when_loading_failed_and_tries_again()
    {
        var fails = true;
        var grid = Show((_, _) => fails ? throw new InvalidOperationException("secret detail") : Task.FromResult(new Page<RepositoryRow>([Row(1, "api")], 1)));
        grid.Find("[role=alert]").TextContent.ShouldContain("could not be loaded");
        grid.Markup.ShouldNotContain("secret detail");

        fails = false;
        grid.Act(() => grid.Find("[role=alert] button").Click());

        grid.FindAll("[data-row]").Count.ShouldBe(1);
        grid.FindAll("[role=alert]").ShouldBeEmpty();
    }

    [Fact]
    public void A_newer_search_cancels_the_older_one()
    {
        var slow = new TaskCompletionSource<Page<RepositoryRow>>();
        CancellationToken slowToken = default;
        var grid = Show((search, token) =>
        {
            if (search.Text.Length > 0) return Task.FromResult(new Page<RepositoryRow>([Row(2, "newer")], 1));
            slowToken = token;
            return slow.Task;
        });

        grid.Render(p => p.Add(g => g.Search, new RepositorySearch { Text = "newer" }));
        slowToken.IsCancellationRequested.ShouldBeTrue();
        // It takes no notice of that and goes on; nobody waits for it.
        grid.WaitForAssertion(() => grid.Find(".name").TextContent.ShouldBe("newer"));
        slow.SetResult(new Page<RepositoryRow>([Row(1, "older")], 1));

        grid.WaitForAssertion(() => grid.Find(".name").TextContent.ShouldBe("newer"));
    }

    [Fact]
    public async Task Typing_waits_for_a_pause_and_the_last_text_wins()
    {
        var grid = Show((_, _) => Task.FromResult(Page<RepositoryRow>.Empty));

        var first = TypeAsync("p");
        clock.Advance(TimeSpan.FromMilliseconds(150));
        var second = TypeAsync("pay");
        typings.ShouldBeEmpty();
        while (!second.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        await Task.WhenAll(first, second);

        typings.ShouldHaveSingleItem().Text.ShouldBe("pay");

        Task TypeAsync(string text) => grid.ActAsync(() => grid.Find("#repository-search").InputAsync(text));
    }

    [Fact]
    public void Selection_survives_other_rows_and_one_tick_is_in_the_tab_order()
    {
        var grid = Show((_, _) => Task.FromResult(new Page<RepositoryRow>([.. Enumerable.Range(1, 60).Select(i => Row(i, $"r{i}"))], 60)));

        grid.Act(() => grid.Find("#repository-3").Change(true));
        grid.Render(p => p.Add(g => g.Search, new RepositorySearch { PageNumber = 2 }));
        grid.Act(() => grid.Find("[aria-label='Select all on this page']").Change(true));
        grid.Render(p => p.Add(g => g.Search, new RepositorySearch()));

        selection.Count.ShouldBe(11);
        grid.Find("#repository-3").HasAttribute("checked").ShouldBeTrue();
        grid.FindAll("[data-row][tabindex='0']").ShouldHaveSingleItem().Id.ShouldBe("repository-1");
        grid.Act(() => grid.Find("#repository-7").Focus());
        grid.FindAll("[data-row][tabindex='0']").ShouldHaveSingleItem().Id.ShouldBe("repository-7");
    }

    [Fact]
    public void Headers_sort_and_say_how()
    {
        var grid = Show((_, _) => Task.FromResult(new Page<RepositoryRow>([Row(1, "api")], 1)));
        grid.FindAll("th[aria-sort]").ShouldHaveSingleItem().TextContent.ShouldContain("Last activity");

        grid.Act(() => grid.FindAll("th button").Single(b => b.TextContent.Contains("Stars", StringComparison.Ordinal)).Click());
        searches[^1].ShouldBe(new RepositorySearch { Sort = RepositorySort.Stars, Descending = true });

        grid.Render(p => p.Add(g => g.Search, searches[^1]));
        grid.FindAll("th[aria-sort]").ShouldHaveSingleItem().GetAttribute("aria-sort").ShouldBe("descending");
        grid.Act(() => grid.FindAll("th button").Single(b => b.TextContent.Contains("Stars", StringComparison.Ordinal)).Click());
        searches[^1].Descending.ShouldBeFalse();
    }

    [Fact]
    public void Text_from_GitLab_stays_text_and_only_web_addresses_become_links()
    {
        var evil = Row(1, "<script>alert(1)</script>") with { WebUrl = "javascript:alert(1)", Description = "<img src=x onerror=alert(1)>", Topics = ["<b>"] };
        var grid = Show((_, _) => Task.FromResult(new Page<RepositoryRow>([evil, Row(2, "fine")], 2)));

        grid.FindAll("script, img, b").ShouldBeEmpty();
        grid.Find(".name").TextContent.ShouldBe("<script>alert(1)</script>");
        grid.Find(".name").GetAttribute("dir").ShouldBe("auto");
        grid.FindAll("tbody a").ShouldHaveSingleItem().GetAttribute("href").ShouldBe("https://git.example.com/g/fine");
    }

    [Fact]
    public async Task What_was_typed_stays_when_an_older_text_comes_back_late()
    {
        var grid = Show((_, _) => Task.FromResult(Page<RepositoryRow>.Empty));
        await TypeAsync("pa");
        await TypeAsync("paym");
        typings.Select(t => t.Text).ShouldBe(["pa", "paym"]);

        grid.Render(p => p.Add(g => g.Search, new RepositorySearch { Text = "pa" }));
        grid.Find("#repository-search").GetAttribute("value").ShouldBe("paym");
        grid.Render(p => p.Add(g => g.Search, new RepositorySearch { Text = "paym" }));
        grid.Find("#repository-search").GetAttribute("value").ShouldBe("paym");

        // Back in the browser's history.
        grid.Render(p => p.Add(g => g.Search, new RepositorySearch { Text = "pa" }));
        grid.Find("#repository-search").GetAttribute("value").ShouldBe("pa");

        async Task TypeAsync(string text)
        {
            var typing = grid.ActAsync(() => grid.Find("#repository-search").InputAsync(text));
            while (!typing.IsCompleted)
            {
                clock.Advance(TimeSpan.FromMilliseconds(50));
                await Task.Yield();
            }

            await typing;
        }
    }

    [Fact]
    public void Scrolling_on_brings_the_pages_around_and_keeps_no_others()
    {
        var grid = Show((_, _) => Task.FromResult(new Page<RepositoryRow>([.. Enumerable.Range(1, 1000).Select(i => Row(i, $"r{i}"))], 1000)));
        grid.FindAll("[data-row]").Count.ShouldBe(150);

        grid.Act(() => grid.Find("[data-scrolled]").Change("11:1"));

        grid.FindAll("[data-row]").Select(r => r.Id).ShouldBe(Enumerable.Range(451, 150).Select(i => $"repository-{i}"));
        grid.FindAll(".spacer td").Select(s => s.GetAttribute("style")).ShouldBe([$"height: {450 * 53}px", $"height: {400 * 53}px"]);
        (searches.Count + typings.Count).ShouldBe(0);
        foreach (var nonsense in new[] { "0:2", "21:3", "x:4", "12", "12:", ":5", "12:6:7", "" }) grid.Act(() => grid.Find("[data-scrolled]").Change(nonsense));
        grid.Find("[data-page]").GetAttribute("data-page").ShouldBe("11");
        grid.Act(() => grid.Find("[data-scrolled]").Change("11:8"));
        grid.Find("[data-page]").GetAttribute("data-answered").ShouldBe("8");
    }

    [Fact]
    public void Rows_that_were_scrolled_to_and_cannot_be_loaded_are_said_not_to_be_there()
    {
        var fails = false;
        var grid = Show((_, _) => fails
            ? throw new InvalidOperationException("secret detail")
            : Task.FromResult(new Page<RepositoryRow>([.. Enumerable.Range(1, 1000).Select(i => Row(i, $"r{i}"))], 1000)));
        fails = true;
        grid.Act(() => grid.Find("[data-scrolled]").Change("11:1"));
        grid.WaitForAssertion(() => grid.Find("[role=alert]").TextContent.ShouldContain("could not be loaded"));

        fails = false;
        grid.Act(() => grid.Find("[role=alert] button").Click());

        grid.WaitForAssertion(() => grid.FindAll("[data-row]").Select(r => r.Id).ShouldBe(Enumerable.Range(451, 150).Select(i => $"repository-{i}")));
    }

    [Fact]
    public void An_address_of_a_page_that_is_no_more_leads_to_the_last_one()
    {
        Show((_, _) => Task.FromResult(new Page<RepositoryRow>([], 120)), new RepositorySearch { PageNumber = 99 });

        typings.ShouldHaveSingleItem().PageNumber.ShouldBe(3);
    }

    private IRenderedComponent<RepositoryGrid> Show(
        Func<RepositorySearch, CancellationToken, Task<Page<RepositoryRow>>> source, RepositorySearch? search = null) => Render<RepositoryGrid>(p => p
        // The sources know all rows; the grid asks for some.
        .Add(g => g.Source, async (s, wanted, token) =>
        {
            var all = await source(s, token);
            return new Page<RepositoryRow>([.. all.Items.Skip(wanted.Skip).Take(wanted.Take)], all.Total);
        })
        .Add(g => g.Search, search ?? new RepositorySearch())
        .Add(g => g.Selection, selection)
        .Add(g => g.OnSearch, searches.Add)
        .Add(g => g.OnTyping, typings.Add)
        .Add(g => g.Empty, "nothing at all"));

    private static RepositoryRow Row(long id, string name) => new(
        id, name, $"g/{name}", "g", null, RepositoryVisibility.Private, "main", $"https://git.example.com/g/{name}", 0, [], null,
        IsArchived: false, IsEmpty: false, IsFork: false, DeletionOn: null, IsPicked: false, ["Main"]);
}
