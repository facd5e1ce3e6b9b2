using System.Diagnostics;
using System.Globalization;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// <c>bench search [rows …]</c>: the time in which the portal answers what somebody types, letter by letter, with the page's own query:
/// exact total, first 50 rows from the best match down. Beside it, in the same run, the search that one would write first.
/// </summary>
internal static class SearchBenchmark
{
    private const int Queries = 1_000;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var sizes = args.Length == 0 ? [100_000, 1_000_000] : args.Select(a => int.Parse(a, CultureInfo.InvariantCulture)).ToArray();
        foreach (var size in sizes) await RunAsync(size, cancellationToken);
        return 0;
    }

    private static async Task RunAsync(int size, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await using var catalogue = await LargeCatalogue.CreateAsync(size, cancellationToken);
        var file = new FileInfo(catalogue.Database.File);
        Say($"\n{size:N0} repositories: {file.Length / 1e6:N0} MB, written in {Stopwatch.GetElapsedTime(started).TotalSeconds:N0} s");

        started = Stopwatch.GetTimestamp();
        using var care = new IndexCare(catalogue.Database, new SyncFeed(), TimeProvider.System, NullLogger<IndexCare>.Instance);
        var pieces = await care.RunAsync(cancellationToken);
        Say($"{pieces} pieces of the index put together in {Stopwatch.GetElapsedTime(started).TotalSeconds:N0} s, as after a walk");

        var queries = new RepositoryQueries(catalogue.Database, ProjectQueries.Picked);
        var typed = LargeCatalogue.Typed(Queries, size).ToList();
        foreach (var text in typed.Take(20)) await SearchAsync(queries, catalogue.Team, new() { Text = text }, cancellationToken);

        await MeasureAsync("typed", typed.Select(t => new RepositorySearch { Text = t }), queries, catalogue.Team, cancellationToken);
        await MeasureAsync("  of these, one letter", typed.Where(t => t.Length == 1).Select(t => new RepositorySearch { Text = t }), queries, catalogue.Team, cancellationToken);
        await MeasureAsync("typed, team that sees a tenth", typed.Select(t => new RepositorySearch { Text = t }), queries, catalogue.SmallTeam, cancellationToken);
        await MeasureAsync("typed, sorted by name", typed.Where((_, i) => i % 5 == 0).Select(t => new RepositorySearch { Text = t, Sort = RepositorySort.Name }), queries, catalogue.Team, cancellationToken);
        await MeasureAsync("no text, each sort and filter", Enumerable.Range(0, 10).SelectMany(_ => Filters()), queries, catalogue.Team, cancellationToken);
        await MeasureFacetsAsync(queries, catalogue.Team, cancellationToken);
        await MeasureCancellingAsync(queries, catalogue.Team, cancellationToken);
        await MeasureNaiveAsync(typed.Where((_, i) => i % (size > 200_000 ? 40 : 10) == 0), catalogue, cancellationToken);
    }

    private static IEnumerable<RepositorySearch> Filters() =>
    [
        new(), new() { Sort = RepositorySort.Name }, new() { Sort = RepositorySort.Stars, Descending = true }, new() { PageNumber = 200 },
        new() { Namespace = "platform" }, new() { Topic = "golang" }, new() { Visibility = RepositoryVisibility.Public }, new() { IsEmpty = true, IsFork = false },
        new() { Archived = ArchivedFilter.Only }, new() { Archived = ArchivedFilter.Any, Sort = RepositorySort.Activity },
    ];

    private static async Task MeasureAsync(
        string what, IEnumerable<RepositorySearch> searches, RepositoryQueries queries, TeamAccess team, CancellationToken cancellationToken)
    {
        var (latencies, work) = (new Latencies(), new Latencies());
        var (slowest, worst) = (TimeSpan.Zero, "");
        foreach (var search in searches)
        {
            var (started, worked) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            await SearchAsync(queries, team, search, cancellationToken);
            var elapsed = Stopwatch.GetElapsedTime(started);
            latencies.Add(elapsed);
            work.Add(Environment.CpuUsage.TotalTime - worked);
            if (elapsed > slowest) (slowest, worst) = (elapsed, search.ToQueryString());
        }

        Say($"{what,-32} {latencies}  slowest: {worst}");
        Say($"{"  processor time",-32} {work}");
    }

    private static async Task MeasureFacetsAsync(RepositoryQueries queries, TeamAccess team, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        for (var i = 0; i < 5; i++) await latencies.MeasureAsync(() => queries.FacetsAsync(team, cancellationToken));
        Say($"{"choices of the filters",-32} {latencies}");
    }

    /// <summary>Somebody types on: how long the search that nobody waits for any more keeps its thread.</summary>
    private static async Task MeasureCancellingAsync(RepositoryQueries queries, TeamAccess team, CancellationToken cancellationToken)
    {
        var (latencies, stopped) = (new Latencies(), 0);
        for (var i = 0; i < 50; i++)
        {
            using var typing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            // The last page of everything, by name: among the slowest there are.
            var reading = SearchAsync(queries, team, new() { Sort = RepositorySort.Name, PageNumber = 1_900 }, typing.Token);
            await Task.WhenAny(reading, Task.Delay(2, cancellationToken));
            if (!reading.IsCompleted) stopped++;
            var started = Stopwatch.GetTimestamp();
            await typing.CancelAsync();
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            latencies.Add(Stopwatch.GetElapsedTime(started));
        }

        Say($"{"from cancelling to stopped",-32} {latencies}  {stopped} of them were under way");
    }

    private static async Task MeasureNaiveAsync(IEnumerable<string> typed, LargeCatalogue catalogue, CancellationToken cancellationToken)
    {
        var latencies = new Latencies();
        await using var db = catalogue.Database.CreateDbContext();
        foreach (var text in typed)
        {
            await latencies.MeasureAsync(async () =>
            {
                var matches = db.Set<Repository>().AsNoTracking().Where(r => db.Set<RepositorySighting>()
                    .Any(s => s.Connection!.TeamId == catalogue.Team.TeamId && s.RepositoryId == r.Id && s.MissingSince == null)
                    && !r.IsArchived && r.DeletionOn == null);
                foreach (var term in new RepositorySearch { Text = text }.Terms()) matches = matches.Where(r => EF.Functions.Like(r.SearchText, $"%{term}%"));
                var total = await matches.CountAsync(cancellationToken);
                return (total, await matches.OrderBy(r => r.FullPath).ThenBy(r => r.Id).Take(RepositorySearch.PageSize).ToListAsync(cancellationToken));
            });
        }

        Say($"{"for comparison: LIKE, by path",-32} {latencies}");
    }

    private static Task<Page<RepositoryRow>> SearchAsync(RepositoryQueries queries, TeamAccess team, RepositorySearch search, CancellationToken cancellationToken) =>
        queries.SearchAsync(team, search, search.Page, cancellationToken);

    private static void Say(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));
}
