using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>A server as portal administrators see it in the list.</summary>
public sealed record ServerRow(Guid Id, string BaseUrl, string? Version, ApplicationState? SignIn, bool IsUnfinished, IReadOnlyList<string> Teams, int People);

/// <summary>A server with everything that hangs on it.</summary>
public sealed record ServerDetails(
    Guid Id, string BaseUrl, string? BrowserUrl, IReadOnlyList<ShownCertificate> Authorities, string? Version, string? Issuer, ServerApplication? Application, ServerEntry? Entry, ServerSetUp? SetUp,
    IReadOnlyList<(string Team, string Connection, ConnectionStatus Status)> Connections, int People,
    IReadOnlyList<KeptApplication> OldApplications, ServerSetUp? WaitingBot);

/// <param name="IsReplaced">The newer one has worked: this one can be removed from GitLab.</param>
public sealed record KeptApplication(OldApplication Application, bool IsReplaced);

/// <summary>What is accepted for signing in with a server.</summary>
/// <param name="IsUsed">People sign in with it, or did.</param>
public sealed record KnownNetwork(string BaseUrl, string? BrowserUrl, TrustedAuthorities? Authorities, bool IsUsed);

public sealed class ServerQueries(IDbContextFactory<PortalDb> contexts, IOptions<IntegrationOptions> integrations, TimeProvider clock)
{
    public async Task<IReadOnlyList<ServerRow>> AllAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var servers = await db.Set<Server>().AsNoTracking().OrderBy(s => s.BaseUrl).ToListAsync(cancellationToken);
        var states = await db.Set<ServerApplication>().Where(a => a.State != ApplicationState.Old).Select(a => new { a.ServerId, a.State }).ToListAsync(cancellationToken);
        var unfinished = await db.Set<ServerSetUp>().Where(s => s.State == SetUpState.Begun).Select(s => s.ServerId).ToListAsync(cancellationToken);
        var teams = await db.Set<Connection>().OrderBy(c => c.Team!.Name).Select(c => new { c.ServerId, c.Team!.Name }).Distinct().ToListAsync(cancellationToken);
        var people = await db.Set<GitLabIdentity>().GroupBy(i => i.ServerId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
        bool IsPersonalOnly(Server server) =>
            (server.BaseUrl == IntegrationOptions.GitLabCom || integrations.Value.Offered().Any(i => i.BaseUrl == server.BaseUrl))
            && !states.Exists(a => a.ServerId == server.Id) && !unfinished.Contains(server.Id) && !teams.Exists(t => t.ServerId == server.Id);
        return
        [
            // One that people only connect for themselves is nobody's to set up.
            .. servers.Where(s => !IsPersonalOnly(s)).Select(s => new ServerRow(
                s.Id, s.BaseUrl, s.Version, states.Where(a => a.ServerId == s.Id).Select(a => (ApplicationState?)a.State).Min(), unfinished.Contains(s.Id),
                [.. teams.Where(t => t.ServerId == s.Id).Select(t => t.Name)], people.GetValueOrDefault(s.Id))),
        ];
    }

