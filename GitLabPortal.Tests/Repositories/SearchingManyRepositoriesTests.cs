using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Benchmarks;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>Enough rows that the ways of reading differ: from either end, by the sort's index or a set, row by row or rank by rank.</summary>
public sealed class SearchingManyRepositoriesTests
{
    private const int Rows = 20_000;

    [Fact]
    public async Task Pages_and_ranks_are_those_of_a_plain_scan()
    {
        await using var catalogue = await LargeCatalogue.CreateAsync(Rows, TestContext.Current.CancellationToken);
        await using (var db = catalogue.Database.CreateDbContext())
        {
            await db.Database.ExecuteSqlRawAsync("UPDATE Repositories SET LastActivityAt = NULL WHERE Id % 17 = 0", TestContext.Current.CancellationToken);
        }

        var queries = new RepositoryQueries(catalogue.Database, ProjectQueries.Picked);
        foreach (var team in (TeamAccess[])[catalogue.Team, catalogue.SmallTeam])
        {
            var rows = await RowsAsync(catalogue, team);
            await SortedAsync(queries, team, rows);
            await RankedAsync(queries, team, rows);
        }
    }

    private static async Task SortedAsync(RepositoryQueries queries, TeamAccess team, List<Repository> rows)
    {
        var all =
            from sort in (RepositorySort[])[RepositorySort.Name, RepositorySort.Activity, RepositorySort.Stars]
            from isDescending in (bool[])[false, true]
            from search in (RepositorySearch[])[new(), new() { Archived = ArchivedFilter.Any }, new() { IsEmpty = true }, new() { Text = "ser" }]
            select (sort, isDescending, search);
        foreach (var (sort, isDescending, search) in all)
        {
            var asked = search with { Sort = sort, Descending = isDescending };
            var seen = rows.Where(r => search.Archived == ArchivedFilter.Any || !r.IsArchived)
                .Where(r => search.IsEmpty is null || r.IsEmpty == search.IsEmpty)
                .Where(r => r.SearchText.Contains(search.Text, StringComparison.Ordinal));
            // Unknown dates come last in both directions.
            var expected = (sort, isDescending) switch
            {
                (RepositorySort.Name, false) => seen.OrderBy(Name, StringComparer.Ordinal).ThenBy(r => r.Id),
                (RepositorySort.Name, true) => seen.OrderByDescending(Name, StringComparer.Ordinal).ThenByDescending(r => r.Id),
                (RepositorySort.Stars, false) => seen.OrderBy(r => r.Stars).ThenBy(r => r.Id),
                (RepositorySort.Stars, true) => seen.OrderByDescending(r => r.Stars).ThenByDescending(r => r.Id),
                (_, false) => seen.OrderBy(r => r.LastActivityAt is null).ThenBy(r => r.LastActivityAt).ThenBy(r => r.Id),
                _ => seen.OrderBy(r => r.LastActivityAt is null).ThenByDescending(r => r.LastActivityAt).ThenByDescending(r => r.Id),
            };
            var ids = expected.Select(r => r.Id).ToList();
            ids.Count.ShouldBeGreaterThan(10);
            foreach (var share in (double[])[0, 0.1, 0.45, 0.5, 0.55, 0.9, 1])
            {
                var skip = (int)(ids.Count * share);
                var page = await queries.SearchAsync(team, asked, new PageRequest(skip, 37), TestContext.Current.CancellationToken);
                page.Total.ShouldBe(ids.Count);
                page.Items.Select(r => r.Id).ShouldBe(ids.Skip(skip).Take(37), $"{asked.ToQueryString()} from {skip}");
            }

            var last = await queries.SearchAsync(team, asked, new PageRequest(ids.Count - 5, 37), TestContext.Current.CancellationToken);
            last.Items.Select(r => r.Id).ShouldBe(ids.TakeLast(5));
        }
    }

    private static async Task RankedAsync(RepositoryQueries queries, TeamAccess team, List<Repository> rows)
    {
        var sample = rows[rows.Count / 3];
        string[] parts = sample.FullPath.Split('/');
        var words = rows.SelectMany(r => r.Name.Split([' ', '-'])).Where(w => w.Length > 6 && w.All(char.IsAsciiLetter)).GroupBy(w => w, StringComparer.Ordinal)
            .OrderByDescending(g => g.Count()).Select(g => g.Key).Take(6).ToList();
        List<string> texts = [.. words, .. words.Select(w => w[..^2]), .. words.Select(w => w[1..]), $"{words[0]} {words[1]}", $"{parts[1]} {words[0]}", sample.FullPath, sample.Name, string.Join('/', parts[..3]), parts[0]];
        var manyHits = 0;
        foreach (var text in texts)
        {
            var search = new RepositorySearch { Text = text };
            var terms = search.Terms();
            var ranks = IndexExpression.Ranks(terms);
            var expected = rows.Where(r => !r.IsArchived && terms.All(t => r.SearchText.Contains(t, StringComparison.Ordinal)))
                .OrderBy(r => ranks.TakeWhile(k => !k.Texts.Any(t => Title(r).Contains(t, StringComparison.Ordinal))).Count())
                .ThenByDescending(r => r.LastActivityAt).ThenByDescending(r => r.Id)
                .Select(r => r.Id).ToList();
            if (expected.Count > 600) manyHits++;
            foreach (var skip in (int[])[0, 40, expected.Count / 2, expected.Count])
            {
                var page = await queries.SearchAsync(team, search, new PageRequest(skip, 60), TestContext.Current.CancellationToken);
                page.Total.ShouldBe(expected.Count);
                page.Items.Select(r => r.Id).ShouldBe(expected.Skip(skip).Take(60), $"{text} from {skip}");
            }
        }

        // Otherwise only one of the two ways was tried.
        if (rows.Count == Rows) manyHits.ShouldBeGreaterThan(3);
    }

    private static string Name(Repository row) => row.Name.ToLowerInvariant();

    private static string Title(Repository row) => row.SearchText[..(row.SearchText.IndexOf('\u0003', StringComparison.Ordinal) + 1)];

    private static async Task<List<Repository>> RowsAsync(LargeCatalogue catalogue, TeamAccess team)
    {
        await using var db = catalogue.Database.CreateDbContext();
        return await db.Set<RepositorySighting>().AsNoTracking().Where(s => s.Connection!.TeamId == team.TeamId).Select(s => s.Repository!)
            .ToListAsync(TestContext.Current.CancellationToken);
    }
}
