using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>How a connection's calls travel, by what its team accepted for it alone.</summary>
public static class ConnectionNetwork
{
    /// <summary>The path of every client of this connection: API, git and checks.</summary>
    public static NetworkPath Path(this Connection connection, TimeProvider time) =>
        // Authorities that ended meanwhile are as good as none: the check says that the certificate is not trusted.
        NetworkPath.For(connection.AllowsPlainHttp, connection.TrustedAuthorities is { } pem ? TrustedAuthorities.Parse(pem, time).Value : null);
}

/// <param name="AuthorityPem">Authorities to trust besides the machine's; null or empty for none.</param>
/// <param name="BrowserUrl">The address that people use, if it is not the one that the portal calls; null or empty if it is.</param>
public sealed record NetworkSettings(string? AuthorityPem, string? BrowserUrl)
{
    /// <summary>Either is null when it was left empty.</summary>
    public Result<(TrustedAuthorities? Authorities, string? BrowserUrl)> Read(TimeProvider time)
    {
        string? address = null;
        if (!string.IsNullOrWhiteSpace(BrowserUrl))
        {
            var parsed = InstanceUrl.Parse(BrowserUrl);
            if (!parsed.IsSuccess) return new Problem.Invalid(parsed.Problem.Code, parsed.Problem.Message, nameof(BrowserUrl));
            address = parsed.Value.BaseUrl;
        }

        if (string.IsNullOrWhiteSpace(AuthorityPem)) return (null, address);
        var authorities = TrustedAuthorities.Parse(AuthorityPem, time);
        return authorities.IsSuccess ? (authorities.Value, address) : authorities.Problem;
    }
}

/// <summary>
/// Changes the network settings of one connection, after trying them with its server and token: what does not work is refused and the old
/// settings stay. The address that is called cannot be changed: the stored token is for that address alone.
/// </summary>
public sealed class ChangeConnectionNetwork(
    IDbContextFactory<PortalDb> contexts, WholeCheck check, SecretProtector secrets, ConnectionFeed feed, TimeProvider time)
{
    public async Task<Result<IReadOnlyList<Finding>>> RunAsync(
        TeamAccess access, Guid connectionId, NetworkSettings settings, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        var read = settings.Read(time);
        if (!read.IsSuccess) return read.Problem;
        var (authorities, browserUrl) = read.Value;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;

        var connection = found.Value;
        connection.TrustedAuthorities = authorities?.Pem;
        connection.BrowserUrl = browserUrl == connection.Server!.BaseUrl ? null : browserUrl;
        var tried = await TryAsync(connection, progress, cancellationToken);
        if (!tried.IsSuccess) return tried.Problem;

        var again = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Admin, cancellationToken);
        if (!again.IsSuccess) return again.Problem;
        connection.CheckedAt = time.GetUtcNow();
        var authority = authorities is null ? "only the machine's authorities are trusted" : $"also trusts {string.Join(", ", authorities.All.Select(a => a.Sha256))}";
        var address = connection.BrowserUrl is { } url ? $"; people use {url}" : "";
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.network-changed", $"Changed the network settings of “{connection.Name}”: {authority}{address}");
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return OwnConnections.Gone;
        }

        feed.Publish(new ConnectionChanged(connection.Id, access.TeamId, ConnectionChange.Updated));
        return tried;
    }

    private async Task<Result<IReadOnlyList<Finding>>> TryAsync(Connection connection, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        if (secrets.Reveal(connection.ProtectedToken, ConnectionTokens.Row(connection.Id)) is not { } token)
            return new Problem.Refused("token-lost", "The stored token cannot be read. Replace it first.", [ConnectionCodes.TokenLost.Saw("The key that protected it is no longer in the portal's key ring.")]);
        var seen = await check.RunAsync(connection.Server!.BaseUrl, connection.Path(time), _ => OwnConnections.CheckOf(connection, token, time), progress, cancellationToken);
        var all = seen.Findings;
        if (seen.Token is not { } report) return new Problem.Refused("network-refused", "With these settings the server is not reached. The settings that were there before stay.", all);
        if (!report.CanConnect || report.Passport is not { } passport)
            return new Problem.Refused("token-refused", "With these settings GitLab refuses the token. The settings that were there before stay.", all);
        connection.Apply(passport, all);
        return Result.Of(all);
    }
}
