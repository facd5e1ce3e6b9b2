using GitLabPortal.Data;
using GitLabPortal.Kernel;

namespace GitLabPortal.Repositories;

/// <summary>Finds one page of catalogue ids and the exact total, in the order that the person chose or from the best match down.</summary>
/// <param name="sight">What the person sees, through the connections that count.</param>
internal sealed class IndexSearch(
    Snapshot snapshot, RepositorySearch search, Sight sight, IReadOnlyCollection<long> picked, CancellationToken cancellationToken)
{
    /// <summary>Of more equally good matches, the newest come first instead of the liveliest: nobody reads that far, but everybody waits.</summary>
    private const int MostSorted = 2_000;

    /// <summary>So many numbers are kept in memory while one page is put together.</summary>
    private const int MostKept = 150_000;

    /// <summary>Up to here it is quicker to look at each row than to ask the index for one rank after another, which gets slower the more there is in all.</summary>
    private const int MostRankedByRow = 600;
    private const int MostRankedByRowAtMost = 20_000;
    private const int RowsPerRankedRow = 50;

    /// <summary>So many may be looked at instead of asking the index for a long text.</summary>
    private const int MostChecked = 1_000;

    /// <summary>A look at what a connection sees takes as long as so many at a set of numbers, once that is made.</summary>
    private const int LooksPerSet = 14;

    private readonly IndexReader index = new(snapshot, search, sight, picked);
    private readonly string visible = IndexExpression.Visible(sight.Useful.Select(c => c.Scope), search);
    private readonly IReadOnlyList<string> terms = Findable(search.Terms());

    private readonly Dictionary<long, string> formerPaths = [];

    /// <summary>The path that a repository had before, if it was found by that.</summary>
    public string? FormerPath(long id) => formerPaths.GetValueOrDefault(id);

    public (List<long> Ids, int Total) Run(int skip, int take)
    {
        var expression = terms.Count == 0 ? visible : IndexExpression.And([visible, .. terms.Select(IndexExpression.Holds)]);
        var isRanked = terms.Count > 0 && search.Sort == RepositorySort.Best;
        // One or two letters stand in too much of everything to keep it.
        var all = isRanked && terms.Any(t => t.Length > 2) ? index.All(expression, MostKept) : null;
        var found = all?.Count ?? index.Count(expression);
        var former = FindFormer(expression);
        var total = found + former.Count;
        if (total <= skip || take == 0) return ([], total);
        if (isRanked) return (Best(expression, new Found(all, found), former, skip, take), total);

        var ids = found > skip ? Sorted(expression, found, skip, take) : [];
        ids.AddRange(former.Skip(Math.Max(0, skip - found)).Take(take - ids.Count));
        return (ids, total);
    }

    private List<long> Sorted(string expression, int total, int skip, int take)
    {
        var (sort, descending) = search.Sort == RepositorySort.Best ? (RepositorySort.Activity, true) : (search.Sort, search.Descending);
        var isBrowsing = search == new RepositorySearch
        {
            ConnectionId = search.ConnectionId,
            Sort = search.Sort,
            Descending = search.Descending,
            PageNumber = search.PageNumber,
            Archived = search.Archived == ArchivedFilter.Any ? ArchivedFilter.Any : ArchivedFilter.Hide,
        };
        return isBrowsing && !sight.IsPersonal && index.Steps(total, skip, take) < Math.Max(MostSorted, total / LooksPerSet)
            ? index.Browse([.. sight.Useful.Select(c => c.Id)], total, sort, descending, skip, take)
            : index.Sorted(expression, total, sort, descending, skip, take);
    }

    /// <param name="All">The newest first; null when they are too many to keep.</param>
    private sealed record Found(List<long>? All, int Count)
    {
        private HashSet<long>? set;

        public IReadOnlySet<long>? Set => set ??= All?.ToHashSet();
    }

    private List<long> Best(string expression, Found found, IReadOnlyList<long> former, int skip, int take)
    {
        if (former.Count > 0 || found.Count > Math.Clamp(index.HighestId() / RowsPerRankedRow, MostRankedByRow, MostRankedByRowAtMost)) return RankByRank(expression, found, former, skip, take);
        return found.All is { } all
            ? index.Ranked(all, IndexExpression.Ranks(terms), skip, take)
            : index.Ranked(expression, IndexExpression.Ranks(terms), skip, take);
    }

    /// <summary>One rank after another until the page is full; ranks behind it are not even counted.</summary>
    private List<long> RankByRank(string expression, Found found, IReadOnlyList<long> former, int skip, int take)
    {
        var ids = new List<long>(take);
        var (before, better, seen, areWhole) = (0, new List<string>(), new HashSet<long>(), true);
        // A rank of the only word holds the word.
        var narrowed = terms.Count == 1 ? visible : expression;
        foreach (var rank in IndexExpression.Ranks(terms))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // What is found is known by now: the index need not work it out again for each rank.
            var these = found.Set is { } set
                ? NewestAmong(rank, set)
                : index.Newest(IndexExpression.And([narrowed, rank.Expression]), 0, MostSorted + 1);
            var isWhole = these.Count <= MostSorted;
            areWhole &= isWhole;
            these.RemoveAll(id => !seen.Add(id));
            if (isWhole) Take(these.Count, (from, length) => index.Liveliest(these, from, length));
            else if (Math.Max(0, skip - before) + take - ids.Count <= these.Count) Take(these.Count, (from, length) => these.GetRange(from, length));
            else TakeMany(IndexExpression.And([narrowed, IndexExpression.Except(rank.Expression, better)]));
            // A former path is as good as an exact one, but whoever has it now comes first.
            if (better.Count == 0) Take(former.Count, (from, length) => [.. former.Skip(from).Take(length)]);
            better.Add(rank.Expression);
            if (ids.Count == take) return ids;
        }

        var rest = IndexExpression.Except(expression, better);
        var left = found.Count + former.Count - before;
        if (areWhole && found.All is { } all)
        {
            var others = all.FindAll(id => !seen.Contains(id));
            Take(left, (from, length) => left <= MostSorted ? index.Liveliest(others, from, length) : others.GetRange(from, length));
            return ids;
        }

        Take(left, (from, length) => left <= MostSorted ? index.Sorted(rest, left, RepositorySort.Activity, descending: true, from, length) : index.Newest(rest, from, length));
        return ids;

        void TakeMany(string these) => Take(index.Count(these), (from, length) => index.Newest(these, from, length));

        void Take(int count, Func<int, int, List<long>> read)
        {
            var from = Math.Max(0, skip - before);
            var length = Math.Min(take - ids.Count, count - from);
            if (length > 0) ids.AddRange(read(from, length));
            before += count;
        }
    }

    /// <summary>The longer a text, the more lists the index goes through: its few rough matches are looked at instead, if they are few.</summary>
    private List<long> NewestAmong(Rank rank, IReadOnlySet<long> set)
    {
        if (rank.Rough is not { } rough || index.NewestAmong(rough, set, MostChecked + 1) is not { Count: <= MostChecked } some)
            return index.NewestAmong(rank.Expression, set, MostSorted + 1);
        return some.Count == 0 ? some : index.Holding(some, rank.Texts);
    }

    /// <summary>A sign or two that begin no word, as in "payments - api", do not stand in the way of the words around them.</summary>
    private static IReadOnlyList<string> Findable(IReadOnlyList<string> terms) =>
        terms.Where(t => WordStarts.Of(t, null).Length > 0 || t.EnumerateRunes().Count() > 2).ToList() is { Count: > 0 } findable ? findable : terms;

    /// <summary>Repositories that are not found as they are now, but had the typed path, or one below it, before.</summary>
    private List<long> FindFormer(string expression)
    {
        if (terms is not [{ Length: >= 3 } text]) return [];
        var path = search.Text.Trim('/');
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
        command.CommandText =
            """
            SELECT RepositoryId, FullPath FROM PastPaths
            WHERE ConnectionId IN (SELECT value FROM json_each($connections))
              AND (FullPath = $path OR (FullPath > $below AND FullPath < $behind))
            ORDER BY Until DESC LIMIT $most
            """;
        command.Parameters.AddWithValue("$connections", System.Text.Json.JsonSerializer.Serialize(sight.Useful.Select(c => c.Id.ToString().ToUpperInvariant())));
        command.Parameters.AddWithValue("$path", path);
        command.Parameters.AddWithValue("$below", path + "/");
        // The character behind the slash: everything between begins with the path and a slash.
        command.Parameters.AddWithValue("$behind", path + "0");
        command.Parameters.AddWithValue("$most", PastPath.MostAtOnce);
        using (var reader = command.ExecuteReader())
        {
            while (reader.Read()) formerPaths.TryAdd(reader.GetInt64(0), reader.GetString(1));
        }

        if (formerPaths.Count == 0) return [];
        // What the words find anyway is found as it is now.
        foreach (var present in index.Among(expression, formerPaths.Keys)) formerPaths.Remove(present);
        return index.Among(visible, formerPaths.Keys);
    }
}
