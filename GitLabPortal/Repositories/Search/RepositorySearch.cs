using System.Globalization;
using System.Text;
using GitLabPortal.Kernel;
using Microsoft.AspNetCore.WebUtilities;

namespace GitLabPortal.Repositories;

public enum ArchivedFilter { Hide, Only, Any }

/// <summary><see cref="Best"/> is the best match for the text, or the latest activity when there is no text.</summary>
public enum RepositorySort { Best, Name, Activity, Stars }

/// <summary>
/// What a person looks for in the catalogue. It is the query string of the page: reading one never fails, whatever it holds, and what
/// cannot be understood counts as not given.
/// </summary>
public sealed record RepositorySearch
{
    public const int MaxTextLength = 200;
    public const int PageSize = 50;

    private const int MaxPage = 100_000;

    /// <summary>What was typed: words that must all occur, in any order. No character has a special meaning.</summary>
    public string Text { get; init => field = Clean(value); } = "";

    public Guid? ConnectionId { get; init; }

    /// <summary>Full path of a group; everything below it counts.</summary>
    public string? Namespace { get; init => field = Optional(WithoutBorders(SearchText.Clean(value, 1000))); }

    public RepositoryVisibility? Visibility { get; init; }

    /// <summary>Archived repositories and those that wait for their deletion.</summary>
    public ArchivedFilter Archived { get; init; }

    public bool? IsEmpty { get; init; }

    public bool? IsFork { get; init; }

    public string? Topic { get; init => field = Optional(SearchText.Clean(value, 255).Trim()); }

    /// <summary>Whether the team has it as a project already.</summary>
    public bool? IsPicked { get; init; }

    public RepositorySort Sort { get; init; }

    public bool Descending { get; init; }

    /// <summary>Counted from 1.</summary>
    public int PageNumber { get; init => field = Math.Clamp(value, 1, MaxPage); } = 1;

    public PageRequest Page => new((PageNumber - 1) * PageSize, PageSize);

    /// <summary>Whether anything narrows the list, apart from leaving out what is archived.</summary>
    public bool IsNarrowed => this != new RepositorySearch { Sort = Sort, Descending = Descending, PageNumber = PageNumber };

    /// <summary>Without control characters and spaces around it, and not longer than allowed.</summary>
    public static string Clean(string text) => SearchText.Clean(text, MaxTextLength).Trim();

    /// <summary>Slashes and spaces around a path go in whatever order they come: what is left of it is left as it is when it is read again.</summary>
    private static string WithoutBorders(string path)
    {
        var (from, to) = (0, path.Length);
        while (from < to && IsBorder(path[from])) from++;
        while (to > from && IsBorder(path[to - 1])) to--;
        return path[from..to];

        static bool IsBorder(char c) => c == '/' || char.IsWhiteSpace(c);
    }

    /// <summary>The folded words of <see cref="Text"/>.</summary>
    public IReadOnlyList<string> Terms() =>
        SearchText.Fold(Text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal).ToList();

    /// <param name="queryString">With or without its question mark; null and garbage are fine.</param>
    public static RepositorySearch Parse(string? queryString)
    {
        var query = QueryHelpers.ParseNullableQuery(queryString) ?? [];
        return new RepositorySearch
        {
            Text = Value("q") ?? "",
            ConnectionId = Guid.TryParse(Value("connection"), out var connection) ? connection : null,
            Namespace = Value("namespace"),
            Visibility = Word<RepositoryVisibility>("visibility"),
            Archived = Word<ArchivedFilter>("archived") ?? ArchivedFilter.Hide,
            IsEmpty = YesNo("empty"),
            IsFork = YesNo("fork"),
            Topic = Value("topic"),
            IsPicked = YesNo("picked"),
            Sort = Word<RepositorySort>("sort") ?? RepositorySort.Best,
            Descending = Value("order") is "desc",
            PageNumber = int.TryParse(Value("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? page : 1,
        };

        string? Value(string name) => query.TryGetValue(name, out var values) ? values[0] : null;

        bool? YesNo(string name) => Value(name) switch { "yes" => true, "no" => false, _ => null };

        T? Word<T>(string name) where T : struct, Enum =>
            Value(name) is { Length: > 0 } word && word.All(char.IsAsciiLetter) && Enum.TryParse<T>(word, ignoreCase: true, out var value) && Enum.IsDefined(value)
                ? value
                : null;
    }

    /// <summary>Empty, or begins with a question mark; defaults are left out.</summary>
    public string ToQueryString()
    {
        var query = new StringBuilder();
        Add("q", Text);
        Add("connection", ConnectionId?.ToString());
        Add("namespace", Namespace);
        Add("visibility", Lower(Visibility));
        Add("archived", Archived == ArchivedFilter.Hide ? null : Lower<ArchivedFilter>(Archived));
        Add("empty", YesNo(IsEmpty));
        Add("fork", YesNo(IsFork));
        Add("topic", Topic);
        Add("picked", YesNo(IsPicked));
        Add("sort", Sort == RepositorySort.Best ? null : Lower<RepositorySort>(Sort));
        Add("order", Descending ? "desc" : null);
        Add("page", PageNumber == 1 ? null : PageNumber.ToString(CultureInfo.InvariantCulture));
        return query.ToString();

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }

        static string? YesNo(bool? value) => value switch { true => "yes", false => "no", null => null };

        static string? Lower<T>(T? value) where T : struct, Enum => value?.ToString().ToLowerInvariant();
    }

    private static string? Optional(string text) => text.Length == 0 ? null : text;
}
