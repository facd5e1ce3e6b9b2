using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

public sealed class SearchingTheCatalogueTests : IAsyncLifetime
{
    private TestDb database = null!;
    private TeamAccess team = null!;
    private Server server = null!;
    private Connection main = null!;
    private RepositoryQueries queries = null!;
    private long nextId = 100;

    public async ValueTask InitializeAsync()
    {
        database = await TestDb.CreateAsync();
        team = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        server = await database.AddServerAsync();
        main = await database.AddConnectionAsync(team, server);
        queries = new RepositoryQueries(database, ProjectQueries.Picked);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData("uber")]
    [InlineData("ÜBER")]
    [InlineData("café")]
    [InlineData("cafe")]
    [InlineData("cafe\u0301")]
    [InlineData("🚀")]
    [InlineData("שלום")]
    [InlineData("100%")]
    [InlineData("a_b")]
    [InlineData("\"quoted\"")]
    [InlineData("'; DROP")]
    [InlineData("NEAR(")]
    [InlineData("col:val*")]
    [InlineData("back\\slash")]
    [InlineData("<script>")]
    [InlineData("payments core")]
    [InlineData("core  \t payments")]
    [InlineData("tag-one")]
    [InlineData("platform/core")]
    public async Task Finds_text_as_it_stands_in_path_name_description_or_topic(string text)
    {
        await AddAsync(
            "platform/core-payments", name: "Über Café 🚀",
            description: "שלום 100% a_b \"quoted\" '; DROP TABLE x -- NEAR(a b) col:val* back\\slash <script>alert(1)</script>", topics: ["tag-one"]);
        await AddAsync("other/thing", description: "1000 axb 100 percent backslash");

        var page = await SearchAsync(new RepositorySearch { Text = text });

        page.Total.ShouldBe(1);
        page.Items.ShouldHaveSingleItem().FullPath.ShouldBe("platform/core-payments");
    }

