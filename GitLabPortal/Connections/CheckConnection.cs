using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>Runs the checks of a connection again, server first and then token, and keeps what they saw.</summary>
public sealed class CheckConnection(
    IDbContextFactory<PortalDb> contexts, WholeCheck check, SecretProtector secrets, ConnectionFeed feed, TimeProvider time)
{
    public async Task<Result<IReadOnlyList<Finding>>> RunAsync(
        TeamAccess access, Guid connectionId, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;

        var connection = found.Value;
        var findings = await CheckAsync(connection, progress, cancellationToken);
        connection.CheckedAt = time.GetUtcNow();
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return OwnConnections.Gone;
        }

        feed.Publish(new ConnectionChanged(connection.Id, access.TeamId, ConnectionChange.Updated));
        return Result.Of<IReadOnlyList<Finding>>(findings);
    }

    private async Task<IReadOnlyList<Finding>> CheckAsync(Connection connection, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        var server = connection.Server!;
        if (secrets.Reveal(connection.ProtectedToken, ConnectionTokens.Row(connection.Id)) is not { } token)
        {
            return Fail(connection, ConnectionStatus.TokenLost, [ConnectionCodes.TokenLost.Saw("The key that protected it is no longer in the portal's key ring.")]);
        }

        var seen = await check.RunAsync(server.BaseUrl, connection.Path(time), _ => OwnConnections.CheckOf(connection, token, time), progress, cancellationToken);
        var all = seen.Findings;
        if (seen.Token is not { } report) return Fail(connection, ConnectionStatus.Unreachable, all);

        server.Issuer = seen.Server.Issuer ?? server.Issuer;
        if (!report.CanConnect || report.Passport is not { } passport) return Fail(connection, ConnectionStatus.TokenRefused, all);

        server.Version = passport.Version ?? server.Version;
        server.IsEnterprise = passport.IsEnterprise ?? server.IsEnterprise;
        connection.Apply(passport, all);
        return all;
    }

    private static IReadOnlyList<Finding> Fail(Connection connection, ConnectionStatus status, IReadOnlyList<Finding> findings)
    {
        connection.Status = status;
        var text = findings.FirstOrDefault(f => f.Status == FindingStatus.Failed)?.Seen;
        connection.StatusText = text?.Length > 1000 ? text[..1000] : text;
        connection.Findings = System.Text.Json.JsonSerializer.Serialize(findings);
        return findings;
    }
}
