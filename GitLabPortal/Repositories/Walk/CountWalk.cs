using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

internal enum CountVerdict
{
    /// <summary>Every part was compared.</summary>
    Done,

    /// <summary>GitLab, or something in front of it, gives no totals.</summary>
    NoTotals,

    /// <summary>So much differs that everything should be read.</summary>
    TooMuch,

    /// <summary>GitLab's limit is used up but for what others need, or the run is over.</summary>
    Stopped,
}

/// <summary>What a count walk asks for. Bounds are ids that do not belong to the part; each answer comes by one request.</summary>
/// <param name="Count">How many GitLab shows between two ids.</param>
/// <param name="Read">The first 100 of them, with their total.</param>
/// <param name="IsEmpty">The same question put otherwise: whether a list of them has no row.</param>
/// <param name="Found">Shown, but not known. False ends the walk.</param>
internal sealed record CountQuestions(
    Func<long, long, CancellationToken, Task<ProjectCount>> Count,
    Func<long, long, CancellationToken, Task<GitLabPage<GitLabProject>>> Read,
    Func<long, long, CancellationToken, Task<bool>> IsEmpty,
    Func<IReadOnlyList<GitLabProject>, CancellationToken, Task<bool>> Found);

/// <summary>
/// Finds what is gone by comparing GitLab's totals with what is known, part by part of the ids, because GitLab does not count beyond
/// 10,000. Only parts that differ are halved, until one page holds them, and read. What counts as gone was missing in two answers: a
/// total, and a list that is as long as its own total. Blind for one thing: as many new to the token as gone in the same part, unless the
/// reading of changes made the new ones known. One request at a time.
/// </summary>
/// <param name="known">GitLab's ids of all that should be shown, ascending.</param>
/// <param name="highest">The highest id that anybody knows of the server: what is made meanwhile lies behind it.</param>
/// <param name="mostExtra">How many requests looking closer may take, besides one for each part.</param>
/// <param name="isTooMuch">Whether so many missing are more than may be believed without asking.</param>
internal sealed class CountWalk(long[] known, long highest, CountQuestions ask, int mostExtra, Func<int, bool> isTooMuch, TimeProvider time)
{
    /// <summary>Half of what GitLab counts to: what is new to the token fits in, too.</summary>
    private const int PartSize = ProjectCount.Most / 2;

    private const int PageSize = 100;

    private readonly List<long> gone = [];
    private readonly Stack<(Part Part, int Total)> open = new();
    private int extra;
    private bool isUsedUp;

    /// <summary>Ids between two others, and where the known ones among them stand.</summary>
    private readonly record struct Part(long After, long Before, int From, int To)
    {
        public int Known => To - From;
    }

    /// <summary>Known, and not shown any more.</summary>
    public IReadOnlyList<long> Gone => gone;

    public int Requests { get; private set; }

    /// <summary>By how much totals and knowledge differ, part by part.</summary>
    public int Difference { get; private set; }

    public async Task<CountVerdict> RunAsync(CancellationToken cancellationToken)
    {
        var missing = 0;
        foreach (var part in Parts())
        {
            if (await CountAsync(part.After, part.Before, cancellationToken) is not { } total)
            {
                if (part.Known == 0) return CountVerdict.NoTotals;
                // One id cannot be more than GitLab counts to.
                var single = known[part.From];
                return await CountAsync(single - 1, single + 1, cancellationToken) is > 0 ? CountVerdict.TooMuch : CountVerdict.NoTotals;
            }

            Difference += Math.Abs(part.Known - total);
            missing += Math.Max(0, part.Known - total);
            if (total != part.Known) open.Push((part, total));
            if (isUsedUp) return CountVerdict.Stopped;
        }

        if (isTooMuch(missing)) return CountVerdict.TooMuch;
        while (open.TryPop(out var next))
        {
            if (extra >= mostExtra || isTooMuch(gone.Count)) return CountVerdict.TooMuch;
            if (await LookCloserAsync(next.Part, next.Total, cancellationToken) is { } verdict) return verdict;
            if (isUsedUp) return CountVerdict.Stopped;
        }

        return isTooMuch(gone.Count) ? CountVerdict.TooMuch : CountVerdict.Done;
    }

    private IEnumerable<Part> Parts()
    {
        var count = (known.Length + PartSize - 1) / PartSize;
        var after = 0L;
        // All of it lost, and maybe given back.
        if (count == 0 && highest > 0) yield return new Part(after, highest + 1, 0, 0);
        for (var i = 0; i < count; i++)
        {
            var (from, to) = ((int)((long)known.Length * i / count), (int)((long)known.Length * (i + 1) / count));
            var last = to == known.Length ? Math.Max(highest, known[to - 1]) : known[to - 1];
            yield return new Part(after, last + 1, from, to);
            after = last;
        }
    }

    private async Task<CountVerdict?> LookCloserAsync(Part part, int total, CancellationToken cancellationToken)
    {
        extra++;
        if (total == 0)
        {
            Requests++;
            if (await ask.IsEmpty(part.After, part.Before, cancellationToken)) gone.AddRange(known.AsSpan(part.From..part.To));
            return null;
        }

        if (Math.Max(part.Known, total) <= PageSize || part.Known < 2) return await ReadAsync(part, cancellationToken);

        var middle = part.From + (part.Known / 2);
        var (left, right) = (part with { Before = known[middle], To = middle }, part with { After = known[middle] - 1, From = middle });
        if (await CountAsync(left.After, left.Before, cancellationToken) is not { } leftTotal) return CountVerdict.TooMuch;
        // What changed meanwhile may spoil the difference: then the list that is read shows it, or the next count.
        var rightTotal = Math.Max(0, total - leftTotal);
        if (leftTotal != left.Known) open.Push((left, leftTotal));
        if (rightTotal != right.Known) open.Push((right, rightTotal));
        return null;
    }

    private async Task<CountVerdict?> ReadAsync(Part part, CancellationToken cancellationToken)
    {
        var (after, next) = (part.After, part.From);
        while (true)
        {
            Requests++;
            var page = await ask.Read(after, part.Before, cancellationToken);
            Note(page.RateLimit);
            // Half a list, or none that can be proved whole: nothing is gone by it.
            if (page.Total is not { } total || page.Items.Count < Math.Min(total, PageSize)) return null;

            var listed = page.Items.ToDictionary(p => p.Id);
            var isLast = total <= page.Items.Count;
            var end = isLast ? part.Before - 1 : listed.Keys.Max();
            for (; next < part.To && known[next] <= end; next++)
            {
                if (!listed.Remove(known[next])) gone.Add(known[next]);
            }

            if (listed.Count > 0 && !await ask.Found([.. listed.Values], cancellationToken)) return CountVerdict.Stopped;
            if (isLast) return null;
            if (isUsedUp) return CountVerdict.Stopped;
            if (++extra > mostExtra) return CountVerdict.TooMuch;
            after = end;
        }
    }

    /// <returns>Null when GitLab gives no total.</returns>
    private async Task<int?> CountAsync(long after, long before, CancellationToken cancellationToken)
    {
        Requests++;
        var count = await ask.Count(after, before, cancellationToken);
        Note(count.RateLimit);
        return count.IsLowerBound ? null : count.Count;
    }

    private void Note(GitLabRateLimit? limit) => isUsedUp |= limit is { } budget && budget.Remaining < RequestPace.Reserve && budget.ResetsAt > time.GetUtcNow();
}
