using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;

namespace GitLabPortal.Repositories;

/// <summary>The search field and the filters above the grid.</summary>
public sealed partial class RepositoryToolbar
{
    /// <summary>As long as people need between two letters.</summary>
    public static readonly TimeSpan TypingPause = TimeSpan.FromMilliseconds(200);

    private static readonly SelectOption[] VisibilityOptions =
    [
        new("", "Any visibility"), .. new[] { RepositoryVisibility.Private, RepositoryVisibility.Internal, RepositoryVisibility.Public }
            .Select(v => new SelectOption(v.ToString(), RepositoryWords.Of(v))),
    ];

    private static readonly SelectOption[] ArchivedOptions =
    [
        new(nameof(ArchivedFilter.Hide), "Active only"), new(nameof(ArchivedFilter.Any), "Archived too"), new(nameof(ArchivedFilter.Only), "Archived only"),
    ];

    private static readonly SelectOption[] EmptyOptions = [new("", "Empty or not"), new("no", "With code"), new("yes", "Empty")];

    private static readonly SelectOption[] ForkOptions = [new("", "Forks too"), new("no", "No forks"), new("yes", "Forks only")];

    private static readonly SelectOption[] PickedOptions = [new("", "In team or not"), new("no", "Not in team"), new("yes", "In team")];

    private static readonly SelectOption[] SortOptions =
    [
        new("Best", "Best first"), new("Name", "Name, A to Z"), new("Name-", "Name, Z to A"), new("Activity-", "Latest activity first"),
        new("Activity", "Oldest activity first"), new("Stars-", "Most stars first"), new("Stars", "Fewest stars first"),
    ];

    private readonly TypedText typed = new();
    private bool isOpen;
    private CancellationTokenSource? typing;

    private sealed record Chip(string Text, RepositorySearch Without);

    [Parameter, EditorRequired] public RepositorySearch Search { get; set; } = new();

    [Parameter] public RepositoryFacets Facets { get; set; } = new([], [], []);

    [Parameter] public EventCallback<RepositorySearch> OnSearch { get; set; }

    /// <summary>Like <see cref="OnSearch"/>, while a person types: no new entry in the browser's history.</summary>
    [Parameter] public EventCallback<RepositorySearch> OnTyping { get; set; }

    /// <summary>What the search found, beside the chips.</summary>
    [Parameter] public RenderFragment? Status { get; set; }

    private List<Chip> Chips
    {
        get
        {
            var chips = new List<Chip>();
            if (Search.ConnectionId is { } id) chips.Add(new(Facets.Connections.FirstOrDefault(c => c.Id == id)?.Name ?? "Connection", Search with { ConnectionId = null }));
            if (Search.Namespace is { } path) chips.Add(new($"Group {path}", Search with { Namespace = null }));
            if (Search.Visibility is { } visibility) chips.Add(new(RepositoryWords.Of(visibility), Search with { Visibility = null }));
            chips.AddRange(Search.Archived switch
            {
                ArchivedFilter.Hide => [new Chip("Archived hidden", Search with { Archived = ArchivedFilter.Any })],
                ArchivedFilter.Only => [new Chip("Archived only", Search with { Archived = ArchivedFilter.Any })],
                _ => [],
            });
            if (Search.IsEmpty is { } empty) chips.Add(new(empty ? "Empty" : "With code", Search with { IsEmpty = null }));
            if (Search.IsFork is { } fork) chips.Add(new(fork ? "Forks only" : "No forks", Search with { IsFork = null }));
            if (Search.Topic is { } topic) chips.Add(new($"Topic {topic}", Search with { Topic = null }));
            if (Search.IsPicked is { } picked) chips.Add(new(picked ? "In team" : "Not in team", Search with { IsPicked = null }));
            return chips;
        }
    }

    private List<SelectOption> ConnectionOptions => [new("", "Any connection"), .. Facets.Connections.Select(c => new SelectOption(c.Id.ToString(), c.Name))];

    private List<SelectOption> NamespaceOptions => Options("Any group", Facets.Namespaces, Search.Namespace);

    private List<SelectOption> TopicOptions => Options("Any topic", Facets.Topics, Search.Topic);

    private string SortValue => Search is { Sort: RepositorySort.Best } ? "Best" : $"{Search.Sort}{(Search.Descending ? "-" : "")}";

    protected override void OnParametersSet() => typed.Follow(Search.Text, RepositorySearch.Clean);

    private async Task TypeAsync(string? text)
    {
        typed.Value = text ?? "";
        if (typing is not null) await typing.CancelAsync();
        typing?.Dispose();
        typing = CancellationTokenSource.CreateLinkedTokenSource(Lifetime);
        try
        {
            await Task.Delay(TypingPause, Clock, typing.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        var search = Search with { Text = typed.Value, PageNumber = 1 };
        if (typed.Sends(search.Text)) await OnTyping.InvokeAsync(search);
    }

    private Task Change(RepositorySearch search) => OnSearch.InvokeAsync(search with { PageNumber = 1 });

    private Task ClearAsync()
    {
        typed.Value = "";
        return OnSearch.InvokeAsync(new RepositorySearch { Sort = Search.Sort, Descending = Search.Descending });
    }

    private RepositorySearch Sorted(string? value) => Search with
    {
        Sort = Read<RepositorySort>(value?.TrimEnd('-')) ?? RepositorySort.Best,
        Descending = value?.EndsWith('-') ?? false,
    };

    /// <summary>What is in force is always among the choices, also when it came by an old link.</summary>
    private static List<SelectOption> Options(string any, IReadOnlyList<string> values, string? chosen) =>
        [new("", any), .. values.Union(chosen is null ? [] : [chosen], StringComparer.Ordinal).Select(v => new SelectOption(v, RepositoryWords.Shorten(v, 48)))];

    private static T? Read<T>(string? text) where T : struct, Enum => Enum.TryParse<T>(text, out var value) ? value : null;

    private static string YesNo(bool? value) => value switch { true => "yes", false => "no", null => "" };

    private static bool? YesNo(string? value) => value switch { "yes" => true, "no" => false, _ => null };

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) typing?.Dispose();
    }
}
