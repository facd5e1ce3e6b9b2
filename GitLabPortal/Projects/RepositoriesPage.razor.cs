using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Routing;
using Microsoft.JSInterop;

namespace GitLabPortal.Projects;

/// <summary>
/// The catalogue of the team, from which projects are picked. The search is the page's address; the selection is not, and outlives
/// every search. It stands here and not beside the grid because picking makes projects.
/// </summary>
public sealed partial class RepositoriesPage
{
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(1);

    private readonly RepositorySelection selection = new();
    private readonly List<IDisposable> subscriptions = [];
    private IReadOnlyList<ConnectionSync>? connections;
    private IReadOnlyList<MemberStanding> standings = [];
    private RepositoryFacets facets = new([], [], []);
    private RepositorySearch search = new();
    private RepositoryGrid? grid;
    private Problem? problem;
    private Guid teamId;
    private bool hasOnlyArchived;
    private bool isAdding;
    private bool isRefreshing;
    private DateTimeOffset refreshedAt;

    [Inject] private RepositoryQueries Repositories { get; set; } = null!;

    [Inject] private SyncQueries Syncs { get; set; } = null!;

    [Inject] private MemberQueries Members { get; set; } = null!;

    [Inject] private MemberViewFeed ViewFeed { get; set; } = null!;

    [Inject] private IdentityFeed IdentityFeed { get; set; } = null!;

    [Inject] private ExplainAbsence Explain { get; set; } = null!;

    [Inject] private RequestMemberView RequestView { get; set; } = null!;

    [Inject] private PickRepositories Pick { get; set; } = null!;

    [Inject] private SyncFeed SyncFeed { get; set; } = null!;

    [Inject] private ConnectionFeed ConnectionFeed { get; set; } = null!;

    [Inject] private ProjectFeed ProjectFeed { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private Toasts Toasts { get; set; } = null!;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    [Inject] private IJSRuntime Browser { get; set; } = null!;

    private bool IsReading => connections is not null && connections.Any(c => c.IsRunning || c.Latest is null);

    protected override void OnInitialized()
    {
        base.OnInitialized();
        Navigation.LocationChanged += OnLocationChanged;
        subscriptions.Add(SyncFeed.Subscribe(p =>
        {
            if (connections?.Any(c => c.ConnectionId == p.ConnectionId) is true) RefreshSoon();
        }));
        subscriptions.Add(ConnectionFeed.Subscribe(c =>
        {
            if (c.TeamId == teamId) RefreshSoon();
        }));
        subscriptions.Add(ProjectFeed.Subscribe(c =>
        {
            if (c.TeamId == teamId) RefreshSoon();
        }));
        subscriptions.Add(ViewFeed.Subscribe(v =>
        {
            if (v.AccountId == Access?.AccountId) RefreshSoon();
        }));
        subscriptions.Add(IdentityFeed.Subscribe(i =>
        {
            if (i.AccountId == Access?.AccountId) RefreshSoon();
        }));
        search = ReadAddress();
    }

    protected override async Task LoadAsync()
    {
        var access = Access!;
        if (teamId != access.TeamId) selection.Clear();
        teamId = access.TeamId;
        await ReadSurroundingsAsync(access);
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        try
        {
            await Browser.InvokeAsync<IJSObjectReference>("import", Lifetime, "./grid.js");
        }
        catch (Exception e) when (e is JSDisconnectedException or OperationCanceledException)
        {
            // The page was left at once.
        }
    }

    private async Task<Page<RepositoryRow>> SearchAsync(RepositorySearch wanted, PageRequest rows, CancellationToken cancellationToken)
    {
        var access = await AuthorizeAsync(TeamRole.Member);
        return access.IsSuccess ? await Repositories.SearchAsync(access.Value, wanted, rows, cancellationToken) : Page<RepositoryRow>.Empty;
    }

    private async Task<Result<AbsenceAnswer>> ExplainAsync(string? path, CancellationToken cancellationToken)
    {
        var access = await AuthorizeAsync(TeamRole.Member);
        return access.IsSuccess ? await Explain.RunAsync(access.Value, path, search, cancellationToken) : access.Problem;
    }

    private async Task<Result> ReadAgainAsync(CancellationToken cancellationToken)
    {
        var access = await AuthorizeAsync(TeamRole.Member);
        return access.IsSuccess ? await RequestView.RunAsync(access.Value, cancellationToken) : access.Problem;
    }

    private async Task AddAsync()
    {
        if (isAdding || selection.Count == 0) return;
        (isAdding, problem) = (true, null);
        try
        {
            var access = await AuthorizeAsync(TeamRole.Member);
            var picked = access.IsSuccess ? await Pick.RunAsync(access.Value, selection.Ids, Lifetime) : access.Problem;
            problem = picked.Problem;
            if (!picked.IsSuccess) return;

            selection.Clear();
            Toasts.Success($"{picked.Value.Words}.");
            if (grid is not null) await grid.RefreshAsync();
        }
        finally
        {
            isAdding = false;
        }
    }

    private void Show(RepositorySearch wanted, bool replace)
    {
        if (wanted == search) return;
        Navigation.NavigateTo($"team/{Slug}/repositories{wanted.ToQueryString()}", new NavigationOptions { ReplaceHistoryEntry = replace });
    }

    private void OnLocationChanged(object? sender, LocationChangedEventArgs e) => _ = RunOnRendererAsync(() =>
    {
        if (IsHere()) search = ReadAddress();
        StateHasChanged();
        return Task.CompletedTask;
    });

    private bool IsHere() =>
        Navigation.ToBaseRelativePath(Navigation.Uri).Split('?', '#')[0].Equals($"team/{Slug}/repositories", StringComparison.OrdinalIgnoreCase);

    private RepositorySearch ReadAddress() => RepositorySearch.Parse(new Uri(Navigation.Uri).Query);

    /// <summary>Rows come in page by page while a walk runs: looks again at once, but at most once a second.</summary>
    private void RefreshSoon() => _ = RunOnRendererAsync(async () =>
    {
        if (isRefreshing || Access is null) return;
        isRefreshing = true;
        try
        {
            var wait = refreshedAt + RefreshEvery - Clock.GetUtcNow();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, Clock, Lifetime);
            refreshedAt = Clock.GetUtcNow();
        }
        finally
        {
            isRefreshing = false;
        }

        if (Access is null) return;
        await ReadSurroundingsAsync(Access);
        if (grid is not null) await grid.RefreshAsync();
        StateHasChanged();
    });

    private async Task ReadSurroundingsAsync(TeamAccess access)
    {
        var before = connections;
        connections = await Syncs.OfTeamAsync(access, Lifetime);
        standings = await Members.StandingAsync(access, Lifetime);
        // Counting groups and topics reads the whole catalogue: not for every page of a walk.
        var isWorthIt = before is null || facets.Namespaces.Count == 0 || before.Count != connections.Count || standings.Count > 0 || !connections.Any(c => c.IsRunning);
        if (isWorthIt) facets = await Repositories.FacetsAsync(access, Lifetime);
        hasOnlyArchived = facets.Namespaces.Count > 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Navigation.LocationChanged -= OnLocationChanged;
            subscriptions.ForEach(s => s.Dispose());
        }

        base.Dispose(disposing);
    }
}
