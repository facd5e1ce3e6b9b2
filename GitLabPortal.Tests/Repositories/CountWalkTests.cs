using GitLabPortal.GitLab;
using GitLabPortal.Repositories;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>Which totals are asked for, and what follows from them, against a list of ids that counts as GitLab does.</summary>
public sealed class CountWalkTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5_000, 1)]
    [InlineData(5_001, 2)]
    [InlineData(100_000, 20)]
    [InlineData(250_000, 50)]
    public async Task Nothing_gone_costs_one_request_for_each_5000(int known, int requests)
    {
        var server = new Server(Ids(known, seed: 1));

        var walk = await server.WalkAsync();

        (server.Verdict, walk.Requests, walk.Gone.Count, server.Rows).ShouldBe((CountVerdict.Done, requests, 0, 0));
        server.LargestTotal.ShouldBeLessThanOrEqualTo(5_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Whatever_is_gone_is_found_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        var known = Ids(random.Next(2_000, 40_000), seed);
        var gone = known.OrderBy(_ => random.Next()).Take(random.Next(1, 30)).Order().ToArray();
        var server = new Server(known);
        server.Shown.ExceptWith(gone);

        var walk = await server.WalkAsync(extra: 1_000);

        walk.Gone.Order().ShouldBe(gone);
        // A part of 5,000 is halved six times before one page holds it.
        walk.Requests.ShouldBeLessThanOrEqualTo((known.Length / 5_000) + 1 + (gone.Length * 8));
    }

    [Fact]
    public async Task A_group_that_is_gone_as_a_whole_is_not_read_page_by_page()
    {
        var known = Ids(100_000, seed: 3);
        var server = new Server(known);
        server.Shown.ExceptWith(known[41_000..49_000]);

        var walk = await server.WalkAsync();

        walk.Gone.Order().ShouldBe(known[41_000..49_000]);
        walk.Requests.ShouldBeLessThan(50);
    }

    [Fact]
    public async Task What_the_token_got_between_known_ids_is_found_however_much_it_is()
    {
        var known = Ids(3_000, seed: 4);
        var fresh = Enumerable.Range(1, 730).Select(i => known[1_499] + i).ToArray();
        var server = new Server([.. known[..1_500], .. known[1_500..].Select(id => id + 10_000)]);
        server.Shown.UnionWith(fresh);

        var walk = await server.WalkAsync(extra: 100);

        walk.Gone.ShouldBeEmpty();
        server.Found.Order().ShouldBe(fresh);
    }

    [Fact]
    public async Task As_many_new_as_gone_in_one_part_cancel_out_and_are_left_to_a_complete_reading()
    {
        var known = Ids(4_000, seed: 5);
        var server = new Server(known);
        server.Shown.Remove(known[100]);
        server.Shown.Add(Enumerable.Range(1, int.MaxValue).Select(i => (long)i).First(i => !known.Contains(i)));

        (await server.WalkAsync()).Gone.ShouldBeEmpty();
        server.Verdict.ShouldBe(CountVerdict.Done);

        // As soon as the reading of changes knows the new one, the gone one shows.
        var again = new Server([.. known.Concat(server.Shown).Distinct().Order()]);
        again.Shown.Remove(known[100]);
        (await again.WalkAsync()).Gone.ShouldBe([known[100]]);
    }

    [Fact]
    public async Task Much_that_is_gone_is_left_to_a_complete_reading_without_looking_closer()
    {
        var known = Ids(30_000, seed: 6);
        var server = new Server(known);
        server.Shown.ExceptWith(known.Where((_, i) => i % 3 == 0));

        var walk = await server.WalkAsync(isTooMuch: gone => gone > 6_000);

        (server.Verdict, walk.Requests, walk.Gone.Count).ShouldBe((CountVerdict.TooMuch, 6, 0));
    }

    [Fact]
    public async Task Little_in_very_many_places_is_left_to_a_complete_reading_once_looking_closer_costs_as_much()
    {
        var known = Ids(30_000, seed: 7);
        var server = new Server(known);
        server.Shown.ExceptWith(known.Where((_, i) => i % 60 == 0));

        var walk = await server.WalkAsync(extra: 150);

        server.Verdict.ShouldBe(CountVerdict.TooMuch);
        walk.Requests.ShouldBeLessThanOrEqualTo(6 + 151);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(30_000)]
    public async Task Without_totals_two_requests_are_made_and_nothing_follows(int known)
    {
        var server = new Server(Ids(known, seed: 8)) { HidesTotals = true };
        server.Shown.Remove(server.Shown.Min);

        var walk = await server.WalkAsync();

        (server.Verdict, walk.Requests, walk.Gone.Count).ShouldBe((CountVerdict.NoTotals, 2, 0));
    }

    [Fact]
    public async Task More_than_GitLab_counts_to_where_little_is_known_is_read_as_a_whole()
    {
        var server = new Server(Ids(1_000, seed: 9, gap: 40));
        server.Shown.UnionWith(Enumerable.Range(1, (int)server.Shown.Max).Select(i => (long)i));

        await server.WalkAsync();

        (server.Verdict, server.Shown.Count > 10_000).ShouldBe((CountVerdict.TooMuch, true));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(250, false)]
    [InlineData(250, true)]
    public async Task A_token_that_had_lost_everything_is_noticed_to_see_again(int shown, bool hidesTotals)
    {
        var server = new Server([]) { Highest = 1_000, HidesTotals = hidesTotals };
        server.Shown.UnionWith(Ids(shown, seed: 13));

        var walk = await server.WalkAsync();

        (server.Found.Count, walk.Gone.Count).ShouldBe((hidesTotals ? 0 : shown, 0));
        server.Verdict.ShouldBe(hidesTotals ? CountVerdict.NoTotals : CountVerdict.Done);
    }

    [Fact]
    public async Task A_page_that_is_shorter_than_its_own_total_proves_nothing()
    {
        var known = Ids(90, seed: 10);
        var server = new Server(known) { CutsPages = true };
        server.Shown.Remove(known[5]);

        (await server.WalkAsync()).Gone.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_total_of_none_is_believed_only_when_a_list_says_the_same()
    {
        var server = new Server(Ids(400, seed: 11)) { CountsNothing = true };

        (await server.WalkAsync(isTooMuch: _ => false)).Gone.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_limit_that_is_nearly_used_up_ends_it_and_keeps_what_was_found()
    {
        var server = new Server(Ids(20_000, seed: 12)) { Budget = 22 };

        var walk = await server.WalkAsync();

        (server.Verdict, walk.Requests).ShouldBe((CountVerdict.Stopped, 3));
    }

    private static long[] Ids(int count, int seed, int gap = 4)
    {
        var random = new Random(seed);
        var ids = new long[count];
        var last = 0L;
        for (var i = 0; i < count; i++) ids[i] = last += 1 + random.Next(gap);
        return ids;
    }

    private sealed class Server(long[] known)
    {
        public SortedSet<long> Shown { get; } = [.. known];

        /// <summary>That anybody knows, if it is not the last one.</summary>
        public long? Highest { get; init; }

        public bool HidesTotals { get; init; }

        public bool CutsPages { get; init; }

        public bool CountsNothing { get; init; }

        /// <summary>Requests left when it is asked first.</summary>
        public int? Budget { get; init; }

        public List<long> Found { get; } = [];

        public int Rows { get; private set; }

        public int LargestTotal { get; private set; }

        public CountVerdict Verdict { get; private set; }

        private int Asked { get; set; }

        public async Task<CountWalk> WalkAsync(int extra = 500, Func<int, bool>? isTooMuch = null)
        {
            var walk = new CountWalk(known, Highest ?? known[^1], new CountQuestions(CountAsync, ReadAsync, IsEmptyAsync, FoundAsync), extra, isTooMuch ?? (gone => gone > known.Length / 5), TimeProvider.System);
            Verdict = await walk.RunAsync(CancellationToken.None);
            return walk;
        }

        private GitLabRateLimit? Limit() => Budget is { } budget ? new GitLabRateLimit(60, 0, budget - ++Asked, DateTimeOffset.UtcNow.AddMinutes(10)) : null;

        private List<long> Between(long after, long before) => after + 1 > before - 1 ? [] : [.. Shown.GetViewBetween(after + 1, before - 1)];

        private Task<ProjectCount> CountAsync(long after, long before, CancellationToken cancellationToken)
        {
            var total = CountsNothing ? 0 : Between(after, before).Count;
            LargestTotal = Math.Max(LargestTotal, total);
            var count = total > ProjectCount.Most || (HidesTotals && total > 0) ? new ProjectCount(1, IsLowerBound: true) : new ProjectCount(total, IsLowerBound: false);
            return Task.FromResult(count with { RateLimit = Limit() });
        }

        private Task<GitLabPage<GitLabProject>> ReadAsync(long after, long before, CancellationToken cancellationToken)
        {
            var all = Between(after, before);
            var page = all.Take(CutsPages ? 40 : 100).Select(id => new GitLabProject { Id = id, Name = $"{id}", PathWithNamespace = $"a/{id}" }).ToList();
            Rows += page.Count;
            return Task.FromResult(new GitLabPage<GitLabProject>(page, all.Count, HasMore: page.Count > 0) { RateLimit = Limit() });
        }

        private Task<bool> IsEmptyAsync(long after, long before, CancellationToken cancellationToken) => Task.FromResult(Between(after, before).Count == 0);

        private Task<bool> FoundAsync(IReadOnlyList<GitLabProject> rows, CancellationToken cancellationToken)
        {
            Found.AddRange(rows.Select(r => r.Id));
            return Task.FromResult(true);
        }
    }
}
