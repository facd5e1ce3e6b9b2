using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>A server that people can sign in with.</summary>
/// <param name="BaseUrl">Where people sign in, perhaps not the address that the portal calls.</param>
/// <param name="Name">The same without the scheme.</param>
public sealed record RecognisedServer(Guid ServerId, string BaseUrl, string Name, ApplicationState State);

/// <summary>
/// Finds servers for visitors by text and database alone: for somebody who is not signed in, nothing is dialled. What is found is the
/// address that an administrator registered, never the one that was typed.
/// </summary>
public sealed class RecognisedServers(IDbContextFactory<PortalDb> contexts)
{
    private const string CookieName = "gitlabportal.servers";
    private const int MaxRemembered = 3;

    /// <summary>The server that a pasted address is on; null when there is none or it is not set up for signing in.</summary>
    public async Task<RecognisedServer?> FindAsync(string? pasted, CancellationToken cancellationToken)
    {
        var parsed = InstanceUrl.Parse(pasted);
        if (!parsed.IsSuccess) return null;

        // The scheme is a matter of how it was typed; where one is sent is what was registered.
        string[] spellings = [.. parsed.Value.Candidates().SelectMany(c => new[] { c, c.WithScheme(!c.IsPlainHttp) }).Select(c => c.BaseUrl)];
        var found = await ReadAsync(s => spellings.Contains(s.SignInBrowserUrl ?? s.BaseUrl) || spellings.Contains(s.BaseUrl), cancellationToken);
        // The address for people first; who types the inner one means the same server.
        return found.OrderBy(s => Array.IndexOf(spellings, s.BaseUrl) is var place and >= 0 ? place : int.MaxValue).FirstOrDefault();
    }

    public async Task<RecognisedServer?> FindAsync(Guid serverId, CancellationToken cancellationToken) =>
        (await ReadAsync(s => s.Id == serverId, cancellationToken)).FirstOrDefault();

    /// <summary>Those that somebody signed in with in this browser, the last one first.</summary>
    public async Task<IReadOnlyList<RecognisedServer>> RememberedAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var ids = Ids(context);
        if (ids.Count == 0) return [];
        var found = await ReadAsync(s => ids.Contains(s.Id), cancellationToken);
        return [.. found.OrderBy(s => ids.IndexOf(s.ServerId))];
    }

    public static void Remember(HttpContext context, Guid serverId) => context.Response.Cookies.Append(
        CookieName,
        string.Join('.', Ids(context).Prepend(serverId).Distinct().Take(MaxRemembered).Select(id => id.ToString("N"))),
        new CookieOptions
        {
            HttpOnly = true,
            Secure = context.Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            Path = "/sign-in",
            MaxAge = TimeSpan.FromDays(180),
            IsEssential = true,
        });

    private static List<Guid> Ids(HttpContext context) =>
    [
        .. (context.Request.Cookies[CookieName] ?? "").Split('.').Take(MaxRemembered).Select(t => Guid.TryParse(t, out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty),
    ];

    private async Task<List<RecognisedServer>> ReadAsync(System.Linq.Expressions.Expression<Func<Server, bool>> which, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await db.Set<Server>()
            .Where(which)
            .SelectMany(s => db.Set<ServerApplication>().Where(a => a.ServerId == s.Id && a.State != ApplicationState.Old), (s, a) => new { s.Id, BaseUrl = s.SignInBrowserUrl ?? s.BaseUrl, a.State })
            .ToListAsync(cancellationToken);
        return
        [
            .. rows.GroupBy(r => r.Id).Select(g => g.MinBy(r => r.State)!).Select(r => new RecognisedServer(r.Id, r.BaseUrl, r.BaseUrl[(r.BaseUrl.IndexOf("://", StringComparison.Ordinal) + 3)..], r.State)),
        ];
    }
}
