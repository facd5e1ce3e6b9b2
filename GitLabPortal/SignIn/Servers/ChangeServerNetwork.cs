using System.Data;
using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>
/// Changes how the calls for signing in with a server travel, after trying it: what does not work is refused and the old settings stay.
/// Teams' connections keep their own. Portal administrators only: everybody of the server signs in by it.
/// </summary>
public sealed class ChangeServerNetwork(IDbContextFactory<PortalDb> contexts, ServerProbe probe, TimeProvider clock)
{
    private static readonly Problem Gone = new Problem.NotFound("server-gone", "This server is not there any more.");

    public async Task<Result<IReadOnlyList<Finding>>> RunAsync(
        Actor actor, Guid serverId, NetworkSettings settings, IProgress<Finding>? progress, CancellationToken cancellationToken)
    {
        var read = settings.Read(clock);
        if (!read.IsSuccess) return read.Problem;
        var (authorities, browserUrl) = read.Value;
        string baseUrl;
        bool allowsPlainHttp;
        await using (var before = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (await before.Set<Server>().Where(s => s.Id == serverId).Select(s => s.BaseUrl).SingleOrDefaultAsync(cancellationToken) is not { } found) return Gone;
            baseUrl = found;
            allowsPlainHttp = await before.Set<ServerApplication>().AnyAsync(a => a.ServerId == serverId && a.AllowsPlainHttp, cancellationToken);
        }

        // The same name, rules, proxy and certificate that every later call for signing in meets.
        var tried = await probe.RunAsync(baseUrl, NetworkPath.For(allowsPlainHttp, authorities), progress, cancellationToken);
        if (!tried.CanContinue) return new Problem.Refused("network-refused", "With these settings the server is not reached. The settings that were there before stay.", tried.Findings);

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        if (!await db.Set<Account>().AnyAsync(a => a.Id == actor.AccountId && a.IsPortalAdministrator, cancellationToken)) return ServerAccess.AdministratorsOnly;
        if (await db.Set<Server>().SingleOrDefaultAsync(s => s.Id == serverId, cancellationToken) is not { } server) return Gone;
        if (!await new SignInNetwork(authorities?.Pem, browserUrl).ApplyAsync(db, server, cancellationToken)) return SignInNetwork.AddressTaken;

        var authority = authorities is null ? "only the machine's authorities are trusted" : $"also trusts {string.Join(", ", authorities.All.Select(a => a.Sha256))}";
        var address = server.SignInBrowserUrl is { } url ? $"; people sign in at {url}" : "";
        db.Record(clock.GetUtcNow(), null, actor.AccountId, actor.Name, "server.network-changed", $"{server.BaseUrl}: {authority}{address}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Result.Of(tried.Findings);
    }
}
