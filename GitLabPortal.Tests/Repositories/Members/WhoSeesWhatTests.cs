using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Cli;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Members;

/// <summary>
/// Made-up worlds of two teams that share servers, with open and personal connections and members of every kind. What each person sees
/// is worked out here row by row, and every reader of the catalogue must say the same.
/// </summary>
public sealed class WhoSeesWhatTests : IAsyncLifetime
{
    private static readonly string[] Words = ["core", "api", "pay", "web", "über", "a"];

    private readonly List<Seen> repositories = [];
    private readonly List<Connection> connections = [];
    private readonly List<Person> people = [];
    private TestDb database = null!;
    private RepositoryQueries queries = null!;

    private sealed record Seen(Repository Row, IReadOnlyList<Connection> By, string? FormerPath)
    {
        public HashSet<Guid> Missing { get; } = [];
    }

    private sealed record Person(TeamAccess Access, Account Account, IReadOnlyList<GitLabIdentity> Identities, HashSet<(Guid Identity, long Repository)> Own);

    public async ValueTask InitializeAsync()
    {
        database = await TestDb.CreateAsync();
        queries = new RepositoryQueries(database, ProjectQueries.Picked);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Every_reader_shows_a_person_exactly_what_that_person_may_see(int seed)
    {
        var random = new Random(seed);
        await FillAsync(random);

        foreach (var person in people)
        {
            var mine = repositories.Where(r => Sees(person, r)).ToList();
            await BrowsingAsync(person, mine);
            await SearchingAsync(person, mine);
            await CountingAsync(person, mine);
            await FormerPathsAsync(person);
            await AskingAsync(person);
            await PickingAsync(person, mine);
            await ProjectsAsync(person);
        }
    }

    [Fact]
    public async Task The_command_line_shows_what_the_tokens_see_or_what_a_member_sees()
    {
        await FillAsync(new Random(5));
        using var cli = new CommandRun { DataDirectory = Path.GetDirectoryName(database.File)!, IsBorrowed = true };

        foreach (var person in people.Take(3))
        {
            (await cli.RunAsync("repositories", "list", "--team", person.Access.Slug, "--as", person.Account.Email!, "--limit", "1000", "--json")).ShouldBe(0, cli.Error);
            var shown = cli.Json.GetProperty("repositories").EnumerateArray().Select(r => r.GetProperty("id").GetInt64());
            shown.Order().ShouldBe(repositories.Where(r => Sees(person, r) && !r.Row.IsArchived).Select(r => r.Row.Id).Order());
        }

        var team = people[0].Access;
        (await cli.RunAsync("repositories", "list", "--team", team.Slug, "--limit", "1000", "--json")).ShouldBe(0, cli.Error);
        cli.Json.GetProperty("repositories").EnumerateArray().Select(r => r.GetProperty("id").GetInt64()).Order()
            .ShouldBe(repositories.Where(r => !r.Row.IsArchived && r.By.Any(c => c.TeamId == team.TeamId && !r.Missing.Contains(c.Id))).Select(r => r.Row.Id).Order());
        (await cli.RunAsync("repositories", "list", "--team", team.Slug, "--as", "nobody@example.com")).ShouldBe(1);
        cli.Error.ShouldContain("No member of the team “alpha” has the e-mail address nobody@example.com.");
    }

    private async Task BrowsingAsync(Person person, List<Seen> mine)
    {
        foreach (var sort in Enum.GetValues<RepositorySort>())
        {
            var rows = await SearchAsync(person, new() { Sort = sort, Archived = ArchivedFilter.Any }, mine.Count);
            foreach (var row in rows)
            {
                var through = Through(person, repositories.Single(r => r.Row.Id == row.Id)).Select(c => c.Name).Order(StringComparer.OrdinalIgnoreCase);
                row.Connections.ShouldBe(through);
                (row.DefaultBranch is not null).ShouldBe(ReadsCode(person, row.Id));
            }

            rows.Select(r => r.Id).Order().ShouldBe(mine.Select(r => r.Row.Id).Order());
        }

        foreach (var connection in connections.Where(c => c.TeamId == person.Access.TeamId))
        {
            var through = mine.Where(r => Through(person, r).Contains(connection)).Select(r => r.Row.Id).ToList();
            (await SearchAsync(person, new() { ConnectionId = connection.Id, Archived = ArchivedFilter.Any }, through.Count)).Select(r => r.Id).Order().ShouldBe(through.Order());
            (await queries.CountAsync(person.Access, default, connection.Id)).ShouldBe(through.Count);
        }

        foreach (var foreign in connections.Where(c => c.TeamId != person.Access.TeamId)) await SearchAsync(person, new() { ConnectionId = foreign.Id }, 0);
    }

    private async Task SearchingAsync(Person person, List<Seen> mine)
    {
        foreach (var text in (string[])["a", "co", "api", "pay", "ÜBER", "core api", "/web-", "1", "no-such-thing"])
        {
            var expected = mine.Where(r => !r.Row.IsArchived && Finds(r.Row, text)).Select(r => r.Row.Id).ToList();
            foreach (var sort in (RepositorySort[])[RepositorySort.Best, RepositorySort.Name])
            {
                var rows = await SearchAsync(person, new() { Text = text, Sort = sort }, expected.Count);
                rows.Select(r => r.Id).Order().ShouldBe(expected.Order(), $"{person.Account.Name}: {text}");
            }

            // Page by page it is the same, none twice and none left out.
            var pages = new List<long>();
            for (var skip = 0; skip < expected.Count; skip += 7) pages.AddRange((await queries.SearchAsync(person.Access, new() { Text = text }, new(skip, 7), default)).Items.Select(r => r.Id));
            pages.Order().ShouldBe(expected.Order());
        }

        foreach (var visibility in Enum.GetValues<RepositoryVisibility>())
        {
            var expected = mine.Where(r => r.Row.Visibility == visibility).Select(r => r.Row.Id).ToList();
            (await SearchAsync(person, new() { Visibility = visibility, Archived = ArchivedFilter.Any }, expected.Count)).Select(r => r.Id).Order().ShouldBe(expected.Order());
        }
    }

    private async Task CountingAsync(Person person, List<Seen> mine)
    {
        (await queries.CountAsync(person.Access, default)).ShouldBe(mine.Count);
        var facets = await queries.FacetsAsync(person.Access, default);
        facets.Namespaces.Order(StringComparer.Ordinal).ShouldBe(mine.Select(r => r.Row.NamespacePath).Distinct().Order(StringComparer.Ordinal));
        facets.Topics.Order(StringComparer.Ordinal).ShouldBe(mine.SelectMany(r => RepositoryQueries.SplitTopics(r.Row.Topics)).Distinct().Order(StringComparer.Ordinal));
    }

    private async Task FormerPathsAsync(Person person)
    {
        foreach (var moved in repositories.Where(r => r.FormerPath is not null))
        {
            var isSeen = Sees(person, moved) && Through(person, moved).Any();
            var rows = await SearchAsync(person, new() { Text = moved.FormerPath!, Archived = ArchivedFilter.Any }, isSeen ? 1 : 0);
            if (isSeen) rows[0].FormerPath.ShouldBe(moved.FormerPath);
        }
    }

    /// <summary>What is hidden from a person and what is not there get the same answer, word for word.</summary>
    private async Task AskingAsync(Person person)
    {
        var explain = new ExplainAbsence(database, ProjectQueries.Picked);
        var nothing = (await explain.RunAsync(person.Access, "core/no-such-thing", new(), default)).Value!;
        nothing.IsVisible.ShouldBeFalse();
        foreach (var repository in repositories)
        {
            var answer = (await explain.RunAsync(person.Access, repository.Row.FullPath, new() { Archived = ArchivedFilter.Any }, default)).Value!;
            answer.IsVisible.ShouldBe(Sees(person, repository), repository.Row.FullPath);
            if (answer.IsVisible || person.Access.Role != TeamRole.Member) continue;
            // What an open connection saw once, everybody in the team saw.
            if (repository.By.Any(c => c.TeamId == person.Access.TeamId && c.Audience == ConnectionAudience.Team)) continue;
            answer.Facts.ShouldBe(nothing.Facts);
            answer.Advice.ShouldBe(nothing.Advice);
            (answer.Title, answer.Show, answer.MayReadAgain).ShouldBe((nothing.Title, nothing.Show, nothing.MayReadAgain));
        }
    }

    private async Task PickingAsync(Person person, List<Seen> mine)
    {
        var picked = await new PickRepositories(database, new ProjectFeed(), TimeProvider.System).RunAsync(person.Access, [.. repositories.Select(r => r.Row.Id)], default);
        (picked.Value!.Added + picked.Value.AlreadyThere, picked.Value.NotVisible).ShouldBe((mine.Count, repositories.Count - mine.Count));
    }

    private async Task ProjectsAsync(Person person)
    {
        var rows = (await new ProjectQueries(database).SearchAsync(person.Access, null, new(0, 1_000), default)).Items;
        foreach (var row in rows)
        {
            // Not the path that it has, but the one under which it was picked.
            var repository = repositories.Single(r => r.Row.FullPath == row.FullPath || $"{r.Row.FullPath}-picked" == row.FullPath);
            if (Sees(person, repository))
            {
                row.IsOutOfReach.ShouldBeFalse();
                (row.DefaultBranch is not null).ShouldBe(ReadsCode(person, repository.Row.Id));
                continue;
            }

            row.IsOutOfReach.ShouldBeTrue();
            (row.WebUrl, row.HttpCloneUrl, row.SshCloneUrl, row.DefaultBranch, row.LastActivityAt, row.Visibility, row.DeletionOn)
                .ShouldBe(("", null, null, null, null, RepositoryVisibility.Unknown, null));
            if (connections.Any(c => c.TeamId == person.Access.TeamId && c.ServerId == repository.Row.ServerId && c.Audience == ConnectionAudience.Members))
                row.State.ShouldBe(person.Identities.Any(i => i.ServerId == repository.Row.ServerId && i.State == IdentityState.Active) ? ProjectState.NotShared : ProjectState.NotLinked);
        }
    }

    private async Task<IReadOnlyList<RepositoryRow>> SearchAsync(Person person, RepositorySearch search, int total)
    {
        var page = await queries.SearchAsync(person.Access, search, new(0, 1_000), default);
        page.Total.ShouldBe(total, $"{person.Account.Name}: {search.ToQueryString()}");
        page.Items.Count.ShouldBe(total);
        return page.Items;
    }

    private static bool Finds(Repository row, string text) => SearchText.Fold(text).Split(' ').All(t => t.Length > 2
        ? row.SearchText.Contains(t, StringComparison.Ordinal)
        : $"{row.FullPath} {row.Name} {row.Topics}".Split(['/', '-', ' ', '\n', '_', '.'], StringSplitOptions.RemoveEmptyEntries).Any(w => SearchText.Fold(w).StartsWith(t, StringComparison.Ordinal)));

    private static bool Sees(Person person, Seen repository) => Through(person, repository).Any();

    private static IEnumerable<Connection> Through(Person person, Seen repository) => repository.By.Where(c => c.TeamId == person.Access.TeamId && !repository.Missing.Contains(c.Id)
        && (c.Audience == ConnectionAudience.Team || person.Identities.Any(i => i.ServerId == c.ServerId && i.State == IdentityState.Active && (
            repository.Row.Visibility == RepositoryVisibility.Public
            || (repository.Row.Visibility == RepositoryVisibility.Internal && !i.IsExternal)
            || person.Own.Any(o => o.Repository == repository.Row.Id && person.Identities.Any(x => x.Id == o.Identity && x.State == IdentityState.Active))))));

    private bool ReadsCode(Person person, long id)
    {
        var repository = repositories.Single(r => r.Row.Id == id);
        return Through(person, repository).Any(c => c.Audience == ConnectionAudience.Team)
            || person.Own.Any(o => o.Repository == id && person.Identities.Any(i => i.Id == o.Identity && i.State == IdentityState.Active));
    }

    private async Task FillAsync(Random random)
    {
        var servers = new[] { await database.AddServerAsync(), await database.AddServerAsync("https://other.example.com") };
        var teams = new List<TeamAccess>();
        foreach (var slug in (string[])["alpha", "beta"])
        {
            var owner = await database.AddAccountAsync($"Owner of {slug}", $"owner@{slug}.example.com");
            teams.Add(await database.AddTeamAsync(slug, owner));
            people.Add(await PersonAsync(teams[^1], owner, servers, random));
            foreach (var server in servers)
            {
                for (var i = random.Next(1, 3); i > 0; i--)
                {
                    var audience = random.Next(3) == 0 ? ConnectionAudience.Team : ConnectionAudience.Members;
                    connections.Add(await database.AddConnectionAsync(teams[^1], server, $"{slug} {connections.Count}", c => c.Audience = audience));
                }
            }

            for (var i = 0; i < 3; i++)
            {
                var account = await database.AddAccountAsync($"Member {i} of {slug}", $"member{i}@{slug}.example.com");
                await using var db = database.CreateDbContext();
                var access = await database.AddMemberAsync(await db.Set<Team>().SingleAsync(t => t.Slug == slug), account, TeamRole.Member);
                people.Add(await PersonAsync(access, account, servers, random));
            }
        }

        for (var i = 1; i <= 50; i++) await RepositoryAsync(i, servers[random.Next(2)], random);
    }

    private async Task<Person> PersonAsync(TeamAccess access, Account account, Server[] servers, Random random)
    {
        var identities = new List<GitLabIdentity>();
        foreach (var server in servers)
        {
            for (var i = random.Next(3); i > 0; i--)
            {
                var identity = new GitLabIdentity
                {
                    AccountId = account.Id,
                    ServerId = server.Id,
                    GitLabUserId = (people.Count * 10) + i,
                    Username = $"user{people.Count}{i}",
                    SignsIn = true,
                    IsExternal = random.Next(3) == 0,
                    Scopes = "read_user read_api",
                    State = random.Next(5) == 0 ? IdentityState.Blocked : IdentityState.Active,
                    LinkedAt = TimeProvider.System.GetUtcNow(),
                };
                await database.SaveAsync(identity);
                identities.Add(identity);
            }
        }

        return new Person(access, account, identities, []);
    }

    private async Task RepositoryAsync(int id, Server server, Random random)
    {
        var path = $"{Words[random.Next(6)]}/{Words[random.Next(6)]}-{id}";
        var by = connections.Where(c => c.ServerId == server.Id && random.Next(3) > 0).ToList();
        if (by.Count == 0) by.Add(connections.First(c => c.ServerId == server.Id));
        var row = await database.AddRepositoryAsync(id, path, by, description: Words[random.Next(6)], topics: [Words[random.Next(6)]], change: r =>
        {
            r.Visibility = (RepositoryVisibility)random.Next(4);
            r.IsArchived = random.Next(5) == 0;
        });
        var seen = new Seen(row, by, random.Next(5) == 0 ? $"old/place-{id}" : null);
        repositories.Add(seen);
        await using var db = database.CreateDbContext();
        await db.Set<RepositorySighting>().Where(s => s.RepositoryId == row.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.ReadsCode, true));
        foreach (var gone in by.Where(_ => random.Next(6) == 0))
        {
            seen.Missing.Add(gone.Id);
            DateTimeOffset? now = TimeProvider.System.GetUtcNow();
            await db.Set<RepositorySighting>().Where(s => s.RepositoryId == row.Id && s.ConnectionId == gone.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.MissingSince, now));
        }

        if (seen.FormerPath is { } former)
            foreach (var connection in by) await database.SaveAsync(new PastPath { ConnectionId = connection.Id, RepositoryId = row.Id, FullPath = former, Until = TimeProvider.System.GetUtcNow() });

        foreach (var person in people)
        {
            foreach (var identity in person.Identities.Where(i => i.ServerId == server.Id && random.Next(3) == 0))
            {
                person.Own.Add((identity.Id, row.Id));
                await database.SaveAsync(new MemberSighting { IdentityId = identity.Id, RepositoryId = row.Id, ReadsCode = true });
            }
        }
    }
}
