using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>Gives a connection another name.</summary>
public sealed class RenameConnection(IDbContextFactory<PortalDb> contexts, ConnectionFeed feed, TimeProvider time)
{
    private static readonly ConnectionNameValidator Validator = new();

    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, string name, CancellationToken cancellationToken)
    {
        if (Validator.Problem(name) is { } wrong) return wrong;
        name = name.Trim();

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;

        var before = found.Value.Name;
        found.Value.Name = name;
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.renamed", $"Renamed the connection “{before}” to “{name}”");
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return new Problem.Conflict("name-taken", $"Another connection of this team is named “{name}”. Choose another name.");
        }

        feed.Publish(new ConnectionChanged(connectionId, access.TeamId, ConnectionChange.Updated));
        return Result.Success;
    }
}

/// <summary>
/// Forgets a connection and its token. The repositories seen through it leave the grid; projects picked from them stay, greyed, and
/// come back when the same server is connected again.
/// </summary>
public sealed class RemoveConnection(
    IDbContextFactory<PortalDb> contexts, IEnumerable<RemovalCleanup> cleanups, ConnectionFeed feed, TimeProvider time)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;

        var baseUrl = found.Value.Server!.BaseUrl;
        db.Remove(found.Value);
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.removed", $"Removed the connection “{found.Value.Name}” to {baseUrl}");
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            foreach (var cleanup in cleanups) await cleanup(db, found.Value.ServerId, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return OwnConnections.Gone;
        }

        feed.Publish(new ConnectionChanged(connectionId, access.TeamId, ConnectionChange.Removed));
        return Result.Success;
    }
}

/// <summary>Puts another token in the place of the present one; repositories and projects stay.</summary>
public sealed class ReplaceToken(
    IDbContextFactory<PortalDb> contexts, TokenInspector inspector, SecretProtector secrets, ConnectionFeed feed, TimeProvider time)
{
    /// <returns>What the check saw. A token that cannot do the job is refused and the old one stays.</returns>
    public async Task<Result<IReadOnlyList<Finding>>> RunAsync(
        TeamAccess access, Guid connectionId, string pasted, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        var cleaned = PastedToken.Read(new Secret(pasted));
        if (!cleaned.IsSuccess) return cleaned.Problem;

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;

        var connection = found.Value;
        var report = await inspector.RunAsync(OwnConnections.CheckOf(connection, cleaned.Value, time), progress, cancellationToken);
        if (!report.CanConnect || report.Passport is not { } passport)
            return new Problem.Refused("token-refused", "This token cannot be used. The token that was there before stays.", report.Findings);

        var again = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!again.IsSuccess) return again.Problem;

        var token = secrets.Protect(cleaned.Value, ConnectionTokens.Row(connection.Id));
        (connection.ProtectedToken, connection.TokenKeyId) = (token.CipherText, token.KeyId);
        connection.Apply(passport, report.Findings);
        connection.CheckedAt = time.GetUtcNow();
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.token-replaced",
            $"Replaced the token of “{connection.Name}” by {ConnectionTokens.Describe(connection)}");
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return OwnConnections.Gone;
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return new Problem.Conflict("same-token", "This very token already serves another connection of the team. The token that was there before stays.");
        }

        feed.Publish(new ConnectionChanged(connection.Id, access.TeamId, ConnectionChange.Updated));
        feed.Publish(new ConnectionChanged(connection.Id, access.TeamId, ConnectionChange.SyncRequested));
        return Result.Of<IReadOnlyList<Finding>>(report.Findings);
    }
}

/// <summary>Finds a connection of the team and asks for permission in the same context.</summary>
internal static class OwnConnections
{
    public static readonly Problem Gone = new Problem.NotFound(
        "connection-gone", "This connection was removed meanwhile. Reload the page to see what is there.");

    public static async Task<Result<Connection>> FindAsync(PortalDb db, TeamAccess access, Guid connectionId, CancellationToken cancellationToken)
    {
        var allowed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!allowed.IsSuccess) return allowed.Problem;
        var connection = await db.Set<Connection>()
            .Include(c => c.Server)
            .SingleOrDefaultAsync(c => c.Id == connectionId && c.TeamId == access.TeamId, cancellationToken);
        return connection is null ? Gone : connection;
    }

    public static TokenCheckRequest CheckOf(Connection connection, Secret token, TimeProvider time) =>
        new(InstanceUrl.Parse(connection.Server!.BaseUrl).Value!, token, connection.IsReadOnly, connection.Path(time), connection.Coverage);
}
