using System.Data;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>A repository as a connection knows it, to recognise its server by.</summary>
public sealed record KnownRepository(long GitLabId, string FullPath);

/// <summary>Some repositories that the connection saw last; the catalogue, higher on the ladder, knows them.</summary>
public delegate Task<IReadOnlyList<KnownRepository>> AddressSample(PortalDb db, Guid connectionId, CancellationToken cancellationToken);

/// <summary>Whether something of another team than this hangs on a server.</summary>
public delegate Task<bool> ServerUse(PortalDb db, Guid serverId, Guid teamId, CancellationToken cancellationToken);

/// <summary>Takes along what hangs on a connection that goes to another server's row. Runs in the transaction of the move.</summary>
public delegate Task AddressMove(PortalDb db, Connection connection, Guid fromServerId, Guid toServerId, CancellationToken cancellationToken);

/// <summary>What somebody entered for a changed address.</summary>
/// <param name="Url">As pasted.</param>
/// <param name="AllowsPlainHttp">The token may travel unencrypted in a private network.</param>
/// <param name="Authorities">Trusted besides the machine's; null for none.</param>
public sealed record NewAddress(string Url, bool AllowsPlainHttp, TrustedAuthorities? Authorities);

/// <summary>
/// Leads a connection to its GitLab's new address. The token is asked for again, because one is only ever sent to the address that it was
/// given for; and it must be the same GitLab: ids of repositories mean something there alone. A server's row that others use too stays as
/// it is; the connection then goes to a row of its own, with the team's projects.
/// </summary>
public sealed class ChangeAddress(
    IDbContextFactory<PortalDb> contexts, ServerProbe probe, TokenInspector inspector, GitLabClients clients, SecretProtector secrets,
    IEnumerable<AddressSample> samples, IEnumerable<ServerUse> uses, IEnumerable<AddressMove> moves, IEnumerable<RemovalCleanup> cleanups,
    ConnectionFeed feed, TimeProvider time)
{
    /// <summary>Looks at the new address, without any token.</summary>
    public async Task<Result<ServerReport>> CheckAsync(
        TeamAccess access, Guid connectionId, NewAddress address, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;
        if (PastedToken.LooksLikeOne(address.Url))
            return new Problem.Invalid("url-is-token", "This looks like an access token. It was not used and is forgotten. Enter the new address first.", "Url");
        var parsed = InstanceUrl.Parse(address.Url);
        if (!parsed.IsSuccess) return new Problem.Invalid(parsed.Problem.Code, parsed.Problem.Message, "Url");
        var report = await probe.RunAsync(address.Url, NetworkPath.For(address.AllowsPlainHttp, address.Authorities), progress, cancellationToken);
        if (report.Address?.BaseUrl == found.Value.Server!.BaseUrl) return new Problem.Invalid("address-same", "The portal calls this address already.", "Url");
        return report.CanContinue ? report : new Problem.Refused("address-refused", "The new address cannot be used yet.", report.Findings);
    }

    /// <returns>What the checks saw. What is refused changes nothing.</returns>
    public async Task<Result<IReadOnlyList<Finding>>> RunAsync(
        TeamAccess access, Guid connectionId, NewAddress address, string pasted, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        var cleaned = PastedToken.Read(new Secret(pasted));
        if (!cleaned.IsSuccess) return cleaned.Problem;
        // Looked at anew: what a page holds may be an hour old.
        var server = await CheckAsync(access, connectionId, address, null, cancellationToken);
        if (!server.IsSuccess) return server.Problem;

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;
        var connection = found.Value;
        var path = NetworkPath.For(address.AllowsPlainHttp && server.Value.IsPlainHttp, address.Authorities);
        var report = await inspector.RunAsync(new(server.Value.Address!, cleaned.Value, connection.IsReadOnly, path, connection.Coverage), progress, cancellationToken);
        if (!report.CanConnect || report.Passport is not { } passport)
            return new Problem.Refused("token-refused", "This token cannot be used at the new address. Address and token that were there before stay.", report.Findings);
        var client = clients.For(server.Value.Address!.BaseUrl, cleaned.Value, path, maxRetries: 1);
        if (await DifferenceAsync(db, connection, server.Value, passport, client, cancellationToken) is { } different) return different;
        return await MoveAsync(access, connection, server.Value, cleaned.Value, passport, path, report.Findings, cancellationToken);
    }

    /// <summary>Null when it is the same GitLab, as far as that can be told. A copy of it, restored elsewhere, looks the same.</summary>
    private async Task<Problem?> DifferenceAsync(
        PortalDb db, Connection connection, ServerReport server, TokenPassport passport, GitLabClient client, CancellationToken cancellationToken)
    {
        if (connection.TokenUserId is { } userId && passport.UserId != userId)
        {
            return Different(
                $"The token belongs to @{passport.Username} (number {passport.UserId}), the connection's token to @{connection.TokenUsername} (number {userId}). Paste a token of the same account, or connect the other server as a new one.");
        }

        List<KnownRepository> known = [];
        foreach (var sample in samples) known.AddRange(await sample(db, connection.Id, cancellationToken));
        var hasSameIssuer = connection.Server!.Issuer is { } issuer && issuer == server.Issuer;
        if (known.Count == 0)
        {
            return hasSameIssuer || connection.TokenUsername == passport.Username ? null
                : Different($"Number {passport.UserId} is @{passport.Username} there, but @{connection.TokenUsername} at the address until now.");
        }

        var answers = await Task.WhenAll(known.Select(k => FindAsync(client, k.GitLabId, cancellationToken)));
        var same = known.Zip(answers).Count(pair => pair.Second?.PathWithNamespace == pair.First.FullPath);
        // Some may have been renamed or deleted meanwhile; that most have is another server.
        return same * 2 >= known.Count ? null
            : Different($"Of {known.Count} repositories of this connection, {same} have the same number and path there, for example {known[0].FullPath} (number {known[0].GitLabId}) has not.");
    }

    private static Problem.Refused Different(string seen) =>
        new("server-differs", "This is not the same GitLab. Nothing was changed.", [ConnectionCodes.ServerDiffers.Saw(seen) with { Phase = "address" }]);

    private static async Task<GitLabProject?> FindAsync(GitLabClient client, long id, CancellationToken cancellationToken)
    {
        try
        {
            return await client.Projects.GetAsync(id, cancellationToken);
        }
        catch (GitLabException)
        {
            return null;
        }
    }

    private async Task<Result<IReadOnlyList<Finding>>> MoveAsync(
        TeamAccess access, Connection judged, ServerReport report, Secret token, TokenPassport passport, NetworkPath path, IReadOnlyList<Finding> findings, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, judged.Id, cancellationToken);
        if (!found.IsSuccess) return found.Problem;
        var connection = found.Value;
        var (old, before, baseUrl) = (connection.Server!, connection.Server!.BaseUrl, report.Address!.BaseUrl);
        if (before != judged.Server!.BaseUrl) return new Problem.Conflict("address-changed", "Somebody changed the address of this connection meanwhile. Reload the page to see it.");

        var target = await TargetAsync(db, connection, baseUrl, cancellationToken);
        (target.Issuer, target.Version, target.IsEnterprise) = (report.Issuer ?? target.Issuer, passport.Version ?? target.Version, passport.IsEnterprise ?? target.IsEnterprise);
        var cipher = secrets.Protect(token, ConnectionTokens.Row(connection.Id));
        (connection.ProtectedToken, connection.TokenKeyId) = (cipher.CipherText, cipher.KeyId);
        (connection.AllowsPlainHttp, connection.TrustedAuthorities) = (path.PlainHttp is PlainHttp.ToPrivateAddresses, path.Authorities?.Pem);
        if (connection.BrowserUrl == baseUrl) connection.BrowserUrl = null;
        connection.Apply(passport, [.. report.Findings, .. findings]);
        connection.CheckedAt = time.GetUtcNow();
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.address-changed",
            $"“{connection.Name}” calls {baseUrl} instead of {before}, with {ConnectionTokens.Describe(connection)}");
        try
        {
            if (target != old) connection.ServerId = target.Id;
            await db.SaveChangesAsync(cancellationToken);
            if (target != old)
            {
                foreach (var move in moves) await move(db, connection, old.Id, target.Id, cancellationToken);
                foreach (var cleanup in cleanups) await cleanup(db, old.Id, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.IsUniqueViolation())
        {
            return new Problem.Conflict("same-token", "This very token already serves another connection of the team at that address. Nothing was changed.");
        }

        feed.Publish(new ConnectionChanged(connection.Id, access.TeamId, ConnectionChange.Updated));
        feed.Publish(new ConnectionChanged(connection.Id, access.TeamId, ConnectionChange.SyncRequested));
        return Result.Of(findings);
    }

    /// <summary>The row itself, renamed, when nobody else uses it; otherwise the row of the new address.</summary>
    private async Task<Server> TargetAsync(PortalDb db, Connection connection, string baseUrl, CancellationToken cancellationToken)
    {
        var old = connection.Server!;
        if (await db.Set<Server>().SingleOrDefaultAsync(s => s.BaseUrl == baseUrl, cancellationToken) is { } known) return known;
        if (await IsUsedByOthersAsync(db, connection, cancellationToken)) return db.Add(new Server { BaseUrl = baseUrl, CreatedAt = time.GetUtcNow() }).Entity;
        old.BaseUrl = baseUrl;
        return old;
    }

    private async Task<bool> IsUsedByOthersAsync(PortalDb db, Connection connection, CancellationToken cancellationToken)
    {
        var id = connection.ServerId;
        if (await db.Set<Connection>().AnyAsync(c => c.ServerId == id && c.Id != connection.Id, cancellationToken)
            || await db.Set<ServerApplication>().AnyAsync(a => a.ServerId == id, cancellationToken)
            || await db.Set<ServerEntry>().AnyAsync(e => e.ServerId == id, cancellationToken)
            || await db.Set<GitLabIdentity>().AnyAsync(i => i.ServerId == id, cancellationToken))
        {
            return true;
        }

        foreach (var use in uses)
        {
            if (await use(db, id, connection.TeamId, cancellationToken)) return true;
        }

        return false;
    }
}
