using System.Globalization;
using GitLabPortal.Kernel;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Repositories;

/// <summary>Loads the rows for <see cref="Search"/>; a newer search cancels the older one.</summary>
public sealed partial class RepositoryGrid
{
    private static readonly TimeSpan SlowAfter = TimeSpan.FromMilliseconds(250);

    private Page<RepositoryRow>? page;
    private int firstRow;

    // The search's page at first; then the one that was scrolled to, which the address names but which is no navigation.
    private int pageNumber = 1;

    // Tells grid.js what came of its scrolling from what was asked for elsewhere: only the latter may move the window.
    private int answered;
    private RepositorySearch? shown;
    private CancellationTokenSource? loading;
    private bool hasFailed;
    private bool isSlow;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Inject] private ILogger<RepositoryGrid> Logger { get; set; } = null!;

    /// <summary>Where the rows come from. Another team's rows need another grid: give it a key.</summary>
    [Parameter, EditorRequired] public Func<RepositorySearch, PageRequest, CancellationToken, Task<Page<RepositoryRow>>> Source { get; set; } = null!;

    [Parameter, EditorRequired] public RepositorySearch Search { get; set; } = new();

    [Parameter] public RepositoryFacets Facets { get; set; } = new([], [], []);

    [Parameter] public RepositorySelection Selection { get; set; } = new();

    [Parameter] public EventCallback OnSelection { get; set; }

    [Parameter] public EventCallback<RepositorySearch> OnSearch { get; set; }

    [Parameter] public EventCallback<RepositorySearch> OnTyping { get; set; }

    /// <summary>What stands in place of the rows when there is none at all.</summary>
    [Parameter] public RenderFragment? Empty { get; set; }

    private int PageCount => page is null ? 0 : Math.Max(1, (page.Total + RepositorySearch.PageSize - 1) / RepositorySearch.PageSize);

    private string CountText => page switch
    {
        null => hasFailed ? "" : "Loading repositories",
        { Total: 0 } => Search.IsNarrowed ? "No repository matches" : "",
        _ => RepositoryWords.Count(page.Total),
    };

    private string NoMatchText => Search.Text.Length > 0
        ? "No name, path, description or topic holds all of these words."
        : "No repository meets all of these filters.";

    /// <summary>Reads the present rows again without a sign of it: for changes that come from elsewhere.</summary>
    public Task RefreshAsync() => LoadAsync(quietly: true);

    protected override async Task OnParametersSetAsync()
    {
        if (Search == shown) return;
        shown = Search;
        pageNumber = Search.PageNumber;
        await LoadAsync(quietly: false);
    }

    private async Task LoadAsync(bool quietly)
    {
        if (loading is not null) await loading.CancelAsync();
        loading?.Dispose();
        var mine = loading = CancellationTokenSource.CreateLinkedTokenSource(Lifetime);
        var window = Window(pageNumber);
        try
        {
            var reading = Source(Search, window, mine.Token);
            if (!quietly) _ = ShowWhenSlowAsync(reading, mine);
            var read = await reading;
            if (mine.IsCancellationRequested) return;

            (page, firstRow, hasFailed, isSlow) = (read, window.Skip, false, false);
            // The list became shorter, or an old link names a page that is no more.
            if (read is { Items.Count: 0, Total: > 0 }) await OnTyping.InvokeAsync(Search with { PageNumber = PageCount });
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogLoadFailed(Logger, e);
            // Rows that are on the screen are better than none, if they are the ones that were scrolled to.
            if (!quietly || page is null || firstRow != window.Skip) hasFailed = true;
            isSlow = false;
        }

        StateHasChanged();
    }

    private async Task ShowWhenSlowAsync(Task reading, CancellationTokenSource mine)
    {
        if (await Task.WhenAny(reading, Task.Delay(SlowAfter, Clock)) == reading || mine.IsCancellationRequested) return;
        isSlow = true;
        StateHasChanged();
    }

    /// <summary>The page and the ones on both sides of it, so that scrolling on meets rows; nothing else is kept.</summary>
    private static PageRequest Window(int pageNumber) => new(Math.Max(0, pageNumber - 2) * RepositorySearch.PageSize, 3 * RepositorySearch.PageSize);

    /// <summary>
    /// Scrolled to another page: its number, and how often that was said, with a colon between. grid.js notes the page in the address;
    /// navigating would scroll back to the top.
    /// </summary>
    private async Task ScrollAsync(ChangeEventArgs e)
    {
        if (e.Value is not string text || text.Split(':') is not [var said, var times]) return;
        if (!int.TryParse(said, CultureInfo.InvariantCulture, out var number) || !int.TryParse(times, CultureInfo.InvariantCulture, out answered)) return;
        if (number >= 1 && number <= PageCount) await MoveAsync(number);
    }

    private async Task MoveAsync(int number)
    {
        if (number == pageNumber) return;
        pageNumber = number;
        await LoadAsync(quietly: true);
    }

    private Task ClearAsync() => OnSearch.InvokeAsync(new RepositorySearch { Sort = Search.Sort, Descending = Search.Descending, Archived = Search.Archived });

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) loading?.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "Loading repositories failed")]
    private static partial void LogLoadFailed(ILogger logger, Exception exception);
}
