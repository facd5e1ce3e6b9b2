using System.Globalization;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace GitLabPortal.Projects;

/// <summary>The team's projects. Search and page are the address; what was just removed stays in its place until the page is left, with an undo.</summary>
public sealed partial class ProjectsPage
{
    private const int PageSize = 50;
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(1);

    private readonly List<IDisposable> subscriptions = [];
    private readonly HashSet<Guid> removed = [];
    private IReadOnlyList<MemberStanding> standings = [];
    private Page<ProjectRow>? page;
    private IReadOnlyList<ProjectRow> kept = [];
    private Problem? problem;
    private CancellationTokenSource? reading;
    private CancellationTokenSource? typing;
    private readonly TypedText typed = new();
    private string text = "";
    private int pageNumber = 1;
    private bool hasFailed;
    private bool isRefreshing;
    private Guid teamId;

    [Inject] private ProjectQueries Projects { get; set; } = null!;

    [Inject] private RemoveProject Remove { get; set; } = null!;

    [Inject] private RestoreProject Restore { get; set; } = null!;

    [Inject] private MemberQueries Members { get; set; } = null!;

    [Inject] private MemberViewFeed ViewFeed { get; set; } = null!;

    [Inject] private ProjectFeed ProjectFeed { get; set; } = null!;

    [Inject] private SyncFeed SyncFeed { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Inject] private ILogger<ProjectsPage> Logger { get; set; } = null!;

    private int PageCount => page is null ? 0 : Math.Max(1, (page.Total + PageSize - 1) / PageSize);

    private string CountText => page switch
    {
        null => "",
        { Total: 1 } => "1 project",
        var some => $"{some.Total:N0} projects",
    };

    /// <summary>The rows read last, and in between, where they stood, those removed since.</summary>
    private IEnumerable<ProjectRow> Rows => page is null || removed.Count == 0
        ? page?.Items ?? []
        : page.Items.Concat(kept.Where(k => removed.Contains(k.Id) && page.Items.All(r => r.Id != k.Id)))
            .OrderBy(r => r.FullPath.ToLowerInvariant(), StringComparer.Ordinal);

    protected override void OnInitialized()
    {
        base.OnInitialized();
        Navigation.LocationChanged += OnLocationChanged;
        subscriptions.Add(ViewFeed.Subscribe(v =>
        {
            if (v.AccountId == Access?.AccountId) RefreshSoon();
        }));
        subscriptions.Add(ProjectFeed.Subscribe(c =>
        {
            if (c.TeamId == teamId) RefreshSoon();
        }));
        subscriptions.Add(SyncFeed.Subscribe(p =>
        {
            if (p.State != SyncState.Running) RefreshSoon();
        }));
        ReadAddress();
    }

    protected override async Task LoadAsync()
    {
        if (teamId != Access!.TeamId) removed.Clear();
        teamId = Access.TeamId;
        standings = await Members.StandingAsync(Access, Lifetime);
        await ReadAsync();
    }

    private async Task ReadAsync()
    {
        if (Access is not { } access) return;
        if (reading is not null) await reading.CancelAsync();
        reading?.Dispose();
        var mine = reading = CancellationTokenSource.CreateLinkedTokenSource(Lifetime);
        try
        {
            var read = await Projects.SearchAsync(access, text, new PageRequest((pageNumber - 1) * PageSize, PageSize), mine.Token);
            if (mine.IsCancellationRequested) return;

            kept = [.. kept.Where(k => removed.Contains(k.Id))];
            (page, hasFailed) = (read, false);
            removed.ExceptWith(read.Items.Select(r => r.Id));
            if (read is { Items.Count: 0, Total: > 0 }) Show(text, PageCount, replace: true);
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogLoadFailed(Logger, e);
            hasFailed = true;
        }

        StateHasChanged();
    }

    private async Task RemoveAsync(ProjectRow row)
    {
        var access = await AuthorizeAsync(TeamRole.Member);
        var result = access.IsSuccess ? await Remove.RunAsync(access.Value, row.Id, Lifetime) : access.Problem;
        problem = result.Problem;
        if (!result.IsSuccess) return;

        kept = [.. kept, row];
        removed.Add(row.Id);
        page = new Page<ProjectRow>([.. page!.Items.Where(r => r.Id != row.Id)], page.Total - 1);
    }

    private async Task RestoreAsync(ProjectRow row)
    {
        var access = await AuthorizeAsync(TeamRole.Member);
        var result = access.IsSuccess ? await Restore.RunAsync(access.Value, row.Id, Lifetime) : access.Problem;
        problem = result.Problem;
        if (!result.IsSuccess) return;

        removed.Remove(row.Id);
        await ReadAsync();
    }

    private async Task TypeAsync(string? value)
    {
        typed.Value = value ?? "";
        if (typing is not null) await typing.CancelAsync();
        typing?.Dispose();
        typing = CancellationTokenSource.CreateLinkedTokenSource(Lifetime);
        try
        {
            await Task.Delay(RepositoryToolbar.TypingPause, Clock, typing.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        var clean = RepositorySearch.Clean(typed.Value);
        if (typed.Sends(clean)) Show(clean, 1, replace: true);
    }

    private void Show(string wanted, int number, bool replace)
    {
        var query = new List<string>();
        if (wanted.Length > 0) query.Add($"q={Uri.EscapeDataString(wanted)}");
        if (number > 1) query.Add($"page={number.ToString(CultureInfo.InvariantCulture)}");
        var suffix = query.Count == 0 ? "" : $"?{string.Join('&', query)}";
        Navigation.NavigateTo($"team/{Slug}/projects{suffix}", new NavigationOptions { ReplaceHistoryEntry = replace });
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e) => _ = RunOnRendererAsync(() =>
        Navigation.ToBaseRelativePath(Navigation.Uri).Split('?', '#')[0].Equals($"team/{Slug}/projects", StringComparison.OrdinalIgnoreCase) && ReadAddress()
            ? ReadAsync()
            : Task.CompletedTask);

    /// <summary>Whether it names another list than the one shown.</summary>
    private bool ReadAddress()
    {
        var query = QueryHelpers.ParseQuery(new Uri(Navigation.Uri).Query);
        var wanted = new RepositorySearch
        {
            Text = query.TryGetValue("q", out var q) ? q[0] ?? "" : "",
            PageNumber = query.TryGetValue("page", out var p) && int.TryParse(p[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 1,
        };
        if ((wanted.Text, wanted.PageNumber) == (text, pageNumber)) return false;

        (text, pageNumber) = (wanted.Text, wanted.PageNumber);
        typed.Follow(text, RepositorySearch.Clean);
        return true;
    }

    private void RefreshSoon() => _ = RunOnRendererAsync(async () =>
    {
        if (isRefreshing) return;
        isRefreshing = true;
        try
        {
            await Task.Delay(RefreshEvery, Clock, Lifetime);
        }
        finally
        {
            isRefreshing = false;
        }

        if (Access is not null) standings = await Members.StandingAsync(Access, Lifetime);
        await ReadAsync();
    });

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Navigation.LocationChanged -= OnLocationChanged;
            subscriptions.ForEach(s => s.Dispose());
        }

        base.Dispose(disposing);
        if (!disposing) return;
        reading?.Dispose();
        typing?.Dispose();
    }

    [LoggerMessage(LogLevel.Error, "Loading projects failed")]
    private static partial void LogLoadFailed(ILogger logger, Exception exception);
}
