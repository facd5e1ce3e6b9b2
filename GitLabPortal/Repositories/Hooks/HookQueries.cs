using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>Instant updates as a connection's card shows them.</summary>
/// <param name="IsOffered">The connection's token could turn them on.</param>
/// <param name="IsOn">This connection has a hook.</param>
/// <param name="IsFromSetUp">The hook was made by the set-up of the server.</param>
/// <param name="Through">The name of another connection of the team whose hook serves this one, too.</param>
/// <param name="Trouble">What keeps it from working, in words.</param>
internal sealed record HookView(
    bool IsOffered, bool IsOn, bool IsFromSetUp, string? Through, DateTimeOffset? LastEventAt, string? AlertStatus, DateTimeOffset? CheckedAt, string? Trouble);

internal sealed class HookQueries(IDbContextFactory<PortalDb> contexts)
{
    /// <summary>For somebody who is being shown the connection; null when it is gone.</summary>
    public async Task<HookView?> OfConnectionAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var connection = await db.Set<Connection>().AsNoTracking().SingleOrDefaultAsync(c => c.Id == connectionId, cancellationToken);
        if (connection is null) return null;

        var hook = await db.Set<SystemHook>().AsNoTracking().SingleOrDefaultAsync(h => h.ConnectionId == connectionId, cancellationToken);
        var through = hook is not null ? null : await db.Set<SystemHook>()
            .Where(h => h.Connection!.ServerId == connection.ServerId && h.Connection.TeamId == connection.TeamId && h.GitLabHookId != null)
            .OrderBy(h => h.Connection!.Name)
            .Select(h => h.Connection!.Name)
            .FirstOrDefaultAsync(cancellationToken);
        return new HookView(HookInstaller.IsOffered(connection), hook is not null, hook?.IsFromSetUp ?? false, through, hook?.LastEventAt, hook?.AlertStatus, hook?.CheckedAt, TroubleOf(hook, connection));
    }

    /// <summary>What stays on GitLab when the connection goes.</summary>
    public async Task<string?> DescribeRemovalAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<SystemHook>().AnyAsync(h => h.ConnectionId == connectionId, cancellationToken)
            ? "GitLab keeps the system hook of the instant updates and goes on calling in vain. Turn them off first, or let a GitLab admin delete the hook under Admin area > System hooks."
            : null;
    }

    private static string? TroubleOf(SystemHook? hook, Connection connection) => hook switch
    {
        null => null,
        { TroubleText: { } text } => text,
        { GitLabHookId: null } => "It is not known whether GitLab made the hook: its answer was lost. Choose “Repair” to find out and finish.",
        { IsFromSetUp: false } when !HookInstaller.IsOffered(connection) => "The token is not an administrator's any more, or can only read: what arrives still counts, but the hook can be neither checked nor repaired. Replace the token to change that.",
        { RefusedAt: { } refused } when refused > (hook.CheckedAt ?? hook.CreatedAt) && !(hook.LastEventAt > refused) => HookTrouble.Refused.Text,
        _ => null,
    };
}
