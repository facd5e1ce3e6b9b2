using System.Buffers.Text;
using System.Text.Json;
using GitLabPortal.Data;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace GitLabPortal.Repositories;

/// <summary>
/// Asks the search index. Its rowids are the catalogue's; counting and paging in it touch no row of the catalogue, which is what makes
/// exact totals cheap. <paramref name="search"/> adds the two conditions that the index does not know.
/// </summary>
/// <param name="sight">What the person sees; its connections are those that count.</param>
/// <param name="picked">The catalogue ids of the team's projects.</param>
internal sealed class IndexReader(Snapshot snapshot, RepositorySearch search, Sight sight, IReadOnlyCollection<long> picked)
{
    // Looking at a row and sorting it takes as long as so many steps through a sort's own index.
    private const int StepsPerRow = 6;

    private const string Title = "substr(r.SearchText, 1, instr(r.SearchText, char(3)))";

    private readonly string pickedJson = JsonSerializer.Serialize(picked);

    /// <summary>The index does not know whose list holds what: such rows need a look at the person's own, see <see cref="Sight"/>.</summary>
    private string Own => !sight.IsPersonal ? "" :
        " AND (+RepositoryIndex.rowid IN (SELECT o.rowid FROM RepositoryIndex o WHERE o.RepositoryIndex MATCH $open)"
        + $" OR EXISTS (SELECT 1 FROM MemberSightings m WHERE m.IdentityId IN ({string.Join(", ", sight.Identities.Select((_, i) => $"$i{i}"))}) AND m.RepositoryId = RepositoryIndex.rowid))";

    private string Conditions => Own +
        (search.IsPicked is { } isPicked ? $" AND RepositoryIndex.rowid {(isPicked ? "" : "NOT ")}IN (SELECT value FROM json_each($picked))" : "")
        // The index does not tell a topic from a description that is the same word.
        + (search.Topic is null ? "" : " AND EXISTS (SELECT 1 FROM Repositories r WHERE r.Id = RepositoryIndex.rowid AND instr(r.Topics, $topic) > 0)");

    public int Count(string expression)
    {
        using var command = Command($"SELECT count(*) FROM RepositoryIndex WHERE RepositoryIndex MATCH $match{Conditions}", expression);
        return Convert.ToInt32(command.ExecuteScalar());
    }

    /// <summary>Those of the given ids that meet the expression.</summary>
    public List<long> Among(string expression, IReadOnlyCollection<long> ids)
    {
        using var command = Command(
            $"SELECT rowid FROM RepositoryIndex WHERE RepositoryIndex MATCH $match AND rowid IN (SELECT value FROM json_each($ids)){Conditions}", expression);
        command.Parameters.AddWithValue("$ids", JsonSerializer.Serialize(ids));
        return Ids(command);
    }

    /// <summary>The ones that came into the catalogue last come first: the order of the index itself.</summary>
    public List<long> Newest(string expression, int skip, int take)
    {
        using var command = Command(
            $"SELECT rowid FROM RepositoryIndex WHERE RepositoryIndex MATCH $match{Conditions} ORDER BY rowid DESC LIMIT $take OFFSET $skip", expression);
        return Page(command, skip, take);
    }

    /// <summary>All that the expression finds, in the order of <see cref="Newest"/>; null when they are more than <paramref name="most"/>.</summary>
    public List<long>? All(string expression, int most)
    {
        // As one text, the oldest first: row by row, and against the order of the index, it takes half as long again.
        using var command = Command(
            $"SELECT group_concat(Id) FROM (SELECT rowid AS Id FROM RepositoryIndex WHERE RepositoryIndex MATCH $match{Conditions} ORDER BY rowid LIMIT $most)", expression);
        command.Parameters.AddWithValue("$most", most + 1);
        using var reader = command.ExecuteReader();
        var ids = new List<long>();
        if (!reader.Read() || reader.IsDBNull(0)) return ids;
        var text = raw.sqlite3_column_blob(reader.Handle!, 0);
        while (Utf8Parser.TryParse(text, out long id, out var length))
        {
            ids.Add(id);
            text = text[Math.Min(length + 1, text.Length)..];
        }

        ids.Reverse();
        return ids.Count > most ? null : ids;
    }

