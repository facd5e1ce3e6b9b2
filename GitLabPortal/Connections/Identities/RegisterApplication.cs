using System.Data;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Connections;

/// <summary>An application that exists on GitLab, as the portal will use it.</summary>
/// <param name="BaseUrl">The server's normalised address.</param>
/// <param name="GitLabId">GitLab's number of it; null when made by hand.</param>
/// <param name="ClientId">GitLab calls it Application ID.</param>
/// <param name="ClientSecret">GitLab shows it once.</param>
/// <param name="RedirectUri">As registered.</param>
/// <param name="Scopes">As registered.</param>
/// <param name="AllowsPlainHttp">A person accepted that codes and tokens travel unencrypted.</param>
public sealed record NewServerApplication(
    string BaseUrl, long? GitLabId, string ClientId, Secret ClientSecret, string RedirectUri, IReadOnlyList<string> Scopes, bool AllowsPlainHttp)
{
    /// <summary>Null leaves the server's settings as they are.</summary>
    public SignInNetwork? Network { get; init; }
}

/// <summary>Who does something for the whole portal.</summary>
/// <param name="AccountId">Null for somebody with a set-up link and no account.</param>
/// <param name="Name">For the audit trail.</param>
public sealed record Actor(Guid? AccountId, string Name);

/// <summary>
/// Keeps an application for signing in, its secret encrypted. It takes the place of the server's last one, which is kept beside it: those
/// who signed in by it go on until they sign in anew.
/// </summary>
public sealed class RegisterApplication(IDbContextFactory<PortalDb> contexts, SecretProtector secrets, TimeProvider time)
{
    /// <returns>The application's id.</returns>
    public async Task<Result<Guid>> RunAsync(Actor actor, NewServerApplication given, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var application = await AddAsync(db, actor, given, cancellationToken);
        if (!application.IsSuccess) return application.Problem;
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return application.Value.Id;
    }

    /// <summary>The same inside the caller's transaction, not saved yet.</summary>
    public async Task<Result<ServerApplication>> AddAsync(PortalDb db, Actor actor, NewServerApplication given, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var server = await db.Set<Server>().SingleOrDefaultAsync(s => s.BaseUrl == given.BaseUrl, cancellationToken);
        if (server is null)
        {
            server = new Server { BaseUrl = given.BaseUrl, CreatedAt = now };
            db.Add(server);
        }

        if (given.Network is { } network && !await network.ApplyAsync(db, server, cancellationToken)) return SignInNetwork.AddressTaken;

        var others = await db.Set<ServerApplication>().Where(a => a.ServerId == server.Id).ToListAsync(cancellationToken);
        if (others.Exists(a => a.ClientId == given.ClientId && a.State is not ApplicationState.Missing))
            return new Problem.Conflict("application-known", "The portal uses this application already. Nothing was changed.");
        if (others.Find(a => a.ClientId == given.ClientId) is { } missing) db.Remove(missing);
        foreach (var other in others.Where(a => a.State is ApplicationState.Current)) other.State = ApplicationState.Old;

        var id = Guid.CreateVersion7();
        var secret = secrets.Protect(given.ClientSecret, ServerApplication.Row(id));
        var application = new ServerApplication
        {
            Id = id,
            ServerId = server.Id,
            GitLabId = given.GitLabId,
            ClientId = given.ClientId,
            ProtectedSecret = secret.CipherText,
            SecretKeyId = secret.KeyId,
            RedirectUri = given.RedirectUri,
            Scopes = string.Join(' ', given.Scopes),
            AllowsPlainHttp = given.AllowsPlainHttp,
            CreatedAt = now,
        };
        db.Add(application);
        db.Record(now, null, actor.AccountId, actor.Name, "server.sign-in-registered", $"{given.BaseUrl}: people sign in by the application {Shortened(given.ClientId)}, which leads back to {given.RedirectUri}");
        return application;
    }

    private static string Shortened(string id) => id.Length <= 12 ? id : $"{id[..12]}…";
}
