namespace GitLabPortal.Repositories;

/// <summary>A part of the ids: from behind <see cref="Cursor"/> up to <see cref="To"/>, which belongs to the next part.</summary>
internal sealed class WalkRange(long from, long cursor, long? to)
{
    public long From { get; } = from;

    public long Cursor { get; set; } = cursor;

    public long? To { get; set; } = to;

    /// <summary>A page is on its way, or waits to be stored: only then may the next one be asked for.</summary>
    public bool IsBusy { get; set; }

    public bool IsDone { get; set; }

    /// <summary>Differs from what the journal says.</summary>
    public bool IsChanged { get; set; } = true;

    public int Rows { get; set; }
}

internal enum StepKind { First, Last, Next }

/// <summary>A page to ask for. The part moves on while the request is on its way; the rest of this does not.</summary>
internal sealed record WalkStep(StepKind Kind, WalkRange Range, long After, bool IsBounded);

/// <summary>What a page brought, once it is known which part of the ids it covers.</summary>
internal sealed record WalkedPage(WalkStep Step, IReadOnlyList<WalkedProject> Rows);

/// <summary>
/// Divides the ids among requests. A part is not bounded towards GitLab: its last page reaches into the next part, which proves without
/// another request that nothing was left out, and the rows beyond are dropped. When a request could be made and no part is free, the
/// part that has most left is split. Not thread-safe.
/// </summary>
internal sealed class WalkPlan
{
    public const int PageSize = 100;

    /// <summary>Less than this is not worth the half page that a split costs on average.</summary>
    private const double LeastPagesToSplit = 3;

    /// <summary>What all splits together may cost, as a share of the pages that there are.</summary>
    private const double MostWaste = 0.04;

    /// <summary>On average, and the share of a page that the look for the end of the list may cost.</summary>
    private const double WastePerSplit = 0.5;

    private readonly List<WalkRange> ranges;
    private readonly List<long> forgotten = [];
    private readonly bool isParallel;
    private bool isLastAsked;
    private long covered;
    private int rows;
    private int splits;

    /// <param name="journaled">Empty for a new walk.</param>
    /// <param name="highestId">As the journal knows it.</param>
    /// <param name="isParallel">Whether more than one request at once may be made at all.</param>
    public WalkPlan(IEnumerable<WalkRange> journaled, long? highestId, bool hasBegun, bool isParallel)
    {
        this.isParallel = isParallel;
        HighestId = highestId;
        ranges = [.. journaled];
        HasBegun = hasBegun;
        if (!hasBegun) ranges.Add(new WalkRange(0, 0, null));
    }

    public long? HighestId { get; private set; }

    /// <summary>The first page has come.</summary>
    public bool HasBegun { get; private set; }

    public bool IsDone => ranges.Count == 0;

    /// <summary>Parts that have still something to read.</summary>
    public IReadOnlyList<WalkRange> Ranges => ranges;

    /// <summary>Beginnings of parts whose end was reached since this was asked last.</summary>
    public IReadOnlyList<long> TakeFinished()
    {
        var taken = forgotten.ToArray();
        forgotten.Clear();
        return taken;
    }

    /// <summary>What to ask for next; null when nothing can be asked for until a page is stored.</summary>
    /// <param name="limit">How many requests may be made at once; twice as many parts let some be stored meanwhile.</param>
    public WalkStep? Next(int limit)
    {
        if (!HasBegun) return ranges[0].IsBusy ? null : Busy(StepKind.First, ranges[0]);
        if (isParallel && HighestId is null && !isLastAsked)
        {
            isLastAsked = true;
            return Step(StepKind.Last, ranges.Single(r => r.To is null));
        }

        // What is made during the walk comes behind everything else: that part is read when the others are done.
        var free = ranges.Where(r => !r.IsBusy && (r.To is not null || ranges.Count == 1)).MaxBy(PagesLeft);
        if (free is not null) return Busy(StepKind.Next, free);
        return isParallel && ranges.Count < 2 * limit && Split() is { } half ? Busy(StepKind.Next, half) : null;
    }