    /// <summary>Those of the given ids whose title holds one of the texts, the newest first. Looks at the row of each.</summary>
    public List<long> Holding(IReadOnlyCollection<long> ids, IReadOnlyList<string> texts)
    {
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
#pragma warning disable CA2100 // Put together from constants of this class alone; what was typed is a parameter.
        command.CommandText =
            $"""
            SELECT Id FROM (SELECT r.Id, {Title} AS Title FROM json_each($ids) CROSS JOIN Repositories r ON r.Id = value)
            WHERE {string.Join(" OR ", texts.Select((_, t) => $"instr(Title, $t{t})"))} ORDER BY Id DESC
            """;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$ids", JsonSerializer.Serialize(ids));
        for (var t = 0; t < texts.Count; t++) command.Parameters.AddWithValue($"$t{t}", texts[t]);
        return Ids(command);
    }

    /// <summary>As <see cref="Newest"/>, of those that are in the set: the expression need not say who may see them.</summary>
    public List<long> NewestAmong(string expression, IReadOnlySet<long> set, int take)
    {
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
        command.CommandText = "SELECT rowid FROM RepositoryIndex WHERE RepositoryIndex MATCH $match ORDER BY rowid DESC";
        command.Parameters.AddWithValue("$match", expression);
        using var reader = command.ExecuteReader();
        var ids = new List<long>();
        while (ids.Count < take && reader.Read())
        {
            if (reader.GetInt64(0) is var id && set.Contains(id)) ids.Add(id);
        }

        return ids;
    }

    /// <summary>Of the given ids, those with the latest activity.</summary>
    public List<long> Liveliest(IReadOnlyCollection<long> ids, int skip, int take)
    {
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
        command.CommandText =
            "SELECT Id FROM Repositories WHERE Id IN (SELECT value FROM json_each($ids)) ORDER BY LastActivityAt DESC, Id DESC LIMIT $take OFFSET $skip";
        command.Parameters.AddWithValue("$ids", JsonSerializer.Serialize(ids));
        return Page(command, skip, take);
    }

    /// <summary>By rank, and within a rank the liveliest first. Looks at the row of each that is found.</summary>
    public List<long> Ranked(string expression, IReadOnlyList<Rank> ranks, int skip, int take)
    {
        using var command = Command("", expression);
        return Ranked(command, $"RepositoryIndex CROSS JOIN Repositories r ON r.Id = RepositoryIndex.rowid WHERE RepositoryIndex MATCH $match{Conditions}", ranks, skip, take);
    }

    /// <summary>As above, of those that are known to be found.</summary>
    public List<long> Ranked(IReadOnlyCollection<long> ids, IReadOnlyList<Rank> ranks, int skip, int take)
    {
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
        command.Parameters.AddWithValue("$ids", JsonSerializer.Serialize(ids));
        return Ranked(command, "json_each($ids) CROSS JOIN Repositories r ON r.Id = value", ranks, skip, take);
    }

    private static List<long> Ranked(SqliteCommand command, string source, IReadOnlyList<Rank> ranks, int skip, int take)
    {
        var texts = ranks.SelectMany((rank, r) => rank.Texts.Select((text, t) => (Name: $"$r{r}_{t}", Text: text))).ToList();
        var cases = ranks.Select((rank, r) => $"WHEN {string.Join(" OR ", rank.Texts.Select((_, t) => $"instr(Title, $r{r}_{t})"))} THEN {r}");
#pragma warning disable CA2100 // Put together from constants of this class alone; what was typed is a parameter.
        command.CommandText =
            $"""
            SELECT Id FROM (SELECT r.Id, r.LastActivityAt, {Title} AS Title FROM {source})
            ORDER BY CASE {string.Join(' ', cases)} ELSE {ranks.Count} END, LastActivityAt DESC, Id DESC LIMIT $take OFFSET $skip
            """;
#pragma warning restore CA2100
        foreach (var (name, text) in texts) command.Parameters.AddWithValue(name, text);
        return Page(command, skip, take);
    }

    /// <param name="total">How many the expression finds: decides whether they are sorted, or picked while walking through the sort's own index.</param>
    public List<long> Sorted(string expression, int total, RepositorySort sort, bool descending, int skip, int take) =>
        FromTheNearerEnd(total, skip, take, (isReversed, from, count) => Sorted(expression, total, sort, descending, isReversed, from, count));

    private List<long> Sorted(string expression, int total, RepositorySort sort, bool descending, bool isReversed, int skip, int take)
    {
        var (index, order) = Order(sort, descending, isReversed);
        using var command = Steps(total, skip, take) < (long)total * StepsPerRow
            ? Command($"SELECT Id FROM Repositories INDEXED BY {index} WHERE +Id IN (SELECT rowid FROM RepositoryIndex WHERE RepositoryIndex MATCH $match{Conditions}) {order}", expression)
            : Command($"SELECT Id FROM RepositoryIndex CROSS JOIN Repositories ON Id = RepositoryIndex.rowid WHERE RepositoryIndex MATCH $match{Conditions} {order}", expression);
        return Page(command, skip, take);
    }

