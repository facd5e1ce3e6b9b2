using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>The search index follows the catalogue, whoever writes it; and what it once held shows nobody what is not theirs.</summary>
public sealed class KeepingTheIndexTests : IAsyncLifetime
{
    private TestDb database = null!;
    private TeamAccess alpha = null!;
    private TeamAccess beta = null!;
    private Server server = null!;
    private Connection ours = null!;
    private Connection theirs = null!;
    private RepositoryQueries queries = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDb.CreateAsync();
        alpha = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        beta = await database.AddTeamAsync("beta", await database.AddAccountAsync("Bob"));
        server = await database.AddServerAsync();
        ours = await database.AddConnectionAsync(alpha, server);
        theirs = await database.AddConnectionAsync(beta, server);
        queries = new RepositoryQueries(database, ProjectQueries.Picked);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task Every_change_of_a_row_is_found_at_once()
    {
        var repository = await database.AddRepositoryAsync(1, "g/before", [ours]);

        await ChangeAsync(repository, r => (r.FullPath, r.Name, r.SearchText) = ("g/after", "after", SearchText.Of("g/after", "after", "words", ["topic"])));
        (await CountAsync(alpha, new() { Text = "after" })).ShouldBe(1);
        (await CountAsync(alpha, new() { Text = "words" })).ShouldBe(1);
        await ChangeAsync(repository, r => r.IsArchived = true);
        (await CountAsync(alpha, new() { Text = "after" })).ShouldBe(0);
        (await CountAsync(alpha, new() { Text = "after", Archived = ArchivedFilter.Only })).ShouldBe(1);
        await ChangeAsync(repository, r => (r.IsArchived, r.DeletionOn) = (false, new DateOnly(2026, 12, 1)));
        (await CountAsync(alpha, new() { Archived = ArchivedFilter.Only })).ShouldBe(1);
        await ChangeAsync(repository, r => (r.DeletionOn, r.IsFork, r.IsEmpty, r.Visibility) = (null, true, true, RepositoryVisibility.Public));
        (await CountAsync(alpha, new() { IsFork = true, IsEmpty = true, Visibility = RepositoryVisibility.Public })).ShouldBe(1);
    }

    [Fact]
    public async Task What_a_connection_no_longer_sees_is_found_through_the_other_one_alone()
    {
        var repository = await database.AddRepositoryAsync(1, "g/both", [ours, theirs]);

        await SetMissingAsync(repository, ours, TimeProvider.System.GetUtcNow());
        (await CountAsync(alpha, new() { Text = "both" })).ShouldBe(0);
        (await CountAsync(beta, new() { Text = "both" })).ShouldBe(1);
        await SetMissingAsync(repository, ours, null);
        (await CountAsync(alpha, new() { Text = "both" })).ShouldBe(1);
        await using (var db = database.CreateDbContext())
            await db.Set<RepositorySighting>().Where(s => s.ConnectionId == ours.Id).ExecuteDeleteAsync();
        (await CountAsync(alpha, new() { Text = "both" })).ShouldBe(0);
        (await CountAsync(beta, new() { Text = "both" })).ShouldBe(1);
    }

    [Fact]
    public async Task A_connection_that_takes_the_place_of_a_removed_one_inherits_nothing()
    {
        await database.AddRepositoryAsync(1, "g/secret", [theirs]);
        await using (var db = database.CreateDbContext()) await db.Set<Connection>().Where(c => c.Id == theirs.Id).ExecuteDeleteAsync();

        await database.AddConnectionAsync(alpha, server, "New");

        (await CountAsync(alpha, new() { Archived = ArchivedFilter.Any })).ShouldBe(0);
        (await CountAsync(alpha, new() { Text = "secret" })).ShouldBe(0);
    }

    [Fact]
    public async Task A_repository_that_is_forgotten_leaves_the_index()
    {
        var repository = await database.AddRepositoryAsync(1, "g/forgotten", [ours]);

        await using var db = database.CreateDbContext();
        await db.Set<Repository>().Where(r => r.Id == repository.Id).ExecuteDeleteAsync();

        (await CountAsync(alpha, new() { Text = "forgotten" })).ShouldBe(0);
    }

    [Theory]
    [InlineData("\u0006\ue000\ue002")]
    [InlineData("\ue000\ue002")]
    [InlineData("\u0007\ue000\ue002 OR secret")]
    [InlineData("\") OR (scope : \"\u0006\ue000\ue002\"")]
    public async Task No_text_reaches_what_another_team_sees(string text)
    {
        await database.AddRepositoryAsync(1, "g/secret", [theirs], name: "secret \ue000\ue002");

        (await CountAsync(alpha, new() { Text = text, Archived = ArchivedFilter.Any })).ShouldBe(0);
        (await CountAsync(alpha, new() { Topic = text, Archived = ArchivedFilter.Any })).ShouldBe(0);
        (await CountAsync(alpha, new() { Namespace = text, Archived = ArchivedFilter.Any })).ShouldBe(0);
    }

