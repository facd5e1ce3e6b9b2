using System.Collections.Concurrent;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Connections;

/// <param name="Version">Names the pair, for <see cref="IdentityTokens.ReplaceAsync"/>.</param>
public sealed record PersonToken(string BaseUrl, Secret AccessToken, NetworkPath Path, int Version);

/// <summary>
/// Hands out people's access tokens and refreshes them in time. GitLab lets a refresh token work once: of all callers, in this process
/// and in others on the same database, one refreshes while the rest wait for its result. The new pair is saved before anybody uses it.
/// </summary>
public sealed partial class IdentityTokens(
    IDbContextFactory<PortalDb> contexts, GitLabClients clients, TokenPairs pairs, ApplicationSecrets applications, RevokePair revoke,
    IOptions<OutboundOptions> outbound, TimeProvider time, ILogger<IdentityTokens> logger)
{
    /// <summary>A token this close to its end is not handed out: it could die on the way.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);

    public static readonly Problem SignInAgain = new Problem.Forbidden(
        "identity-sign-in-again", "GitLab took back the portal's access to this account. Sign in with GitLab again.");

    public static readonly Problem Blocked = new Problem.Forbidden(
        "identity-blocked", "GitLab refuses this account: it is blocked, deactivated or waiting for something. Ask a GitLab admin.");

    private static readonly Problem Gone = new Problem.NotFound("identity-gone", "This GitLab account is no longer linked.");

    private readonly ConcurrentDictionary<Guid, Lazy<Task<Result<PersonToken>>>> flights = new();

    /// <summary>Room for two tries and their way there; after that the refresher is taken for dead and another one may begin.</summary>
    private TimeSpan Lease => (outbound.Value.RequestTimeout + outbound.Value.ConnectTimeout) * 3;

    /// <summary>A token that is good for another minute at least.</summary>
    public Task<Result<PersonToken>> GetAsync(Guid identityId, CancellationToken cancellationToken) => FlyAsync(identityId, deadVersion: null, cancellationToken);

    /// <summary>Another one, when GitLab did not accept the pair of <paramref name="deadVersion"/> although its time was not over.</summary>
    public Task<Result<PersonToken>> ReplaceAsync(Guid identityId, int deadVersion, CancellationToken cancellationToken) => FlyAsync(identityId, deadVersion, cancellationToken);

    private async Task<Result<PersonToken>> FlyAsync(Guid identityId, int? deadVersion, CancellationToken cancellationToken)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (await FindAsync(db, identityId, cancellationToken) is not { } identity) return Gone;
            if (Usable(identity, deadVersion) is { } ready) return ready;
        }

        // Not the caller's cancellation: others wait for the same refresh, and one that was sent must be saved.
        var flight = flights.GetOrAdd(identityId, id => new(() => RefreshAsync(id, deadVersion)));
        try
        {
            return await flight.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            if (flight.Value.IsCompleted) flights.TryRemove(KeyValuePair.Create(identityId, flight));
        }
    }

    private async Task<Result<PersonToken>> RefreshAsync(Guid identityId, int? deadVersion)
    {
        var patience = time.GetUtcNow() + (Lease * 2);
        while (time.GetUtcNow() < patience)
        {
            await using var db = await contexts.CreateDbContextAsync();
            if (await FindAsync(db, identityId, CancellationToken.None) is not { } identity) return Gone;
            if (Usable(identity, deadVersion) is { } ready) return ready;

            if (await ClaimAsync(db, identity) is { } claim)
            {
                if (await RefreshClaimedAsync(db, identity, claim) is { } done) return done;
            }
            else
            {
                await Task.Delay(Pause, TimeProvider.System);
            }
        }

        return new Problem.Upstream("refresh-busy", "Another process is renewing this access and does not finish. Try again in a minute.");
    }

    /// <summary>Compare-and-swap on version and lease: of all who read the same row, one gets it.</summary>
    private async Task<Guid?> ClaimAsync(PortalDb db, GitLabIdentity identity)
    {
        var (claim, now) = (Guid.NewGuid(), time.GetUtcNow());
        var (version, until) = (identity.PairVersion, now + Lease);
        var claimed = await db.Set<GitLabIdentity>()
            .Where(i => i.Id == identity.Id && i.PairVersion == version && (i.RefreshingUntil == null || i.RefreshingUntil < now))
            .ExecuteUpdateAsync(set => set.SetProperty(i => i.RefreshingBy, claim).SetProperty(i => i.RefreshingUntil, until));
        return claimed == 1 ? claim : null;
    }

    /// <summary>Null when somebody else was faster after all: look again.</summary>
    private async Task<Result<PersonToken>?> RefreshClaimedAsync(PortalDb db, GitLabIdentity identity, Guid claim)
    {
        var secret = await applications.ForIdentityAsync(identity, CancellationToken.None);
        if (!secret.IsSuccess) return await ReleaseAsync(db, identity, claim, secret.Problem);
        if (pairs.Open(identity)?.RefreshToken is not { } refreshToken) return await EndAsync(db, identity, claim);
        try
        {
            var client = clients.OAuth(identity.Server!.BaseUrl, secret.Value.Path);
            var pair = await AskAsync(client, secret.Value, refreshToken);
            var isSaved = await SaveAsync(db, identity, claim, pair);
            if (isSaved) return Token(identity, new Secret(pair.AccessToken), identity.PairVersion + 1, secret.Value.Path);
            // The person signed in anew or unlinked the account meanwhile: this pair is in no row.
            await revoke.RunAsync(identity.Server!.BaseUrl, secret.Value, pair);
            return null;
        }
        catch (GitLabOAuthException e) when (e.Refusal is OAuthRefusal.GrantRefused)
        {
            return await EndAsync(db, identity, claim);
        }
        catch (GitLabOAuthException e) when (e.Refusal is OAuthRefusal.UnknownApplication && identity.ApplicationId is { } application)
        {
            await db.Set<ServerApplication>().Where(a => a.Id == application).ExecuteUpdateAsync(set => set.SetProperty(a => a.State, ApplicationState.Missing));
            LogMissing(identity.Server!.BaseUrl);
            return await ReleaseAsync(db, identity, claim, GitLabFailures.ToProblem(e)!);
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return await ReleaseAsync(db, identity, claim, problem);
        }
    }

    /// <summary>After a lost answer the same token is still good: the pair that got lost was never used (FACTS 5.3).</summary>
    private static async Task<OAuthPair> AskAsync(OAuthClient client, ApplicationSecret secret, Secret refreshToken)
    {
        try
        {
            return await client.RefreshAsync(secret.Application, refreshToken.Reveal(), secret.RedirectUri, CancellationToken.None);
        }
        catch (GitLabException e) when (e is GitLabUnavailableException { Kind: UnavailableKind.Network or UnavailableKind.TimedOut } or GitLabUnexpectedAnswerException { Kind: UnexpectedKind.Truncated })
        {
            return await client.RefreshAsync(secret.Application, refreshToken.Reveal(), secret.RedirectUri, CancellationToken.None);
        }
    }

    private async Task<bool> SaveAsync(PortalDb db, GitLabIdentity identity, Guid claim, OAuthPair pair)
    {
        var packed = pairs.Pack(identity.Id, pair);
        var version = identity.PairVersion;
        return await db.Set<GitLabIdentity>()
            .Where(i => i.Id == identity.Id && i.PairVersion == version && i.RefreshingBy == claim)
            .ExecuteUpdateAsync(set => set
                .SetProperty(i => i.ProtectedTokens, packed.CipherText)
                .SetProperty(i => i.TokenKeyId, packed.KeyId)
                .SetProperty(i => i.AccessExpiresAt, packed.ExpiresAt)
                .SetProperty(i => i.Scopes, packed.Scopes)
                .SetProperty(i => i.PairVersion, version + 1)
                .SetProperty(i => i.RefreshingBy, (Guid?)null)
                .SetProperty(i => i.RefreshingUntil, (DateTimeOffset?)null)) == 1;
    }

    /// <summary>
    /// GitLab refuses this refresh token for good, unless another process has put a newer one there. The state stays:
    /// <see cref="CheckIdentity"/> sets it together with ending the sessions.
    /// </summary>
    private static async Task<Result<PersonToken>?> EndAsync(PortalDb db, GitLabIdentity identity, Guid claim)
    {
        var version = identity.PairVersion;
        var ended = await db.Set<GitLabIdentity>()
            .Where(i => i.Id == identity.Id && i.PairVersion == version && i.RefreshingBy == claim)
            .ExecuteUpdateAsync(set => set
                .SetProperty(i => i.ProtectedTokens, (string?)null)
                .SetProperty(i => i.PairVersion, version + 1)
                .SetProperty(i => i.RefreshingBy, (Guid?)null)
                .SetProperty(i => i.RefreshingUntil, (DateTimeOffset?)null));
        return ended == 1 ? new Result<PersonToken>?(SignInAgain) : null;
    }

    private static async Task<Result<PersonToken>> ReleaseAsync(PortalDb db, GitLabIdentity identity, Guid claim, Problem problem)
    {
        await db.Set<GitLabIdentity>()
            .Where(i => i.Id == identity.Id && i.RefreshingBy == claim)
            .ExecuteUpdateAsync(set => set.SetProperty(i => i.RefreshingBy, (Guid?)null).SetProperty(i => i.RefreshingUntil, (DateTimeOffset?)null));
        return problem;
    }

    private Result<PersonToken>? Usable(GitLabIdentity identity, int? deadVersion)
    {
        if (identity.State is IdentityState.Blocked) return Blocked;
        if (identity.State is IdentityState.SignInAgain || pairs.Open(identity) is not { } pair) return SignInAgain;
        return identity.PairVersion != deadVersion && identity.AccessExpiresAt > time.GetUtcNow() + Margin
            ? new Result<PersonToken>?(Token(identity, pair.AccessToken, identity.PairVersion, PathOf(identity)))
            : null;
    }

    private NetworkPath PathOf(GitLabIdentity identity) =>
        identity.Application is null && applications.ForIntegration(identity.Server!.BaseUrl) is { } integration
            ? integration.Path
            : identity.Server!.SignInPath(identity.Application?.AllowsPlainHttp ?? false, time);

    private static PersonToken Token(GitLabIdentity identity, Secret access, int version, NetworkPath path) =>
        new(identity.Server!.BaseUrl, access, path, version);

    private static Task<GitLabIdentity?> FindAsync(PortalDb db, Guid identityId, CancellationToken cancellationToken) =>
        db.Set<GitLabIdentity>().AsNoTracking().Include(i => i.Server).Include(i => i.Application).SingleOrDefaultAsync(i => i.Id == identityId, cancellationToken);

    [LoggerMessage(LogLevel.Warning, "{Server} no longer knows the portal's application: its people cannot sign in until an administrator repairs it on the page Servers")]
    private partial void LogMissing(string server);
}
