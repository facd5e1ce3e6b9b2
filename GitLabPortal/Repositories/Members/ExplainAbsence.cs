using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>One thing that decides whether a repository is seen, as it is now.</summary>
/// <param name="Label">Whose or what.</param>
/// <param name="Text">How it stands, in words.</param>
/// <param name="At">When that was last read; null when that says nothing.</param>
public sealed record AbsenceFact(string Label, string Text, DateTimeOffset? At = null);

/// <summary>Why somebody sees a repository or not.</summary>
/// <param name="IsVisible">The person sees it; filters may still hide it.</param>
/// <param name="Advice">What to do, and who can.</param>
/// <param name="Show">The search that shows it; null when nothing does.</param>
/// <param name="MayReadAgain">The person's own list may be asked for again.</param>
public sealed record AbsenceAnswer(
    bool IsVisible, string Title, IReadOnlyList<AbsenceFact> Facts, IReadOnlyList<string> Advice, RepositorySearch? Show = null, bool MayReadAgain = false);

/// <summary>
/// Answers "why can't I see …?" from what is stored; GitLab is not asked. It tells nobody of a repository's existence whom GitLab would
/// not tell: behind a personal connection, one that the person may not open and one that is not there get the same words, from the same
/// reads. Only an admin of the team, who chose the token, is told what the token sees.
/// </summary>
public sealed class ExplainAbsence(IDbContextFactory<PortalDb> contexts, PickedRepositories picked)
{
    private const int MaxPath = 1_000;
    private const int MostAlike = 50;

    private static readonly RepositorySearch Any = new() { Archived = ArchivedFilter.Any };

    private static readonly Problem NoPath = new Problem.Invalid("path-missing", "Type the whole path, e.g. group/project, or paste its address on GitLab.", "Path");

    /// <param name="typed">A path, or an address on GitLab.</param>
    /// <param name="search">What is in force on the page.</param>
    public Task<Result<AbsenceAnswer>> RunAsync(TeamAccess access, string? typed, RepositorySearch search, CancellationToken cancellationToken) =>
        contexts.ReadAsync((snapshot, token) => RunAsync(snapshot, access, typed, search, token), cancellationToken);

    private async Task<Result<AbsenceAnswer>> RunAsync(Snapshot snapshot, TeamAccess access, string? typed, RepositorySearch search, CancellationToken cancellationToken)
    {
        var db = snapshot.Db;
        var connections = await db.Set<Connection>().AsNoTracking().Include(c => c.Server).Include(c => c.Groups)
            .Where(c => c.TeamId == access.TeamId).OrderBy(c => c.Name).ToListAsync(cancellationToken);
        var asked = RepositoryAddress.Read(typed, connections);
        if (asked is null || asked.Path.Length > MaxPath) return NoPath;
        if (asked.Connections.Count == 0)
        {
            return new AbsenceAnswer(
                false, "This address is of no GitLab that the team is connected to", [new("Asked for", asked.Host!)],
                ["An admin of the team can connect that server, if its repositories belong here."]);
        }

        var among = asked.Connections.Select(c => c.Id).ToHashSet();
        var sight = (await Sight.OfAsync(db, access, cancellationToken)).Through(c => among.Contains(c.Id));
        return await FindAsync(snapshot, sight, asked.Path, cancellationToken) is { } id
            ? await VisibleAsync(db, access, sight, id, asked, search, cancellationToken)
            : await HiddenAsync(snapshot, access, sight, asked, cancellationToken);
    }

    /// <summary>The repository that the person sees under this path: as it is now, or as it was before.</summary>
    private static async Task<long?> FindAsync(Snapshot snapshot, Sight sight, string path, CancellationToken cancellationToken)
    {
        if (!sight.Useful.Any()) return null;
        var index = new IndexReader(snapshot, Any, sight, []);
        var visible = IndexExpression.Visible(sight.Useful.Select(c => c.Scope), Any);
        if (await AtAsync(snapshot, path, index.Newest(IndexExpression.And([visible, IndexExpression.IsAt(path)]), 0, MostAlike), cancellationToken) is [var id, ..]) return id;

        var search = new IndexSearch(snapshot, Any with { Text = path }, sight, [], cancellationToken);
        return search.Run(0, MostAlike).Ids.Where(i => string.Equals(search.FormerPath(i), path, StringComparison.OrdinalIgnoreCase)).Select(i => (long?)i).FirstOrDefault();
    }

