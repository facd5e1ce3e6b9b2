using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Projects;

/// <summary>The workspace at a glance: how much there is, what happened last, and the next best step for this person's role.</summary>
public sealed partial class OverviewPage
{
    private const int RecentCount = 8;
    private static readonly TimeSpan RefreshEvery = TimeSpan.FromSeconds(1);

    private readonly List<IDisposable> subscriptions = [];
    private readonly Dictionary<Guid, int> own = [];
    private IReadOnlyList<ConnectionSync>? connections;
    private IReadOnlyList<MemberStanding> standings = [];
    private IReadOnlyList<ProjectRow> recent = [];
    private int projectCount;
    private int repositoryCount;
    private Guid teamId;
    private bool isRefreshing;

    private sealed record Step(string Title, string Text, string Action, string Href);

    [Inject] private ProjectQueries Projects { get; set; } = null!;

    [Inject] private RepositoryQueries Repositories { get; set; } = null!;

    [Inject] private MemberQueries Members { get; set; } = null!;

    [Inject] private MemberViewFeed ViewFeed { get; set; } = null!;

    [Inject] private IdentityFeed IdentityFeed { get; set; } = null!;

    [Inject] private SyncQueries Syncs { get; set; } = null!;

    [Inject] private ProjectFeed ProjectFeed { get; set; } = null!;

    [Inject] private SyncFeed SyncFeed { get; set; } = null!;

    [Inject] private ConnectionFeed ConnectionFeed { get; set; } = null!;

    [Inject] private TimeProvider Clock { get; set; } = null!;

    private Step? NextStep
    {
        get
        {
            var isAdmin = Access!.Can(TeamRole.Admin);
            var settings = $"team/{Slug}/settings";
            if (connections!.Count == 0)
            {
                return isAdmin
                    ? new("Connect the GitLab server again", "The team's projects are kept, and come back when their server is connected.", "Connect GitLab server", $"{settings}/connections/new")
                    : new("No GitLab server is connected", "The team's projects are kept. An owner or admin of the team can connect their server again.", "See who can", settings);
            }

            if (connections.FirstOrDefault(c => c.Status != ConnectionStatus.Working) is { } broken)
            {
                return new(
                    $"“{broken.Name}” needs attention",
                    isAdmin ? "The connection does not work at the moment. What was read before stays." : "The connection does not work at the moment. An owner or admin of the team can put it right.",
                    isAdmin ? "See what is wrong" : "See the connection", settings);
            }

            return projectCount == 0 && repositoryCount > 0
                ? new("Pick the repositories you work with", $"{RepositoryWords.Count(repositoryCount)} can be added to the team as projects.", "Browse repositories", $"team/{Slug}/repositories")
                : null;
        }
    }

    protected override void OnInitialized()
    {
        base.OnInitialized();
        subscriptions.Add(ProjectFeed.Subscribe(c =>
        {
            if (c.TeamId == teamId) RefreshSoon();
        }));
        subscriptions.Add(ConnectionFeed.Subscribe(c =>
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
        subscriptions.Add(SyncFeed.Subscribe(p =>
        {
            if (connections?.Any(c => c.ConnectionId == p.ConnectionId) is true) RefreshSoon();
        }));
    }

    protected override async Task LoadAsync()
    {
        var access = Access!;
        teamId = access.TeamId;
        var read = await Projects.RecentAsync(access, RecentCount, Lifetime);
        (recent, projectCount) = (read.Items, read.Total);
        repositoryCount = await Repositories.CountAsync(access, Lifetime);
        standings = await Members.StandingAsync(access, Lifetime);
        var syncs = await Syncs.OfTeamAsync(access, Lifetime);
        own.Clear();
        foreach (var personal in syncs.Where(c => c.IsPersonal)) own[personal.ConnectionId] = await Repositories.CountAsync(access, Lifetime, personal.ConnectionId);
        connections = syncs;
    }

    private static string Word(ConnectionStatus status) => status switch
    {
        ConnectionStatus.Working => "Working",
        ConnectionStatus.Unreachable => "Not reachable",
        ConnectionStatus.TokenRefused => "Token refused",
        _ => "Token lost",
    };

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

        if (Access is null) return;
        await LoadAsync();
        StateHasChanged();
    });

    protected override void Dispose(bool disposing)
    {
        if (disposing) subscriptions.ForEach(s => s.Dispose());
        base.Dispose(disposing);
    }
}
