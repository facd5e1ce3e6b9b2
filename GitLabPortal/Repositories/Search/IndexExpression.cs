using GitLabPortal.Kernel;

namespace GitLabPortal.Repositories;

/// <summary>
/// What is asked of the search index, in the language of SQLite's FTS5. The index knows runs of three characters; its columns are
/// <c>title</c> (path and name, marked as in <see cref="SearchText"/>), <c>rest</c> (description and topics), <c>starts</c>
/// (<see cref="WordStarts"/>) and <c>scope</c> (who sees it, and what the filters ask for). Text that people typed is always quoted
/// and never looked for in <c>scope</c>.
/// </summary>
internal static class IndexExpression
{
    // The marks in the column "scope"; the migration's view writes them.
    private const char Property = '\u0004';
    private const char Sees = '\u0006';
    private const char SeesActive = '\u0007';
    private const int PrivateUse = 0xE000;
    private const int CodesPerCharacter = 6000;

    /// <summary>What the connections of these numbers see, narrowed by the filters. Everything that is asked contains this.</summary>
    public static string Visible(IEnumerable<long> scopes, RepositorySearch search)
    {
        var mark = search.Archived == ArchivedFilter.Hide ? SeesActive : Sees;
        List<string> all = [$"scope : ({string.Join(" OR ", scopes.Select(s => Quote($"{mark}{Code(s)}")))})"];
        if (search.Archived == ArchivedFilter.Only) all.Add(Has("a1"));
        if (search.Visibility is { } visibility) all.Add(Has($"v{visibility.ToString()[..2]}"));
        if (search.IsEmpty is { } empty) all.Add(Has(empty ? "e1" : "e0"));
        if (search.IsFork is { } fork) all.Add(Has(fork ? "f1" : "f0"));
        if (search.Namespace is { } path) all.Add($"title : {Quote($"{SearchText.PathStart}{SearchText.Fold(path)}/")}");
        if (search.Topic is { } topic) all.Add($"rest : {Quote($"{SearchText.RestStart}{SearchText.Fold(topic)}{SearchText.RestStart}")}");
        return And(all);
    }

    /// <summary>
    /// Of the visible ones, those that need no look at anybody's own list: what open connections see, and what is public, or internal,
    /// behind personal ones. See <see cref="Sight"/>.
    /// </summary>
    public static string Open(IReadOnlyCollection<SeenConnection> connections)
    {
        List<string> any = [];
        if (Of(c => !c.IsPersonal) is { } open) any.Add(open);
        if (Of(c => c is { IsPersonal: true, IsKnown: true }) is { } known) any.Add(And([known, Has("vPu")]));
        if (Of(c => c is { IsPersonal: true, IsKnown: true, SeesInternal: true }) is { } inside) any.Add(And([inside, Has("vIn")]));
        return Or(any);

        string? Of(Func<SeenConnection, bool> which) => connections.Where(which).ToList() is { Count: > 0 } these
            ? $"scope : ({string.Join(" OR ", these.Select(c => Quote($"{Sees}{Code(c.Scope)}")))})"
            : null;
    }

    /// <summary>What has this very path, apart from upper and lower case and accents.</summary>
    public static string IsAt(string path) => Title($"{SearchText.PathStart}{SearchText.Fold(path)}{SearchText.NameStart}").Expression;

    /// <summary>Three characters and more may stand anywhere; fewer are the beginning of a word in path, name or topic.</summary>
    public static string Holds(string term) => Length(term) switch
    {
        1 => $"starts : {Quote($"{WordStarts.Word}{WordStarts.Word}{term}")}",
        2 => $"starts : {Quote($"{WordStarts.Word}{term}")}",
        _ => $"{{title rest}} : {Quote(term)}",
    };

    /// <summary>
    /// What is better than merely holding the words, best first: the path, its last part or the name is the text; path or name begins
    /// with it; a word in them does; it stands in them at all. Each may hold again what the ones before it hold.
    /// </summary>
    public static IReadOnlyList<Rank> Ranks(IReadOnlyList<string> terms)
    {
        var ranks = new List<Rank>();
        if (terms.Count > 1) ranks.AddRange(Ranks(string.Join(' ', terms)).Take(2));
        ranks.AddRange(Ranks(terms[0]));
        return ranks;
    }

    public static string And(IEnumerable<string> all) => string.Join(" AND ", all.Select(e => $"({e})"));

    public static string Or(IEnumerable<string> any) => string.Join(" OR ", any.Select(e => $"({e})"));

    public static string Except(string expression, IReadOnlyCollection<string> others) => others.Count == 0 ? expression : $"({expression}) NOT ({Or(others)})";

    private static IEnumerable<Rank> Ranks(string text)
    {
        var (path, name, end) = (SearchText.PathStart, SearchText.NameStart, SearchText.RestStart);
        var (head, tail) = Ends(text);
        yield return Title($"{path}{text}{name}", $"/{text}{name}", $"{name}{text}{end}") with { Rough = tail is null ? null : Title($"{tail}{name}", $"{tail}{end}").Expression };
        if (Length(text) <= 2)
        {
            // Behind these come all others that begin a word with it, which is what Holds says.
            var mark = Length(text) == 1 ? $"{WordStarts.Field}{WordStarts.Field}" : $"{WordStarts.Field}";
            yield return new Rank($"starts : {Quote($"{mark}{text}")}", [$"{path}{text}", $"{name}{text}"]);
            yield break;
        }

        yield return Title($"{path}{text}", $"{name}{text}") with { Rough = head is null ? null : Title($"{path}{head}", $"{name}{head}").Expression };
        yield return Title($"/{text}", $"-{text}", $"_{text}", $".{text}", $" {text}");
        yield return Title(text);
    }

    /// <summary>The first and the last three characters of a text that is long enough for them to save anything.</summary>
    private static (string? Head, string? Tail) Ends(string text)
    {
        var runes = text.EnumerateRunes().ToArray();
        return runes.Length < 6 ? (null, null) : (string.Concat(runes[..3]), string.Concat(runes[^3..]));
    }

    private static Rank Title(params string[] any) => new($"title : ({string.Join(" OR ", any.Select(Quote))})", any);

    private static string Has(string property) => $"scope : {Quote($"{Property}{property}")}";

    private static string Code(long scope) => $"{(char)(PrivateUse + (scope / CodesPerCharacter))}{(char)(PrivateUse + (scope % CodesPerCharacter))}";

    private static int Length(string text) => text.EnumerateRunes().Take(3).Count();

    /// <summary>Between quotes nothing has a meaning, and a quote itself is written twice.</summary>
    private static string Quote(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>How well a repository matches.</summary>
/// <param name="Expression">Asks the index for those of this rank.</param>
/// <param name="Texts">One of these stands in the title, path and name with their marks, of those.</param>
internal sealed record Rank(string Expression, IReadOnlyList<string> Texts)
{
    /// <summary>Asks, of those that hold the text anyway, for all of this rank and some others, more quickly; null when that is not worth it.</summary>
    public string? Rough { get; init; }
}
