using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>A server and a token that passed the checks a moment ago; nothing of it is stored yet.</summary>
public sealed record CheckedConnection(
    ServerReport Server, Secret Token, TokenPassport Passport, IReadOnlyList<Finding> Findings, bool ReadOnly, NetworkPath Path)
{
    /// <summary>The address that people use, if the portal calls another one.</summary>
    public string? BrowserUrl { get; init; }

    public bool AllowsPlainHttp => Path.PlainHttp is PlainHttp.ToPrivateAddresses;
}

/// <summary>What the person chose for a connection.</summary>
public sealed record ConnectionChoice(string? Name, ConnectionCoverage Coverage, IReadOnlyList<ChosenGroup> Groups);

public sealed record ChosenGroup(long GitLabId, string FullPath);

/// <summary>Saves a checked connection: one transaction with its audit event, the token encrypted. Any refusal stores nothing.</summary>
public sealed class ConnectServer(
    IDbContextFactory<PortalDb> contexts, SecretProtector secrets, ConnectionFeed feed, TimeProvider time)
{
    private static readonly ConnectionChoiceValidator Validator = new();

    /// <returns>The connection's id.</returns>
    public async Task<Result<Guid>> RunAsync(
        TeamAccess access, CheckedConnection subject, ConnectionChoice choice, CancellationToken cancellationToken)
    {
        if (Validator.Problem(choice) is { } wrong) return wrong;
        if (subject.Server.Address is not { } address)
            return new Problem.Invalid("no-address", "The GitLab address is missing. Go back to the first step.");

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var allowed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!allowed.IsSuccess) return allowed.Problem;

        var name = choice.Name?.Trim();
        if (string.IsNullOrEmpty(name)) name = await FreeNameAsync(db, access.TeamId, address, cancellationToken);

        var server = await FindOrAddServerAsync(db, subject, address, cancellationToken);
        if (await SameTokenAsync(db, access.TeamId, server.Id, subject.Passport, cancellationToken) is { } same)
            return new Problem.Conflict("same-token", $"This very token already serves the connection “{same}”, perhaps since a moment ago in another tab. Nothing was saved twice.");

        var connection = Create(access, subject, choice, name, server);
        db.Add(connection);
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.created",
            $"Connected {address.BaseUrl} as “{name}” with {ConnectionTokens.Describe(connection)}");
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return new Problem.Conflict("name-taken",
                $"A connection named “{name}” was added meanwhile, perhaps in another tab. Nothing was saved twice: choose another name, or look at the list of connections.");
        }

        feed.Publish(new ConnectionChanged(connection.Id, access.TeamId, ConnectionChange.Ready));
        return connection.Id;
    }

    private Connection Create(TeamAccess access, CheckedConnection subject, ConnectionChoice choice, string name, Server server)
    {
        var id = Guid.CreateVersion7();
        var token = secrets.Protect(subject.Token, ConnectionTokens.Row(id));
        var connection = new Connection
        {
            Id = id,
            TeamId = access.TeamId,
            ServerId = server.Id,
            Name = name,
            ProtectedToken = token.CipherText,
            TokenKeyId = token.KeyId,
            TokenKind = subject.Passport.Kind,
            TokenScopes = "",
            IsReadOnly = subject.ReadOnly,
            AllowsPlainHttp = subject.AllowsPlainHttp,
            TrustedAuthorities = subject.Path.Authorities?.Pem,
            BrowserUrl = subject.BrowserUrl,
            Coverage = choice.Coverage,
            CreatedById = access.AccountId,
            CreatedAt = time.GetUtcNow(),
            CheckedAt = time.GetUtcNow(),
            Groups = choice.Coverage == ConnectionCoverage.Groups
                ? [.. choice.Groups.DistinctBy(g => g.GitLabId).Select(g => new ConnectionGroup { ConnectionId = id, GitLabGroupId = g.GitLabId, FullPath = g.FullPath })]
                : [],
        };
        connection.Apply(subject.Passport, [.. subject.Server.Findings, .. subject.Findings]);
        return connection;
    }

    private async Task<Server> FindOrAddServerAsync(PortalDb db, CheckedConnection subject, InstanceUrl address, CancellationToken cancellationToken)
    {
        // The transaction holds SQLite's write lock already, so nobody adds the same server between these lines.
        var server = await db.Set<Server>().SingleOrDefaultAsync(s => s.BaseUrl == address.BaseUrl, cancellationToken);
        if (server is null)
        {
            server = new Server { BaseUrl = address.BaseUrl, CreatedAt = time.GetUtcNow() };
            db.Add(server);
        }

        server.Issuer = subject.Server.Issuer ?? server.Issuer;
        server.Version = subject.Passport.Version ?? server.Version;
        server.IsEnterprise = subject.Passport.IsEnterprise ?? server.IsEnterprise;
        return server;
    }

    private static async Task<string?> SameTokenAsync(PortalDb db, Guid teamId, Guid serverId, TokenPassport passport, CancellationToken cancellationToken) =>
        passport.TokenId is null ? null : await db.Set<Connection>()
            .Where(c => c.TeamId == teamId && c.ServerId == serverId && c.TokenId == passport.TokenId)
            .Select(c => c.Name)
            .FirstOrDefaultAsync(cancellationToken);

    private static async Task<string> FreeNameAsync(PortalDb db, Guid teamId, InstanceUrl address, CancellationToken cancellationToken)
    {
        var taken = await db.Set<Connection>().Where(c => c.TeamId == teamId).Select(c => c.Name).ToListAsync(cancellationToken);
        return ConnectionNames.Free(address, taken);
    }
}