    /// <summary>The page of <see cref="StepKind.First"/> or <see cref="StepKind.Next"/>: which of its rows belong to the part.</summary>
    public WalkedPage Arrived(WalkStep step, IReadOnlyList<WalkedProject> page)
    {
        var range = step.Range;
        if (step.Kind == StepKind.First)
        {
            HasBegun = true;
            // A small server is read in a moment: where its list ends need not be known.
            if (page.Count < PageSize) HighestId = 0;
        }

        // It got its bound while the request was on its way: what is listed behind it speaks against this end.
        if (page.Count == 0 && range.To is not null && !step.IsBounded) return new WalkedPage(step, []);

        var own = range.To is { } to ? [.. page.Where(p => p.Id < to)] : page;
        var end = page.Count == 0 ? range.To - 1 ?? range.Cursor : own.Count < page.Count ? range.To!.Value - 1 : page.Max(p => p.Id);
        covered += end - range.Cursor;
        rows += own.Count;
        (range.Cursor, range.IsChanged) = (end, true);
        range.Rows += own.Count;
        if (page.Count == 0 || own.Count < page.Count || range.Cursor + 1 >= range.To) Finish(range);
        return new WalkedPage(step, own);
    }

    /// <summary>
    /// Where the list ends: the part without end is bounded there, and what is made from now on gets a part of its own. The rows of
    /// the page belong to nobody else, unless the walk is there already.
    /// </summary>
    public WalkedPage ArrivedLast(WalkStep step, IReadOnlyList<WalkedProject> page)
    {
        var open = step.Range;
        HighestId = page.Count == 0 ? open.Cursor : page.Max(p => p.Id);
        var lowest = page.Count == 0 ? 0 : page.Min(p => p.Id);
        // An end was reached before, but GitLab lists more: half a list, or what was made since. It is read on from there.
        if (open.IsDone && HighestId > open.Cursor) ranges.Add(new WalkRange(open.Cursor, open.Cursor, null));
        // A page of the open part that is on its way may reach as far.
        if (open.IsDone || lowest <= open.Cursor) return new WalkedPage(step, []);

        (open.To, open.IsChanged) = (lowest, true);
        ranges.Add(new WalkRange(HighestId.Value, HighestId.Value, null));
        covered += HighestId.Value - lowest + 1;
        rows += page.Count;
        return new WalkedPage(step, page);
    }

    /// <summary>A page did not come.</summary>
    public void Failed(WalkStep step)
    {
        if (step.Kind == StepKind.Last) isLastAsked = false;
        else step.Range.IsBusy = false;
    }

    /// <summary>The page is stored: the part's next one may be asked for.</summary>
    public static void Stored(WalkedPage page)
    {
        if (page.Step.Kind != StepKind.Last) page.Step.Range.IsBusy = false;
    }

    /// <summary>About how many rows are left, by how close ids lie together so far.</summary>
    public int? EstimateLeft() => HighestId is > 0 && covered > 0 ? (int)Math.Min(int.MaxValue / 2, ranges.Sum(r => PagesLeft(r) * PageSize)) : null;

    private WalkRange? Split()
    {
        var largest = ranges.Where(r => r.To is not null).MaxBy(PagesLeft);
        if (largest is null || (splits > 0 && (splits + 2) * WastePerSplit > MostWaste * AllPages)) return null;

        // Behind the page that is on its way.
        var from = largest.Cursor + (long)(PageSize / Density(largest));
        if (PagesLeft(largest) - 1 < LeastPagesToSplit || largest.To!.Value - from < 2 * PageSize) return null;

        var middle = from + ((largest.To.Value - from) / 2);
        var half = new WalkRange(middle - 1, middle - 1, largest.To);
        (largest.To, largest.IsChanged) = (middle, true);
        ranges.Add(half);
        splits++;
        return half;
    }

    /// <summary>Read and to come; after a pause, of what is left.</summary>
    private double AllPages => (rows / (double)PageSize) + ranges.Sum(PagesLeft);

    private double PagesLeft(WalkRange range) => range.To is { } to ? (to - 1 - range.Cursor) * Density(range) / PageSize : 0;

    /// <summary>Rows per id, in the part itself if it knows, otherwise on the whole.</summary>
    private double Density(WalkRange range) => Math.Clamp(
        range.Rows >= PageSize ? range.Rows / (double)(range.Cursor - range.From) : covered > 0 && rows > 0 ? rows / (double)covered : 1, 1e-9, 1);

    private void Finish(WalkRange range)
    {
        range.IsDone = true;
        ranges.Remove(range);
        forgotten.Add(range.From);
    }

    private static WalkStep Busy(StepKind kind, WalkRange range)
    {
        range.IsBusy = true;
        return Step(kind, range);
    }

    private static WalkStep Step(StepKind kind, WalkRange range) => new(kind, range, range.Cursor, range.To is not null);
}
