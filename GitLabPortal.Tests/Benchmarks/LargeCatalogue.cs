using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// A catalogue of any size on a real database: a company's repositories, with the sandbox's words, and a second team that sees a tenth
/// of them, written as a walk writes them.
/// </summary>
internal sealed class LargeCatalogue : IAsyncDisposable
{
    private const int BatchSize = 2_000;

    private LargeCatalogue(TestDb database, TeamAccess team, TeamAccess smallTeam) => (Database, Team, SmallTeam) = (database, team, smallTeam);

    public TestDb Database { get; }

    public TeamAccess Team { get; }

    public TeamAccess SmallTeam { get; }

    public static async Task<LargeCatalogue> CreateAsync(int count, CancellationToken cancellationToken)
    {
        var database = await TestDb.CreateAsync();
        var team = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        var small = await database.AddTeamAsync("beta", await database.AddAccountAsync("Bob"));
        var server = await database.AddServerAsync();
        var connection = await database.AddConnectionAsync(team, server);
        var smallConnection = await database.AddConnectionAsync(small, server, "Small");
        var catalogue = new LargeCatalogue(database, team, small);
        await using var db = database.CreateDbContext();
        await FillAsync(db, connection, smallConnection, count, cancellationToken);
        return catalogue;
    }

    /// <summary>Writes <paramref name="count"/> repositories that <paramref name="connection"/> sees, and <paramref name="small"/> a tenth of them.</summary>
    public static async Task FillAsync(PortalDb db, Connection connection, Connection? small, int count, CancellationToken cancellationToken)
    {
        var (run, now) = (new SyncRun { ConnectionId = connection.Id, State = SyncState.Completed, StartedAt = DateTimeOffset.UnixEpoch }, DateTimeOffset.UnixEpoch.AddYears(56));
        for (var first = 1; first <= count; first += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rows = Enumerable.Range(first, Math.Min(BatchSize, count - first + 1)).Select(id => Make(id, connection.ServerId)).ToList();
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            CatalogueWriter.Write(db, run, connection.ServerId, rows, now);
            if (small is not null)
            {
                var its = new SyncRun { ConnectionId = small.Id, State = SyncState.Completed, StartedAt = run.StartedAt };
                CatalogueWriter.Write(db, its, connection.ServerId, rows.Where(r => r.GitLabId % 10 == 0), now);
            }

            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>What somebody types, letter by letter, who looks for one repository after another.</summary>
    public static IEnumerable<string> Typed(int count, int catalogue)
    {
        var typed = 0;
        for (var i = 0; ; i++)
        {
            var mix = Deterministic.Mix(4711, i);
            var p = Invent(1 + (int)(mix % (ulong)catalogue));
            var sought = (mix / 1_000_003 % 6) switch
            {
                0 => p.Slug,
                1 => p.Subject,
                2 => $"{p.Subject} {p.Thing}",
                3 => p.Path,
                4 => $"{p.Team} {p.Thing}",
                _ => p.Thing,
            };
            for (var length = 1; length <= sought.Length; length++)
            {
                if (sought[length - 1] is ' ') continue;
                yield return sought[..length];
                if (++typed == count) yield break;
            }
        }
    }

    private static Repository Make(int id, Guid serverId)
    {
        var (p, more) = (Invent(id), Deterministic.Mix(2, id));
        string[] topics = more % 5 < 2 ? [Vocabulary.Topics[more / 64 % (ulong)Vocabulary.Topics.Length]] : [];
        return new Repository
        {
            ServerId = serverId,
            GitLabId = id,
            Name = p.Name,
            FullPath = p.Path,
            NamespacePath = p.Space,
            Description = p.Description,
            Visibility = (more % 10) switch { 0 => RepositoryVisibility.Public, < 4 => RepositoryVisibility.Internal, _ => RepositoryVisibility.Private },
            DefaultBranch = "main",
            WebUrl = $"https://git.example.com/{p.Path}",
            HttpCloneUrl = $"https://git.example.com/{p.Path}.git",
            SshCloneUrl = $"git@git.example.com:{p.Path}.git",
            Stars = (int)(more % 5 == 0 ? more / 32 % 400 : more % 3),
            Topics = topics.Length == 0 ? "" : $"\n{string.Join('\n', topics)}\n",
            LastActivityAt = DateTimeOffset.UnixEpoch.AddYears(50).AddSeconds(more % 200_000_000),
            IsArchived = more % 13 == 5,
            IsEmpty = more % 25 == 0,
            IsFork = false,
            SearchText = SearchText.Of(p.Path, p.Name, p.Description, topics),
            ReadAt = DateTimeOffset.UnixEpoch.AddYears(56),
        };
    }

    private sealed record Invented(string Path, string Space, string Slug, string Name, string Subject, string Thing, string Team, string? Description);

    private static Invented Invent(int id)
    {
        var (mix, more) = (Deterministic.Mix(1, id), Deterministic.Mix(3, id));
        var team = Vocabulary.Teams[mix / 8 % (ulong)Vocabulary.Teams.Length];
        var space = $"{Vocabulary.Departments[mix / 256 % (ulong)Vocabulary.Departments.Length]}/{team}/area-{1 + (mix / 65536 % 12)}";
        var subject = Vocabulary.Subjects[mix / 1_048_576 % (ulong)Vocabulary.Subjects.Length];
        var thing = Vocabulary.Things[mix / 33_554_432 % (ulong)Vocabulary.Things.Length];
        var slug = $"{subject}-{thing}-{id}";
        var description = more % 4 == 0 ? null
            : $"The {subject} {thing} that {Vocabulary.Teams[more / 16 % (ulong)Vocabulary.Teams.Length]} runs for {Vocabulary.Subjects[more / 512 % (ulong)Vocabulary.Subjects.Length]} and {Vocabulary.Departments[more / 32_768 % (ulong)Vocabulary.Departments.Length]}";
        return new Invented($"{space}/{slug}", space, slug, mix % 3 == 0 ? slug : slug.Replace('-', ' '), subject, thing, team, description);
    }

    public ValueTask DisposeAsync() => Database.DisposeAsync();
}
