using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;

namespace GitLabPortal.Tests.Harness;

/// <summary>Fills a <see cref="TestDb"/> with servers, connections and repositories, without a GitLab.</summary>
public static class CatalogueBuilder
{
    public static async Task<Server> AddServerAsync(this TestDb database, string baseUrl = "https://git.example.com")
    {
        var server = new Server { BaseUrl = baseUrl, CreatedAt = TimeProvider.System.GetUtcNow() };
        await database.SaveAsync(server);
        return server;
    }

    public static async Task<Connection> AddConnectionAsync(
        this TestDb database, TeamAccess team, Server server, string name = "Main", Action<Connection>? change = null)
    {
        var connection = new Connection
        {
            TeamId = team.TeamId,
            ServerId = server.Id,
            Name = name,
            ProtectedToken = "",
            TokenKeyId = Guid.Empty,
            TokenKind = TokenKind.Personal,
            TokenScopes = "api",
            IsReadOnly = false,
            AllowsPlainHttp = true,
            Coverage = ConnectionCoverage.Everything,
            CreatedById = team.AccountId,
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        change?.Invoke(connection);
        await database.SaveAsync(connection);
        return connection;
    }

    /// <summary>A repository that the given connections see.</summary>
    public static async Task<Repository> AddRepositoryAsync(
        this TestDb database, long gitLabId, string fullPath, IReadOnlyList<Connection> seenThrough, string? name = null,
        string? description = null, string[]? topics = null, Action<Repository>? change = null)
    {
        name ??= fullPath[(fullPath.LastIndexOf('/') + 1)..];
        var repository = new Repository
        {
            ServerId = seenThrough[0].ServerId,
            GitLabId = gitLabId,
            Name = name,
            FullPath = fullPath,
            NamespacePath = fullPath[..fullPath.LastIndexOf('/')],
            Description = description,
            Visibility = RepositoryVisibility.Private,
            DefaultBranch = "main",
            WebUrl = $"https://git.example.com/{fullPath}",
            HttpCloneUrl = $"https://git.example.com/{fullPath}.git",
            SshCloneUrl = $"git@git.example.com:{fullPath}.git",
            Stars = 0,
            Topics = topics is { Length: > 0 } ? $"\n{string.Join('\n', topics)}\n" : "",
            IsArchived = false,
            IsEmpty = false,
            IsFork = false,
            SearchText = SearchText.Of(fullPath, name, description, topics ?? []),
            ReadAt = TimeProvider.System.GetUtcNow(),
        };
        change?.Invoke(repository);
        await database.SaveAsync(repository);
        foreach (var connection in seenThrough)
        {
            await database.SaveAsync(new RepositorySighting { ConnectionId = connection.Id, RepositoryId = repository.Id, RunId = Guid.Empty });
        }

        return repository;
    }
}