    /// <summary>Everything that the connections see, by the sort's own index: with no text there is nothing to look for.</summary>
    /// <param name="total">How many these are.</param>
    public List<long> Browse(IReadOnlyCollection<Guid> connections, int total, RepositorySort sort, bool descending, int skip, int take) =>
        FromTheNearerEnd(total, skip, take, (isReversed, from, count) => Browse(connections, sort, descending, isReversed, from, count));

    /// <summary>About how many rows of a sort's own index are walked past for a page, from the nearer end.</summary>
    public long Steps(int total, int skip, int take) =>
        total == 0 ? 0 : (Math.Min(skip, Math.Max(0L, total - skip - take)) + take) * Math.Max(HighestId(), total) / total;

    /// <summary>A page behind the middle is read backwards from the end: a jump there would walk past nearly everything.</summary>
    private static List<long> FromTheNearerEnd(int total, int skip, int take, Func<bool, int, int, List<long>> read)
    {
        var count = Math.Min(take, total - skip);
        if (skip <= total / 2 || count <= 0) return read(false, skip, take);
        var ids = read(true, total - skip - count, count);
        ids.Reverse();
        return ids;
    }

    private List<long> Browse(IReadOnlyCollection<Guid> connections, RepositorySort sort, bool descending, bool isReversed, int skip, int take)
    {
        var (index, order) = Order(sort, descending, isReversed);
        var names = connections.Select((_, i) => $"$c{i}").ToList();
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
#pragma warning disable CA2100 // Put together from constants of this class alone.
        command.CommandText =
            $"""
            SELECT Id FROM Repositories INDEXED BY {index}
            WHERE {(search.Archived == ArchivedFilter.Hide ? "IsArchived = 0 AND DeletionOn IS NULL AND " : "")}EXISTS (
                SELECT 1 FROM RepositorySightings s
                WHERE s.ConnectionId IN ({string.Join(", ", names)}) AND s.RepositoryId = Repositories.Id AND s.MissingSince IS NULL)
            {order}
            """;
#pragma warning restore CA2100
        foreach (var (name, id) in names.Zip(connections)) command.Parameters.AddWithValue(name, id);
        return Page(command, skip, take);
    }

    private static (string Index, string Clause) Order(RepositorySort sort, bool descending, bool isReversed)
    {
        var (index, key) = sort switch
        {
            RepositorySort.Name => ("IX_Repositories_ByName", "lower(Name)"),
            RepositorySort.Stars => ("IX_Repositories_ByStars", "Stars"),
            _ => ("IX_Repositories_ByActivity", "LastActivityAt"),
        };
        var direction = descending != isReversed ? "DESC" : "ASC";
        // Unknown dates come last in both directions; the id settles ties, so that no row is on two pages or on none.
        return (index, $"ORDER BY {key} {direction}{(sort != RepositorySort.Activity || descending ? "" : isReversed ? " NULLS FIRST" : " NULLS LAST")}, Id {direction} LIMIT $take OFFSET $skip");
    }

    public long HighestId()
    {
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
        command.CommandText = "SELECT coalesce(max(Id), 0) FROM Repositories";
        return Convert.ToInt64(command.ExecuteScalar());
    }

    private SqliteCommand Command(string sql, string expression)
    {
        var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
#pragma warning disable CA2100 // Put together from constants of this class alone; what was typed is a parameter.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.AddWithValue("$match", expression);
        if (sight.IsPersonal)
        {
            command.Parameters.AddWithValue("$open", IndexExpression.And([expression, IndexExpression.Open([.. sight.Useful])]));
            for (var i = 0; i < sight.Identities.Count; i++) command.Parameters.AddWithValue($"$i{i}", sight.Identities[i]);
        }

        if (search.IsPicked is not null) command.Parameters.AddWithValue("$picked", pickedJson);
        if (search.Topic is { } topic) command.Parameters.AddWithValue("$topic", $"\n{topic}\n");
        return command;
    }

    private static List<long> Page(SqliteCommand command, int skip, int take)
    {
        command.Parameters.AddWithValue("$skip", skip);
        command.Parameters.AddWithValue("$take", take);
        return Ids(command);
    }

    private static List<long> Ids(SqliteCommand command)
    {
        using var reader = command.ExecuteReader();
        var ids = new List<long>();
        while (reader.Read()) ids.Add(reader.GetInt64(0));
        return ids;
    }
}
