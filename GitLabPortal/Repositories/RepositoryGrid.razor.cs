using GitLabPortal.Kernel;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Repositories;

/// <summary>Loads the rows for <see cref="Search"/>; a newer search cancels the older one.</summary>
public sealed partial class RepositoryGrid
{
    private static readonly TimeSpan SlowAfter = TimeSpan.FromMilliseconds(250);

    private Page<RepositoryRow>? page;
    private RepositorySearch? shown;
    private CancellationTokenSource? loading;
    private bool hasFailed;
    private bool isSlow;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Inject] private ILogger<RepositoryGrid> Logger { get; set; } = null!;

    /// <summary>Where the rows come from. Another team's rows need another grid: give it a key.</summary>
    [Parameter, EditorRequired] public Func<RepositorySearch, CancellationToken, Task<Page<RepositoryRow>>> Source { get; set; } = null!;

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
        await LoadAsync(quietly: false);
    }

    private async Task LoadAsync(bool quietly)
    {
        if (loading is not null) await loading.CancelAsync();
        loading?.Dispose();
        var mine = loading = CancellationTokenSource.CreateLinkedTokenSource(Lifetime);
        try
        {
            var reading = Source(Search, mine.Token);
            if (!quietly) _ = ShowWhenSlowAsync(reading, mine);
            var read = await reading;
            if (mine.IsCancellationRequested) return;

            (page, hasFailed, isSlow) = (read, false, false);
            // The list became shorter, or an old link names a page that is no more.
            if (read is { Items.Count: 0, Total: > 0 }) await GoAsync(PageCount, replace: true);
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogLoadFailed(Logger, e);
            // Rows that are on the screen are better than none.
            if (!quietly || page is null) hasFailed = true;
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

    private Task GoAsync(int pageNumber, bool replace = false)
    {
        var search = Search with { PageNumber = pageNumber };
        return replace ? OnTyping.InvokeAsync(search) : OnSearch.InvokeAsync(search);
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