    [Theory]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("*")]
    [InlineData("core OR thing")]
    [InlineData("core AND payments")]
    [InlineData("' OR 1=1 --")]
    [InlineData("-core")]
    public async Task No_character_or_word_has_a_special_meaning(string text)
    {
        await AddAsync("platform/core/payments");

        (await SearchAsync(new RepositorySearch { Text = text })).Total.ShouldBe(0);
    }

    [Fact]
    public async Task The_best_match_comes_first()
    {
        await AddAsync("zz/other", description: "about api");
        await AddAsync("zz/rapid");
        await AddAsync("aa/web-api");
        await AddAsync("aa/api-gateway");
        await AddAsync("mm/api");

        (await PathsAsync(new RepositorySearch { Text = "api" })).ShouldBe(["mm/api", "aa/api-gateway", "aa/web-api", "zz/rapid", "zz/other"]);
        (await PathsAsync(new RepositorySearch { Text = "AA/API-gateway" })).ShouldBe(["aa/api-gateway"]);
    }

    [Theory]
    [InlineData("p", new[] { "payments/web", "a/paper", "a/x" })]
    [InlineData("pa", new[] { "payments/web", "a/paper", "a/x" })]
    [InlineData("ap", new string[0])]
    [InlineData("we", new[] { "payments/web" })]
    [InlineData("支", new[] { "c/cjk" })]
    [InlineData("支払", new[] { "c/cjk" })]
    [InlineData("p we", new[] { "payments/web" })]
    [InlineData("payments - web", new[] { "payments/web" })]
    public async Task One_or_two_characters_are_the_beginning_of_a_word(string text, string[] paths)
    {
        await AddAsync("a/x", topics: ["pay"], description: "apart from that");
        await AddAsync("a/paper");
        await AddAsync("payments/web");
        await AddAsync("c/cjk", name: "支払いゲートウェイ");

        (await PathsAsync(new() { Text = text })).ShouldBe(paths);
    }

    [Fact]
    public async Task More_equally_good_matches_than_anybody_reads_come_newest_first_and_none_twice()
    {
        await AddManyAsync(5_200);

        var seen = new List<string>();
        for (var skip = 0; skip < 5_300; skip += 900)
        {
            var page = await queries.SearchAsync(team, new() { Text = "ledger" }, new PageRequest(skip, 900), CancellationToken.None);
            page.Total.ShouldBe(5_200);
            seen.AddRange(page.Items.Select(r => r.FullPath));
        }

        seen.Count.ShouldBe(5_200);
        seen.ShouldBeUnique();
        seen[0].ShouldBe("g/ledger-5199");
    }

    [Theory]
    [InlineData(RepositorySort.Best, false)]
    [InlineData(RepositorySort.Activity, true)]
    [InlineData(RepositorySort.Activity, false)]
    [InlineData(RepositorySort.Name, true)]
    [InlineData(RepositorySort.Stars, false)]
    public async Task Each_way_to_read_a_sorted_page_gives_the_same_order(RepositorySort sort, bool descending)
    {
        await AddManyAsync(300);
        var all = (await queries.SearchAsync(team, new() { Sort = sort, Descending = descending }, new PageRequest(0, 1000), CancellationToken.None)).Items;

        foreach (var narrowed in new RepositorySearch[] { new(), new() { Text = "led" }, new() { Namespace = "g" }, new() { IsFork = false } })
        {
            var search = narrowed with { Sort = sort, Descending = descending };
            if (search is { Sort: RepositorySort.Best, Text: not "" }) continue;
            var pages = new List<RepositoryRow>();
            for (var skip = 0; skip < 300; skip += 7)
                pages.AddRange((await queries.SearchAsync(team, search, new PageRequest(skip, 7), CancellationToken.None)).Items);

            pages.Select(r => r.Id).ShouldBe(all.Select(r => r.Id), $"{search}");
        }
    }

    [Fact]
    public async Task Sorts_by_what_the_person_chose_even_while_searching()
    {
        await AddAsync("a/api", change: r => r.Stars = 1);
        await AddAsync("b/my-api", change: r => { r.Stars = 9; r.LastActivityAt = DateTimeOffset.UnixEpoch; });
        await AddAsync("C/api", change: r => { r.Stars = 5; r.LastActivityAt = DateTimeOffset.UnixEpoch.AddDays(1); });

        (await PathsAsync(new RepositorySearch { Text = "api", Sort = RepositorySort.Stars, Descending = true })).ShouldBe(["b/my-api", "C/api", "a/api"]);
        (await PathsAsync(new RepositorySearch { Sort = RepositorySort.Name, Descending = true })).ShouldBe(["b/my-api", "C/api", "a/api"]);
        (await PathsAsync(new RepositorySearch())).ShouldBe(["C/api", "b/my-api", "a/api"]);
        (await PathsAsync(new RepositorySearch { Sort = RepositorySort.Activity, Descending = true })).ShouldBe(["C/api", "b/my-api", "a/api"]);
        (await PathsAsync(new RepositorySearch { Sort = RepositorySort.Activity })).ShouldBe(["b/my-api", "C/api", "a/api"]);
    }

    [Fact]
    public async Task Filters_narrow_the_list()
    {
        await AddAsync("platform/plain", topics: ["go", "golang"]);
        await AddAsync("platform/sub/fork", change: r => r.IsFork = true);
        await AddAsync("platformer/public", topics: ["golang"], change: r => r.Visibility = RepositoryVisibility.Public);
        await AddAsync("x/empty", change: r => r.IsEmpty = true);
        await AddAsync("x/old", change: r => r.IsArchived = true);
        await AddAsync("x/going", change: r => r.DeletionOn = new DateOnly(2026, 12, 1));

        (await PathsAsync(new())).ShouldBe(["x/empty", "platformer/public", "platform/sub/fork", "platform/plain"], "those that came last come first");
        (await PathsAsync(new() { Archived = ArchivedFilter.Only })).ShouldBe(["x/going", "x/old"]);
        (await SearchAsync(new() { Archived = ArchivedFilter.Any })).Total.ShouldBe(6);
        (await PathsAsync(new() { Namespace = "Platform" })).ShouldBe(["platform/sub/fork", "platform/plain"]);
        (await PathsAsync(new() { Namespace = "platform_" })).ShouldBeEmpty();
        (await PathsAsync(new() { Topic = "go" })).ShouldBe(["platform/plain"]);
        (await PathsAsync(new() { Visibility = RepositoryVisibility.Public })).ShouldBe(["platformer/public"]);
        (await PathsAsync(new() { IsEmpty = true })).ShouldBe(["x/empty"]);
        (await PathsAsync(new() { IsFork = true })).ShouldBe(["platform/sub/fork"]);
        (await PathsAsync(new() { IsFork = false, IsEmpty = false, Text = "pl" })).ShouldBe(["platformer/public", "platform/plain"]);
    }

    [Fact]
    public async Task Pages_hold_every_row_once_and_the_total_is_exact()
    {
        for (var i = 0; i < 23; i++) await AddAsync($"g/same-{i % 2}/r{i}", change: r => r.Stars = 3);
        var seen = new List<string>();
        for (var skip = 0; skip < 30; skip += 10)
        {
            var page = await queries.SearchAsync(team, new() { Sort = RepositorySort.Stars }, new PageRequest(skip, 10), CancellationToken.None);
            page.Total.ShouldBe(23);
            seen.AddRange(page.Items.Select(r => r.FullPath));
        }

        seen.Count.ShouldBe(23);
        seen.ShouldBeUnique();
    }

    [Fact]
    public async Task Another_teams_connection_to_the_same_server_stays_invisible()
    {
        var other = await database.AddTeamAsync("beta", await database.AddAccountAsync("Bob"));
        var theirs = await database.AddConnectionAsync(other, server);
        await database.AddRepositoryAsync(1, "shared/both", [main, theirs]);
        await database.AddRepositoryAsync(2, "secret/theirs", [theirs], topics: ["secret"]);

        (await PathsAsync(new() { Archived = ArchivedFilter.Any })).ShouldBe(["shared/both"]);
        (await SearchAsync(new() { Text = "secret" })).Total.ShouldBe(0);
        (await SearchAsync(new() { ConnectionId = theirs.Id })).Total.ShouldBe(0);
        (await SearchAsync(new())).Items.ShouldHaveSingleItem().Connections.ShouldBe(["Main"]);
        (await queries.CountAsync(team, CancellationToken.None)).ShouldBe(1);
        var facets = await queries.FacetsAsync(team, CancellationToken.None);
        facets.Namespaces.ShouldBe(["shared"]);
        facets.Topics.ShouldBeEmpty();
        facets.Connections.ShouldHaveSingleItem().Id.ShouldBe(main.Id);
    }

    [Fact]
    public async Task One_seen_through_two_connections_is_one_row_with_both_names()
    {
        var second = await database.AddConnectionAsync(team, server, "Backup");
        await database.AddRepositoryAsync(1, "g/both", [main, second]);
        await database.AddRepositoryAsync(2, "g/second", [second]);

        var page = await SearchAsync(new());
        page.Total.ShouldBe(2);
        page.Items.Single(r => r.FullPath == "g/both").Connections.ShouldBe(["Backup", "Main"]);
        (await PathsAsync(new() { ConnectionId = main.Id })).ShouldBe(["g/both"]);
        (await SearchAsync(new() { ConnectionId = main.Id })).Items[0].Connections.ShouldBe(["Backup", "Main"]);
    }

    [Fact]
    public async Task What_a_complete_walk_missed_is_not_listed()
    {
        var repository = await AddAsync("g/gone");
        await AddAsync("g/here");
        await using (var db = database.CreateDbContext())
        {
            db.Set<RepositorySighting>().Single(s => s.RepositoryId == repository.Id).MissingSince = DateTimeOffset.UnixEpoch;
            await db.SaveChangesAsync();
        }

        (await PathsAsync(new())).ShouldBe(["g/here"]);
    }

    [Fact]
    public async Task A_row_tells_whether_the_team_has_it_already()
    {
        var picked = await AddAsync("g/picked");
        await AddAsync("g/not");
        await database.SaveAsync(new Project { TeamId = team.TeamId, ServerId = server.Id, GitLabId = picked.GitLabId, AddedById = team.AccountId, AddedAt = DateTimeOffset.UnixEpoch, SeenName = picked.Name, SeenPath = picked.FullPath });

        (await SearchAsync(new())).Items.Select(r => r.IsPicked).ShouldBe([false, true]);
        (await PathsAsync(new() { IsPicked = true })).ShouldBe(["g/picked"]);
        (await PathsAsync(new() { IsPicked = false })).ShouldBe(["g/not"]);
    }

    [Fact]
    public async Task Filter_choices_are_groups_with_their_parents_and_topics()
    {
        await AddAsync("a/b/one", topics: ["x", "y"]);
        await AddAsync("a/two", topics: ["y"]);

        var facets = await queries.FacetsAsync(team, CancellationToken.None);

        facets.Namespaces.ShouldBe(["a", "a/b"]);
        facets.Topics.ShouldBe(["x", "y"]);
    }

    private Task<Repository> AddAsync(
        string path, string? name = null, string? description = null, string[]? topics = null, Action<Repository>? change = null) =>
        database.AddRepositoryAsync(nextId++, path, [main], name, description, topics, change);

    private async Task AddManyAsync(int count)
    {
        var now = TimeProvider.System.GetUtcNow();
        var many = Enumerable.Range(0, count).Select(i => new Repository
        {
            ServerId = server.Id,
            GitLabId = i + 10_000,
            Name = $"Ledger {i * 7919 % 101}",
            FullPath = $"g/ledger-{i}",
            NamespacePath = "g",
            Visibility = RepositoryVisibility.Private,
            WebUrl = "",
            Stars = i % 5,
            Topics = "",
            IsArchived = false,
            IsEmpty = false,
            IsFork = false,
            LastActivityAt = i % 11 == 0 ? null : now.AddMinutes(-(i * 7919 % 997)),
            SearchText = SearchText.Of($"g/ledger-{i}", $"Ledger {i * 7919 % 101}", null, []),
            ReadAt = now,
        }).ToArray<object>();
        await database.SaveAsync(many);
        await database.SaveAsync([.. many.Cast<Repository>().Select(r => new RepositorySighting { ConnectionId = main.Id, RepositoryId = r.Id, RunId = Guid.Empty })]);
    }

    private Task<Page<RepositoryRow>> SearchAsync(RepositorySearch search) => queries.SearchAsync(team, search, search.Page, CancellationToken.None);

    private async Task<IEnumerable<string>> PathsAsync(RepositorySearch search) => (await SearchAsync(search)).Items.Select(r => r.FullPath);
}