    [Fact]
    public async Task An_old_path_still_finds_the_project_for_those_who_saw_it_there()
    {
        var repository = await database.AddRepositoryAsync(1, "old/path/thing", [ours]);
        await ChangeAsync(repository, r => Move(r, "new/home/thing"));
        await database.SaveAsync(new RepositorySighting { ConnectionId = theirs.Id, RepositoryId = repository.Id, RunId = Guid.Empty });

        foreach (var text in new[] { "old/path/thing", "OLD/path/thing/", "old/path" })
        {
            var row = (await SearchAsync(alpha, new() { Text = text })).Items.ShouldHaveSingleItem();
            (row.FullPath, row.FormerPath).ShouldBe(("new/home/thing", "old/path/thing"), text);
        }

        (await CountAsync(alpha, new() { Text = "old/pat" })).ShouldBe(0);
        (await CountAsync(alpha, new() { Text = "old/path/thing", IsFork = true })).ShouldBe(0);
        (await CountAsync(beta, new() { Text = "old/path/thing" })).ShouldBe(0);
        (await SearchAsync(beta, new() { Text = "new/home" })).Items.ShouldHaveSingleItem().FormerPath.ShouldBeNull();
    }

    [Fact]
    public async Task Whoever_has_a_path_now_comes_before_who_had_it()
    {
        var moved = await database.AddRepositoryAsync(1, "g/thing", [ours]);
        await ChangeAsync(moved, r => Move(r, "h/else"));
        await database.AddRepositoryAsync(2, "g/thing", [ours]);
        await database.AddRepositoryAsync(3, "g/thing-two", [ours]);

        (await SearchAsync(alpha, new() { Text = "g/thing" })).Items.Select(r => r.FullPath).ShouldBe(["g/thing", "h/else", "g/thing-two"]);
        var page = await SearchAsync(alpha, new() { Text = "g/thing", Sort = RepositorySort.Name });
        (page.Total, page.Items.Count).ShouldBe((3, 3));
    }

    [Fact]
    public async Task Counts_and_rows_agree_with_a_look_at_every_row()
    {
        var random = new Random(7);
        string[] words = ["core", "api", "pay", "web", "über", "a"];
        for (var i = 1; i <= 60; i++)
        {
            var path = $"{words[random.Next(6)]}/{words[random.Next(6)]}-{i}";
            Connection[] seen = random.Next(3) switch { 0 => [ours], 1 => [theirs], _ => [ours, theirs] };
            await database.AddRepositoryAsync(i, path, seen, description: words[random.Next(6)], topics: [words[random.Next(6)]], change: r => r.IsArchived = random.Next(4) == 0);
        }

        await using var db = database.CreateDbContext();
        foreach (var text in new[] { "core", "api", "pay", "über", "core api", "/web-", "ore", "-1" }.Where(t => t.Length > 2))
        {
            foreach (var (team, connection) in new[] { (alpha, ours), (beta, theirs) })
            {
                var rows = await (await Sight.OfAsync(db, team, CancellationToken.None)).Through(c => c.Id == connection.Id).Visible(db).Where(r => !r.IsArchived).ToListAsync();
                var expected = rows.Where(r => text.Split(' ').All(t => r.SearchText.Contains(SearchText.Fold(t), StringComparison.Ordinal))).Select(r => r.Id);

                var page = await SearchAsync(team, new() { Text = text }, 100);

                page.Items.Select(r => r.Id).Order().ShouldBe(expected.Order(), text);
                page.Total.ShouldBe(page.Items.Count);
            }
        }
    }