    /// <summary>The index takes letters with and without accents for the same.</summary>
    private static async Task<List<long>> AtAsync(Snapshot snapshot, string path, List<long> ids, CancellationToken cancellationToken) =>
        (await snapshot.Db.Set<Repository>().Where(r => ids.Contains(r.Id)).Select(r => new { r.Id, r.FullPath }).ToListAsync(cancellationToken))
            .Where(r => string.Equals(r.FullPath, path, StringComparison.OrdinalIgnoreCase)).Select(r => r.Id).ToList();

    private async Task<AbsenceAnswer> VisibleAsync(
        PortalDb db, TeamAccess access, Sight sight, long id, RepositoryAddress asked, RepositorySearch search, CancellationToken cancellationToken)
    {
        var pickedRepositories = picked(db, access.TeamId);
        var row = await db.Set<Repository>().AsNoTracking().Where(r => r.Id == id)
            .Select(r => new { Repository = r, IsPicked = pickedRepositories.Any(p => p.Id == r.Id) }).SingleAsync(cancellationToken);
        var seers = await db.Set<RepositorySighting>().Where(s => s.RepositoryId == id && s.MissingSince == null).Select(s => s.ConnectionId).ToListAsync(cancellationToken);
        var own = await sight.OwnAsync(db, [id], cancellationToken);
        var through = sight.All.Where(c => seers.Contains(c.Id) && Sight.IsThrough(c, row.Repository.Visibility, own.ContainsKey(id))).ToList();
        var facts = new List<AbsenceFact>();
        if (!string.Equals(row.Repository.FullPath, asked.Path, StringComparison.OrdinalIgnoreCase))
            facts.Add(new("Path", $"It was renamed or moved on GitLab and is now {row.Repository.FullPath}."));
        facts.Add(new("You see it through", string.Join(", ", through.Select(c => c.Name))));
        var filters = HiddenBy(search, row.Repository, row.IsPicked, through.ConvertAll(c => c.Id)).ToList();
        if (filters.Count > 0) facts.Add(new("Filters in effect", string.Join(" ", filters)));
        return new AbsenceAnswer(
            true, filters.Count > 0 ? "You can see it, but the filters hide it" : "You can see it", facts,
            filters.Count > 0 ? ["Choose “Show it”, which leaves the filters out."] : [],
            new RepositorySearch { Text = row.Repository.FullPath, Archived = ArchivedFilter.Any });
    }

    private static IEnumerable<string> HiddenBy(RepositorySearch search, Repository row, bool isPicked, List<Guid> through)
    {
        var isArchived = row.IsArchived || row.DeletionOn is not null;
        if (search.Archived == ArchivedFilter.Hide && isArchived) yield return "Archived ones are left out, and it is archived or waits for its deletion.";
        if (search.Archived == ArchivedFilter.Only && !isArchived) yield return "Only archived ones are shown.";
        if (search.Terms() is { Count: > 0 } terms && !terms.All(t => row.SearchText.Contains(t, StringComparison.Ordinal))) yield return $"The search text “{search.Text}” does not occur in it.";
        if (search.ConnectionId is { } connection && !through.Contains(connection)) yield return "Another connection is chosen.";
        if (search.Namespace is { } group && !$"{row.FullPath}/".StartsWith($"{group}/", StringComparison.OrdinalIgnoreCase)) yield return $"Only the group {group} is shown.";
        if (search.Visibility is { } visibility && row.Visibility != visibility) yield return $"Only {RepositoryWords.Of(visibility)} ones are shown.";
        if (search.IsEmpty is { } empty && row.IsEmpty != empty) yield return empty ? "Only empty ones are shown." : "Empty ones are left out.";
        if (search.IsFork is { } fork && row.IsFork != fork) yield return fork ? "Only forks are shown." : "Forks are left out.";
        if (search.Topic is { } topic && !RepositoryQueries.SplitTopics(row.Topics).Contains(topic)) yield return $"Only the topic {topic} is shown.";
        if (search.IsPicked is { } only && isPicked != only) yield return only ? "Only projects of the team are shown." : "Projects of the team are left out.";
    }