    public async Task<ServerDetails?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Set<Server>().AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, cancellationToken) is not { } server) return null;
        var application = await db.Set<ServerApplication>().AsNoTracking().Where(a => a.ServerId == id && a.State != ApplicationState.Old)
            .OrderByDescending(a => a.CreatedAt).FirstOrDefaultAsync(cancellationToken);
        var entry = await db.Set<ServerEntry>().AsNoTracking().Include(e => e.Team).SingleOrDefaultAsync(e => e.ServerId == id, cancellationToken);
        var setUp = await db.Set<ServerSetUp>().AsNoTracking().Include(s => s.Receipts).Where(s => s.ServerId == id && s.State != SetUpState.Undone)
            .OrderByDescending(s => s.StartedAt).FirstOrDefaultAsync(cancellationToken);
        var connections = await db.Set<Connection>().Where(c => c.ServerId == id).OrderBy(c => c.Team!.Name).Select(c => new { Team = c.Team!.Name, c.Name, c.Status }).ToListAsync(cancellationToken);
        var people = await db.Set<GitLabIdentity>().CountAsync(i => i.ServerId == id, cancellationToken);
        var old = await OldApplicationsAsync(db, server.BaseUrl, cancellationToken);
        var waiting = await db.Set<ServerSetUp>().AsNoTracking().Where(s => s.ServerId == id && s.State == SetUpState.Done && s.ProtectedBotToken != null)
            .OrderByDescending(s => s.StartedAt).FirstOrDefaultAsync(cancellationToken);
        return new(
            id, server.BaseUrl, server.SignInBrowserUrl, TrustedAuthorities.Parse(server.SignInAuthorities, clock).Value?.All ?? [], server.Version, server.Issuer, application, entry, setUp,
            [.. connections.Select(c => (c.Team, c.Name, c.Status))], people, old, waiting);
    }

    internal static async Task<IReadOnlyList<KeptApplication>> OldApplicationsAsync(PortalDb db, string baseUrl, CancellationToken cancellationToken)
    {
        var all = await db.Set<ServerApplication>().AsNoTracking().Where(a => a.Server!.BaseUrl == baseUrl).OrderBy(a => a.CreatedAt).ToListAsync(cancellationToken);
        return
        [
            .. all.Where(a => a.State is ApplicationState.Old).Select(a => new KeptApplication(
                new(a.Id, a.ClientId, a.RedirectUri), all.Exists(n => n is { State: ApplicationState.Current, WorkedAt: not null } && n.CreatedAt > a.CreatedAt))),
        ];
    }

    /// <summary>How signing in with a server travels, by either of its addresses; null when the portal does not know it.</summary>
    public async Task<KnownNetwork?> NetworkOfAsync(string address, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var server = await db.Set<Server>().AsNoTracking().Where(s => s.BaseUrl == address || s.SignInBrowserUrl == address)
            .OrderByDescending(s => s.BaseUrl == address).FirstOrDefaultAsync(cancellationToken);
        if (server is null) return null;
        var isUsed = await db.Set<ServerApplication>().AnyAsync(a => a.ServerId == server.Id, cancellationToken);
        return new(server.BaseUrl, server.SignInBrowserUrl, server.SignInPath(allowsPlainHttp: false, clock).Authorities, isUsed);
    }

    /// <summary>A set-up of this address that stopped in the middle.</summary>
    public async Task<ServerSetUp?> UnfinishedAsync(string baseUrl, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ServerSetUp>().AsNoTracking().Include(s => s.Receipts).Include(s => s.Server)
            .SingleOrDefaultAsync(s => s.Server!.BaseUrl == baseUrl && s.State == SetUpState.Begun, cancellationToken);
    }

    /// <summary>The administrator who handed out the link; null when it cannot be used.</summary>
    public async Task<Account?> LinkAsync(string? code, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(code) || code.Length > 200) return null;
        var (hash, now) = (OneTimeCode.Hash(code), clock.GetUtcNow());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // Whoever is no administrator any more vouches for nothing any more.
        return await db.Set<SetUpLink>().AsNoTracking()
            .Where(l => l.CodeHash == hash && l.UsedAt == null && l.ExpiresAt > now && l.CreatedBy!.IsPortalAdministrator)
            .Select(l => l.CreatedBy)
            .SingleOrDefaultAsync(cancellationToken);
    }
}

/// <summary>Makes a link by which a GitLab admin without an account here may set up a server; it ends with the set-up.</summary>
public sealed class CreateSetUpLink(IDbContextFactory<PortalDb> contexts, TimeProvider clock)
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <returns>The code. It is not stored: this is the only time that it can be shown.</returns>
    public async Task<Result<string>> RunAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Set<Account>().SingleOrDefaultAsync(a => a.Id == accountId && a.IsPortalAdministrator, cancellationToken) is not { } account) return ServerAccess.AdministratorsOnly;
        var (code, now) = (OneTimeCode.New(), clock.GetUtcNow());
        db.Add(new SetUpLink { CodeHash = OneTimeCode.Hash(code), CreatedById = accountId, CreatedAt = now, ExpiresAt = now + Lifetime });
        db.Record(now, null, account.Id, account.Name, "server.set-up-link-created", $"Works until {now + Lifetime:yyyy-MM-dd}");
        await db.SaveChangesAsync(cancellationToken);
        return code;
    }
}
