using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// A catalogue of any size on a real database: a company's repositories, with the sandbox's words, and a second team that sees a tenth
/// of them. Rows are written as the product's tables want them; the index is the triggers' work.
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
        await db.Database.OpenConnectionAsync(cancellationToken);
        var sqlite = (SqliteConnection)db.Database.GetDbConnection();
        for (var first = 1; first <= count; first += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(sqlite, connection, small, first, Math.Min(BatchSize, count - first + 1));
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

    private static void Write(SqliteConnection sqlite, Connection connection, Connection? small, int first, int count)
    {
        using var transaction = sqlite.BeginTransaction();
        using var repository = sqlite.CreateCommand();
        repository.Transaction = transaction;
        repository.CommandText =
            """
            INSERT INTO Repositories (Id, ServerId, GitLabId, Name, FullPath, NamespacePath, Description, Visibility, DefaultBranch, WebUrl, HttpCloneUrl, SshCloneUrl,
                Stars, Topics, LastActivityAt, IsArchived, IsEmpty, IsFork, SearchText, ReadAt)
            VALUES ($id, $server, $id, $name, $path, $space, $description, $visibility, 'main', $web, $web || '.git', $ssh, $stars, $topics, $activity, $archived, $empty, 0, $text, $read)
            """;
        using var sighting = sqlite.CreateCommand();
        sighting.Transaction = transaction;
        sighting.CommandText = "INSERT INTO RepositorySightings (ConnectionId, RepositoryId, RunId) VALUES ($connection, $id, $run)";
        for (var id = first; id < first + count; id++)
        {
            var (p, more) = (Invent(id), Deterministic.Mix(2, id));
            string[] topics = more % 5 < 2 ? [Vocabulary.Topics[more / 64 % (ulong)Vocabulary.Topics.Length]] : [];
            repository.Parameters.Clear();
            void Set(string name, object? value) => repository.Parameters.AddWithValue(name, value ?? DBNull.Value);
            Set("$id", id);
            Set("$server", connection.ServerId);
            Set("$name", p.Name);
            Set("$path", p.Path);
            Set("$space", p.Space);
            Set("$description", p.Description);
            Set("$visibility", (more % 10) switch { 0 => "Public", < 4 => "Internal", _ => "Private" });
            Set("$web", $"https://git.example.com/{p.Path}");
            Set("$ssh", $"git@git.example.com:{p.Path}.git");
            Set("$stars", (int)(more % 5 == 0 ? more / 32 % 400 : more % 3));
            Set("$topics", topics.Length == 0 ? "" : $"\n{string.Join('\n', topics)}\n");
            Set("$activity", DateTime.UnixEpoch.AddYears(50).AddSeconds(more % 200_000_000));
            Set("$archived", more % 13 == 5);
            Set("$empty", more % 25 == 0);
            Set("$text", SearchText.Of(p.Path, p.Name, p.Description, topics));
            Set("$read", DateTime.UnixEpoch.AddYears(56));
            repository.ExecuteNonQuery();
            See(connection.Id);
            if (small is not null && id % 10 == 0) See(small.Id);

            void See(Guid connectionId)
            {
                sighting.Parameters.Clear();
                sighting.Parameters.AddWithValue("$connection", connectionId);
                sighting.Parameters.AddWithValue("$id", id);
                sighting.Parameters.AddWithValue("$run", Guid.Empty);
                sighting.ExecuteNonQuery();
            }
        }

        transaction.Commit();
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
