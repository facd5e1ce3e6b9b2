using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>Runs the checks of a connection again, server first and then token, and keeps what they saw.</summary>
public sealed class CheckConnection(
    IDbContextFactory<PortalDb> contexts, ServerProbe probe, TokenInspector inspector, SecretProtector secrets, ConnectionFeed feed, TimeProvider time)
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

        var probed = await probe.RunAsync(server.BaseUrl, connection.Path(time), progress, cancellationToken);
        if (!probed.CanContinue) return Fail(connection, ConnectionStatus.Unreachable, probed.Findings);

        server.Issuer = probed.Issuer ?? server.Issuer;
        var report = await inspector.RunAsync(OwnConnections.CheckOf(connection, token, time), progress, cancellationToken);
        IReadOnlyList<Finding> all = [.. probed.Findings, .. report.Findings];
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