    private static async Task<AbsenceAnswer> HiddenAsync(Snapshot snapshot, TeamAccess access, Sight sight, RepositoryAddress asked, CancellationToken cancellationToken)
    {
        var db = snapshot.Db;
        var standings = await MemberQueries.StandingAsync(db, access, cancellationToken);
        var reads = await LastReadsAsync(db, [.. asked.Connections.Select(c => c.Id)], cancellationToken);
        var facts = new List<AbsenceFact>();
        var advice = new List<string>();
        foreach (var connection in asked.Connections)
        {
            var isPersonal = sight.All.Any(c => c.Id == connection.Id && c.IsPersonal);
            var token = access.Can(TeamRole.Admin) || !isPersonal ? await TokenViewAsync(snapshot, sight, connection, asked.Path, cancellationToken) : null;
            facts.Add(new($"The token of “{connection.Name}”", TokenWords(connection, asked.Path, token, reads.ContainsKey(connection.Id)), reads.GetValueOrDefault(connection.Id)));
            if (token is { Sees: false }) advice.Add(TokenAdvice(connection, asked.Path));
        }

        foreach (var standing in standings.Where(s => asked.Connections.Any(c => c.ServerId == s.ServerId && c.Audience == ConnectionAudience.Members)))
        {
            facts.Add(new("You", OwnWords(standing), standing.ReadAt));
            advice.Add(OwnAdvice(standing));
        }

        return new AbsenceAnswer(
            false, "You cannot see it here", facts, [.. advice.Distinct()],
            MayReadAgain: standings.Any(s => s.State == MemberState.Read));
    }

    /// <param name="Sees">Now.</param>
    /// <param name="Until">When it saw it last; null when never, or now.</param>
    /// <param name="Absence">Why it does not any more, if it did.</param>
    private sealed record TokenView(bool Sees, DateTimeOffset? Until, Absence? Absence);

    private static async Task<TokenView> TokenViewAsync(Snapshot snapshot, Sight sight, Connection connection, string path, CancellationToken cancellationToken)
    {
        var token = sight.Through(c => c.Id == connection.Id).AsToken();
        if (await FindAsync(snapshot, token, path, cancellationToken) is not null) return new(true, null, null);
        var ids = await AtAsync(snapshot, path, new IndexReader(snapshot, Any, token, []).Newest(IndexExpression.IsAt(path), 0, MostAlike), cancellationToken);
        var missing = await snapshot.Db.Set<RepositorySighting>().AsNoTracking()
            .Where(s => s.ConnectionId == connection.Id && ids.Contains(s.RepositoryId) && s.MissingSince != null)
            .FirstOrDefaultAsync(cancellationToken);
        return new(false, missing?.MissingSince, missing?.Absence);
    }

    private static string TokenWords(Connection connection, string path, TokenView? view, bool wasRead)
    {
        if (!wasRead) return "Its repositories are still being read for the first time.";
        if (connection.Status != ConnectionStatus.Working) return "It does not work at the moment, so what is new is not known. What was read before stays.";
        return view switch
        {
            null => "Only admins of the team are told what it sees.",
            { Sees: true } => "It sees it.",
            { Until: { } until, Absence: Absence.Deleted } => $"It saw it until {until:yyyy-MM-dd}; then it was deleted on GitLab.",
            { Until: { } until } => $"It saw it until {until:yyyy-MM-dd}; since then GitLab does not show it to the token's account.",
            _ when !IsWanted(connection, path) => $"It brings only {string.Join(", ", connection.Groups.Select(g => g.FullPath).Order(StringComparer.OrdinalIgnoreCase))}, and this is not below.",
            _ when connection.Coverage == ConnectionCoverage.Memberships => "It brings only what its account is a member of, and this is not among it.",
            _ => "It does not see it: it is not shared with the token's account, not there, or has another path.",
        };
    }

    private static string TokenAdvice(Connection connection, string path) =>
        connection.Status != ConnectionStatus.Working ? $"An admin of the team can check “{connection.Name}” in the team's settings."
        : !IsWanted(connection, path) ? $"An admin of the team can choose more groups: settings, “{connection.Name}”, “Change who sees what”."
        : $"A maintainer of the repository can make {(connection.TokenUsername is { } user ? $"@{user}" : "the token's account")} its member on GitLab. Then an admin of the team chooses “Sync now” for “{connection.Name}”.";

