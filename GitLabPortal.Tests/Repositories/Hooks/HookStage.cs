using System.Net;
using System.Text;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace GitLabPortal.Tests.Repositories.Hooks;

/// <summary>A whole portal and a sandbox GitLab that call each other over HTTP. Nothing is read on a schedule while a test runs.</summary>
internal sealed class HookStage : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private HookStage(PortalApp portal, GitLabSandbox gitLab, TeamAccess team) => (Portal, GitLab, Team) = (portal, gitLab, team);

    public PortalApp Portal { get; }

    public GitLabSandbox GitLab { get; }

    public TeamAccess Team { get; }

    public string Address => Portal.Address.GetLeftPart(UriPartial.Authority);

    public static async Task<HookStage> StartAsync(GitLabSandboxBuilder? builder = null)
    {
        var gitLab = await (builder ?? GitLabSandbox.WithProjects(12)).StartAsync();
        var portal = await PortalApp.StartSetUpAsync("--Outbound:AllowedNetworks:0=127.0.0.0/8", "--Sync:Interval=7.00:00:00", "--Sync:FullInterval=7.00:00:00");
        return new HookStage(portal, gitLab, await portal.AccessAsync());
    }

    public T Get<T>() where T : notnull => Portal.Services.GetRequiredService<T>();

    public async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await read(db);
    }

    /// <summary>Connected and read once; with an administrator's token, unless another is given.</summary>
    public async Task<Connection> ConnectAsync(SandboxToken? token = null, TeamAccess? team = null, string name = "Main", Action<Connection>? change = null)
    {
        token ??= GitLab.World.AddToken(GitLab.World.Root, ["api", "admin_mode"]);
        team ??= Team;
        var baseUrl = GitLab.Url.AbsoluteUri.TrimEnd('/');
        var serverId = await ReadAsync(async db =>
        {
            if (await db.Set<Server>().SingleOrDefaultAsync(s => s.BaseUrl == baseUrl) is { } known) return known.Id;
            var server = new Server { BaseUrl = baseUrl, CreatedAt = TimeProvider.System.GetUtcNow(), Version = "18.9.0-ee" };
            db.Add(server);
            await db.SaveChangesAsync();
            return server.Id;
        });
        var id = Guid.CreateVersion7();
        var secret = Get<SecretProtector>().Protect(new Secret(token.Secret), ConnectionTokens.Row(id));
        var connection = new Connection
        {
            Id = id,
            TeamId = team.TeamId,
            ServerId = serverId,
            Name = name,
            ProtectedToken = secret.CipherText,
            TokenKeyId = secret.KeyId,
            TokenKind = TokenKind.Personal,
            TokenId = token.Id,
            TokenScopes = "api",
            TokenUserId = token.User.Id,
            TokenUsername = token.User.Username,
            TokenUserIsAdmin = token.User.IsAdmin,
            IsReadOnly = false,
            AllowsPlainHttp = true,
            Coverage = ConnectionCoverage.Everything,
            CreatedById = team.AccountId,
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        change?.Invoke(connection);
        // Before it is there: a worker that happens to look in between would read it, and read it again when it is told.
        Get<ConnectionFeed>().Publish(new ConnectionChanged(id, team.TeamId, ConnectionChange.Ready));
        await ReadAsync(async db =>
        {
            db.Add(connection);
            return await db.SaveChangesAsync();
        });
        Get<ConnectionFeed>().Publish(new ConnectionChanged(id, team.TeamId, ConnectionChange.Updated));
        await EventuallyAsync(async () => await ReadAsync(db => db.Set<SyncRun>().AnyAsync(r => r.ConnectionId == id && r.State == SyncState.Completed)), "the first walk");
        return connection;
    }

    /// <summary>A second team of this portal.</summary>
    public async Task<TeamAccess> AddTeamAsync(string name)
    {
        var slug = name.ToLowerInvariant();
        await ReadAsync(async db =>
        {
            var team = new Team { Name = name, Slug = slug, CreatedAt = TimeProvider.System.GetUtcNow() };
            db.AddRange(team, new TeamMember { TeamId = team.Id, AccountId = Team.AccountId, Role = TeamRole.Owner, JoinedAt = TimeProvider.System.GetUtcNow() });
            return await db.SaveChangesAsync();
        });
        return await Portal.AccessAsync(slug);
    }

    public Task<Result> TryTurnOnAsync(Connection connection, string? address = null, TeamAccess? access = null) =>
        Get<TurnOnHook>().RunAsync(access ?? Team, connection.Id, address ?? Address, CancellationToken.None);

    /// <summary>Connected, with the hook on and GitLab's test over.</summary>
    public async Task<Connection> ConnectWithHookAsync()
    {
        var connection = await ConnectAsync();
        (await TryTurnOnAsync(connection)).Problem.ShouldBeNull();
        await QuietAsync();
        GitLab.Requests.Clear();
        return connection;
    }

    public Task<SystemHook?> HookAsync(Connection connection) =>
        ReadAsync(db => db.Set<SystemHook>().AsNoTracking().SingleOrDefaultAsync(h => h.ConnectionId == connection.Id));

    public async Task<HookView> ViewAsync(Connection connection) => (await Get<HookQueries>().OfConnectionAsync(connection.Id, CancellationToken.None))!;

    public Task<List<HookDelivery>> DeliveriesAsync() => ReadAsync(db => db.Set<HookDelivery>().AsNoTracking().OrderBy(d => d.Id).ToListAsync());

    /// <summary>GitLab has told everything, and the portal has looked into all of it.</summary>
    public async Task QuietAsync()
    {
        await GitLab.Hooks.IdleAsync();
        await EventuallyAsync(
            async () => await ReadAsync(async db => !await db.Set<HookDelivery>().AnyAsync(d => d.DoneAt == null) && !await db.Set<SyncRun>().AnyAsync(r => r.State == SyncState.Running)),
            "quiet");
    }

    /// <summary>What the connection sees now, by GitLab's id.</summary>
    public async Task<Dictionary<long, string>> SeenAsync(Connection connection)
    {
        var seen = await ReadAsync(db => db.Set<RepositorySighting>()
            .Where(s => s.ConnectionId == connection.Id && s.MissingSince == null)
            .Select(s => new { s.Repository!.GitLabId, s.Repository.FullPath })
            .ToListAsync());
        return seen.ToDictionary(s => s.GitLabId, s => s.FullPath);
    }

    public Task<RepositorySighting?> SightingAsync(Connection connection, long gitLabId) => ReadAsync(db => db.Set<RepositorySighting>().AsNoTracking()
        .SingleOrDefaultAsync(s => s.ConnectionId == connection.Id && s.Repository!.GitLabId == gitLabId));

    public int SingleReads => GitLab.Requests.Count(r => r is { Method: "GET" } && r.Path.StartsWith("/api/v4/projects/", StringComparison.Ordinal));

    /// <summary>Posts what anybody might post.</summary>
    public async Task<(HttpStatusCode Status, string Body)> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Address + path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>As GitLab would send it, with the hook's own secret.</summary>
    public async Task<HttpStatusCode> DeliverAsync(string body, string? id = null)
    {
        var there = GitLab.World.Hooks.Single();
        return (await PostAsync(new Uri(there.Url).AbsolutePath, body, ("X-Gitlab-Token", there.Token!), ("Idempotency-Key", id ?? Guid.NewGuid().ToString()))).Status;
    }

    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (!await condition())
        {
            limit.IsCancellationRequested.ShouldBeFalse($"Waited in vain for: {what}");
            await Task.Delay(25);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        await GitLab.DisposeAsync();
    }
}
