using System.Globalization;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Projects;

/// <summary>The repositories of a person's own accounts, from which projects of the team are picked. Account, search and page are the page's address.</summary>
public sealed partial class PersonalRepositoriesPage
{
    private readonly HashSet<long> selected = [];
    private IReadOnlyList<PersonalSource>? sources;
    private PersonalSource? chosen;
    private PersonalPage? list;
    private Problem? problem;
    private Problem? addProblem;
    private CancellationTokenSource? reading;
    private (Guid, string, int)? shown;
    private string? typed;
    private bool isReading;
    private bool isAdding;

    // Texts, because Blazor answers 500 to a parameter that is not of its type.
    [SupplyParameterFromQuery(Name = "account")] private string? AccountOfQuery { get; set; }

    [SupplyParameterFromQuery(Name = "q")] private string? TextOfQuery { get; set; }

    [SupplyParameterFromQuery(Name = "page")] private string? PageOfQuery { get; set; }

    [Inject] private PersonalRepositories Repositories { get; set; } = null!;

    [Inject] private PickPersonal Pick { get; set; } = null!;

    [Inject] private NavigationManager Navigation { get; set; } = null!;

    [Inject] private Toasts Toasts { get; set; } = null!;

    private string Query => TextOfQuery is { Length: <= 200 } text ? text.Trim() : "";

    private int PageNumber => int.TryParse(PageOfQuery, CultureInfo.InvariantCulture, out var page) ? Math.Clamp(page, 1, 10_000) : 1;

    protected override async Task LoadAsync() => sources = await Repositories.SourcesAsync(Access!.AccountId, Lifetime);

    protected override async Task OnParametersSetAsync()
    {
        await base.OnParametersSetAsync();
        if (Access is null || sources is null or []) return;

        chosen = sources.FirstOrDefault(s => Guid.TryParse(AccountOfQuery, out var id) && s.IdentityId == id) ?? sources.FirstOrDefault(s => s.ReadsRepositories) ?? sources[0];
        var wanted = (chosen.IdentityId, Query, PageNumber);
        if (shown == wanted) return;
        if (shown?.Item1 != chosen.IdentityId) selected.Clear();
        (shown, typed) = (wanted, Query);
        // The page does not wait for GitLab, which may be slow; and GitLab is asked once, not for the first picture as well.
        if (RendererInfo.IsInteractive) RunSoon(ReadAsync);
    }

    private async Task ReadAsync()
    {
        if (chosen is null) return;
        if (reading is not null) await reading.CancelAsync();
        reading?.Dispose();
        var mine = reading = CancellationTokenSource.CreateLinkedTokenSource(Lifetime);
        (isReading, problem) = (true, null);
        StateHasChanged();
        try
        {
            var access = await AuthorizeAsync(TeamRole.Member);
            var found = access.IsSuccess ? await Repositories.ListAsync(access.Value, chosen.IdentityId, Query, PageNumber, mine.Token) : access.Problem;
            if (mine.IsCancellationRequested) return;
            (list, problem, isReading) = (found.Value, found.Problem, false);
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested)
        {
            return;
        }

        StateHasChanged();
    }

    private static string Visibility(PersonalRepository row) => row.Visibility switch
    {
        "private" => "Private",
        "internal" => "Internal",
        "public" => "Public",
        _ => "Unknown",
    };

    private void Choose(long id, bool isChosen)
    {
        if (isChosen) selected.Add(id);
        else selected.Remove(id);
    }

    private async Task AddAsync()
    {
        if (isAdding || chosen is null) return;
        (isAdding, addProblem) = (true, null);
        try
        {
            var access = await AuthorizeAsync(TeamRole.Member);
            var picked = access.IsSuccess ? await Pick.RunAsync(access.Value, chosen.IdentityId, selected, Lifetime) : access.Problem;
            addProblem = picked.Problem;
            if (!picked.IsSuccess) return;

            selected.Clear();
            Toasts.Success($"{picked.Value.Words}.");
            await ReadAsync();
        }
        finally
        {
            isAdding = false;
        }
    }

    private void Show(Guid account, string? text, int page)
    {
        List<string> query = [];
        if (sources!.Count > 1) query.Add($"account={account}");
        if (!string.IsNullOrWhiteSpace(text)) query.Add($"q={Uri.EscapeDataString(text.Trim())}");
        if (page > 1) query.Add($"page={page.ToString(CultureInfo.InvariantCulture)}");
        var suffix = query.Count == 0 ? "" : $"?{string.Join('&', query)}";
        Navigation.NavigateTo($"team/{Slug}/repositories/personal{suffix}");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) reading?.Dispose();
        base.Dispose(disposing);
    }
}