    private static bool IsWanted(Connection connection, string path) => connection.Coverage != ConnectionCoverage.Groups
        || connection.Groups.Exists(g => path.StartsWith(g.FullPath + "/", StringComparison.OrdinalIgnoreCase));

    /// <summary>The same for a repository that is hidden from the person and for one that does not exist.</summary>
    private static string OwnWords(MemberStanding standing) => standing.State switch
    {
        MemberState.NotLinked => $"You have not linked an account of {standing.BaseUrl}, so nothing of it is shown to you.",
        MemberState.SignInAgain => $"GitLab took back the portal's access to @{standing.Username}.",
        MemberState.NeedsConsent => $"The portal may not list the projects of @{standing.Username} yet, so you see only public{(standing.IsExternal ? "" : " and internal")} ones.",
        MemberState.Reading => $"What @{standing.Username} may open is being read for the first time.",
        _ => $"GitLab does not list it for @{standing.Username}: it is not shared with you, or not there. Which of the two, GitLab does not tell.",
    };

    private static string OwnAdvice(MemberStanding standing) => standing.State switch
    {
        MemberState.NotLinked => "Link your GitLab account in your profile.",
        MemberState.SignInAgain or MemberState.NeedsConsent when !standing.SignsIn => "Connect your GitLab account again in your profile, under “Git integrations”.",
        MemberState.SignInAgain or MemberState.NeedsConsent => "Sign in with GitLab again.",
        MemberState.Reading => "Look again in a minute.",
        _ => "Open it on GitLab: if you cannot, ask a maintainer there to add you. If you just got access, choose “Read again”.",
    };

    private static async Task<Dictionary<Guid, DateTimeOffset?>> LastReadsAsync(PortalDb db, List<Guid> connections, CancellationToken cancellationToken) =>
        await db.Set<SyncRun>()
            .Where(r => connections.Contains(r.ConnectionId) && r.State == SyncState.Completed)
            .GroupBy(r => r.ConnectionId)
            .Select(g => new { g.Key, At = g.Max(r => r.FinishedAt) })
            .ToDictionaryAsync(g => g.Key, g => g.At, cancellationToken);
}

/// <summary>A repository as somebody names it: by its path, or by an address on one of the connected servers.</summary>
/// <param name="Connections">Those that may know it.</param>
/// <param name="Host">Of the address; null when only a path was given.</param>
internal sealed record RepositoryAddress(string Path, IReadOnlyList<Connection> Connections, string? Host)
{
    /// <summary>Null when it names no repository.</summary>
    public static RepositoryAddress? Read(string? typed, IReadOnlyList<Connection> connections)
    {
        var text = SearchText.Clean(typed, 2_000).Trim();
        if (!text.Contains("://", StringComparison.Ordinal)) return Of(text, connections, null);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")) return null;
        var address = url.GetLeftPart(UriPartial.Path);
        var at = connections.Where(c => Below(address, c) is not null).ToList();
        return at.Count == 0 ? Of(url.AbsolutePath, at, url.Authority) : Of(Below(address, at[0])!, at, url.Authority);
    }

    private static RepositoryAddress? Of(string path, IReadOnlyList<Connection> connections, string? host)
    {
        path = Uri.UnescapeDataString(path.Split('?', '#')[0]);
        // What follows this mark is a page of the project.
        var page = path.IndexOf("/-/", StringComparison.Ordinal);
        path = (page < 0 ? path : path[..page]).Trim('/').Trim();
        if (path.EndsWith(".git", StringComparison.OrdinalIgnoreCase)) path = path[..^4];
        return path.Length >= 3 && path.IndexOf('/', StringComparison.Ordinal) > 0 && !path.Any(char.IsWhiteSpace) ? new RepositoryAddress(path, connections, host) : null;
    }

    private static string? Below(string address, Connection connection)
    {
        foreach (var root in (string?[])[connection.Server!.BaseUrl, connection.BrowserUrl])
        {
            if (root is not null && address.StartsWith(root.TrimEnd('/') + "/", StringComparison.OrdinalIgnoreCase)) return address[root.TrimEnd('/').Length..];
        }

        return null;
    }
}