    [Fact]
    public async Task The_choices_of_the_filters_follow_every_change()
    {
        var one = await database.AddRepositoryAsync(1, "a/b/one", [ours, theirs], topics: ["x"]);
        var two = await database.AddRepositoryAsync(2, "a/two", [ours], topics: ["x", "y"]);
        var three = await database.AddRepositoryAsync(3, "c/three", [ours], topics: ["z"]);
        await AgreeAsync();

        await ChangeAsync(one, r => Move(r, "d/one"));
        await ChangeAsync(two, r => r.Topics = "");
        await AgreeAsync();
        await SetMissingAsync(three, ours, TimeProvider.System.GetUtcNow());
        (await queries.FacetsAsync(alpha, CancellationToken.None)).Topics.ShouldBe(["x"]);
        await SetMissingAsync(three, ours, TimeProvider.System.GetUtcNow().AddDays(1));
        await AgreeAsync();
        await SetMissingAsync(three, ours, null);
        await AgreeAsync();
        await using (var db = database.CreateDbContext())
        {
            await db.Set<Repository>().Where(r => r.Id == two.Id).ExecuteDeleteAsync();
            await db.Set<RepositorySighting>().Where(s => s.RepositoryId == one.Id && s.ConnectionId == ours.Id).ExecuteDeleteAsync();
        }

        await AgreeAsync();
        (await queries.FacetsAsync(alpha, CancellationToken.None)).Namespaces.ShouldBe(["c"]);
        (await queries.FacetsAsync(beta, CancellationToken.None)).Namespaces.ShouldBe(["d"]);

        async Task AgreeAsync()
        {
            await using var db = database.CreateDbContext();
            var seen = await db.Set<RepositorySighting>().Where(s => s.MissingSince == null).Select(s => new { s.ConnectionId, s.Repository!.NamespacePath, s.Repository.Topics }).ToListAsync();
            var expected = seen.Select(s => (s.ConnectionId, CatalogueGroupKind.Namespace, Value: s.NamespacePath))
                .Concat(seen.Where(s => s.Topics != "").Select(s => (s.ConnectionId, CatalogueGroupKind.Topics, Value: s.Topics)))
                .GroupBy(g => g).Select(g => $"{g.Key} {g.Count()}").Order(StringComparer.Ordinal);
            var groups = await db.Set<CatalogueGroup>().Where(g => g.Count != 0).ToListAsync();
            groups.Select(g => $"{(g.ConnectionId, g.Kind, g.Value)} {g.Count}").Order(StringComparer.Ordinal).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Pieces_of_the_index_are_put_together_without_losing_a_word()
    {
        await using (var db = database.CreateDbContext()) await db.Database.ExecuteSqlRawAsync("INSERT INTO RepositoryIndex (RepositoryIndex, rank) VALUES ('automerge', 0)");
        for (var i = 1; i <= 12; i++) await database.AddRepositoryAsync(i, $"g/piece-{i}", [ours]);
        using var care = new IndexCare(database, new SyncFeed(), TimeProvider.System, NullLogger<IndexCare>.Instance);

        (await care.RunAsync(CancellationToken.None)).ShouldBeGreaterThan(6);

        (await care.RunAsync(CancellationToken.None)).ShouldBeLessThan(3);
        (await CountAsync(alpha, new() { Text = "piece" })).ShouldBe(12);
        await database.AddRepositoryAsync(13, "g/piece-13", [ours]);
        (await CountAsync(alpha, new() { Text = "piece" })).ShouldBe(13);
    }

    [Fact]
    public async Task A_batch_that_is_not_committed_leaves_neither_rows_nor_entries()
    {
        var run = new SyncRun { ConnectionId = ours.Id, State = SyncState.Completed, StartedAt = DateTimeOffset.UnixEpoch };
        Repository[] rows = [New(1, "g/one"), New(2, "g/two")];
        await using (var db = database.CreateDbContext())
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            CatalogueWriter.Write(db, run, server.Id, rows, DateTimeOffset.UnixEpoch);
            await transaction.RollbackAsync();
        }

        (await CountAsync(alpha, new())).ShouldBe(0);
        await using (var db = database.CreateDbContext())
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            CatalogueWriter.Write(db, run, server.Id, rows, DateTimeOffset.UnixEpoch);
            CatalogueWriter.Write(db, run, server.Id, [New(2, "h/zwei"), New(3, "g/three")], DateTimeOffset.UnixEpoch);
            await transaction.CommitAsync();
        }

        (await CountAsync(alpha, new() { Text = "two" })).ShouldBe(0);
        (await CountAsync(alpha, new() { Text = "zwei" })).ShouldBe(1);
        (await queries.FacetsAsync(alpha, CancellationToken.None)).Namespaces.ShouldBe(["g", "h"]);
        await database.AddRepositoryAsync(4, "g/four", [ours]);
        (await CountAsync(alpha, new() { Text = "four" })).ShouldBe(1);

        Repository New(long id, string path) => CatalogueMapping.New(
            new GitLabPortal.GitLab.GitLabProject { Id = id, Name = path[2..], PathWithNamespace = path }, server.Id, DateTimeOffset.UnixEpoch);
    }

    private static void Move(Repository r, string path) =>
        (r.FullPath, r.NamespacePath, r.SearchText) = (path, path[..path.LastIndexOf('/')], SearchText.Of(path, r.Name, r.Description, []));

    private async Task ChangeAsync(Repository repository, Action<Repository> change)
    {
        await using var db = database.CreateDbContext();
        change(await db.Set<Repository>().SingleAsync(r => r.Id == repository.Id));
        await db.SaveChangesAsync();
    }

    private async Task SetMissingAsync(Repository repository, Connection connection, DateTimeOffset? at)
    {
        await using var db = database.CreateDbContext();
        await db.Set<RepositorySighting>().Where(s => s.ConnectionId == connection.Id && s.RepositoryId == repository.Id)
            .ExecuteUpdateAsync(s => s.SetProperty(x => x.MissingSince, at));
    }

    private Task<Page<RepositoryRow>> SearchAsync(TeamAccess team, RepositorySearch search, int take = 50) =>
        queries.SearchAsync(team, search, new PageRequest(0, take), CancellationToken.None);

    private async Task<int> CountAsync(TeamAccess team, RepositorySearch search)
    {
        var page = await SearchAsync(team, search);
        page.Items.Count.ShouldBe(page.Total);
        return page.Total;
    }
}
