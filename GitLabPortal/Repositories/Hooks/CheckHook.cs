using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>Looks at a hook with GitLab's eyes and lets GitLab send a test. Changes nothing on GitLab.</summary>
internal sealed class CheckHook(
    IDbContextFactory<PortalDb> contexts, HookInstaller installer, IOptions<PortalOptions> portal, HookFeed feed, TimeProvider time)
{
    /// <summary>How often the portal looks by itself.</summary>
    public static readonly TimeSpan Rhythm = TimeSpan.FromHours(6);

    /// <param name="address">The address by which GitLab reaches the portal, without a slash at its end; null when unknown.</param>
    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, string? address, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;
        if (await db.Set<SystemHook>().SingleOrDefaultAsync(h => h.ConnectionId == connectionId, cancellationToken) is not { } hook) return HookProblems.Off;

        return await CheckAsync(db, hook, found.Value, address, cancellationToken);
    }

    /// <summary>Those that nobody looked at for long; each by one process.</summary>
    public async Task RunDueAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var before = time.GetUtcNow() - Rhythm;
        var due = await db.Set<SystemHook>()
            .Include(h => h.Connection!.Server)
            .Where(h => h.GitLabHookId != null && (h.CheckedAt ?? h.CreatedAt) < before)
            // Others than administrators cannot look at it: the server's page does, with an admin's token.
            .Where(h => !h.IsFromSetUp || (h.Connection!.TokenUserIsAdmin && !h.Connection.IsReadOnly))
            .ToListAsync(cancellationToken);
        foreach (var hook in due)
        {
            var now = time.GetUtcNow();
            var isOwn = await db.Set<SystemHook>()
                .Where(h => h.Id == hook.Id && (h.CheckedAt ?? h.CreatedAt) < before)
                .ExecuteUpdateAsync(h => h.SetProperty(x => x.CheckedAt, now), cancellationToken) == 1;
            // The address that the browser uses is not known here.
            var address = portal.Value.PublicUrl.Length > 0 ? portal.Value.PublicUrl.TrimEnd('/') : null;
            if (isOwn) await CheckAsync(db, hook, hook.Connection!, address, cancellationToken);
        }
    }

    private async Task<Result> CheckAsync(PortalDb db, SystemHook hook, Connection connection, string? address, CancellationToken cancellationToken)
    {
        if (installer.ClientOf(connection) is not { } client) return HookProblems.TokenLost;
        try
        {
            var trouble = await installer.CompareAsync(hook, client, address, cancellationToken);
            (hook.TroubleCode, hook.TroubleText) = trouble?.Fit() ?? default;
            hook.CheckedAt = time.GetUtcNow();
            await db.SaveChangesAsync(cancellationToken);
            if (trouble is null) await installer.TryAsync(db, hook, client, cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return HookProblems.Off;
        }
        catch (Exception e) when (HookProblems.Of(e, hook.Url) is { } problem)
        {
            // GitLab is away for a moment: that says nothing about the hook.
            if (!HookProblems.IsCertain(e)) return problem;
            (hook.TroubleCode, hook.TroubleText) = HookTrouble.Of(problem).Fit();
            hook.CheckedAt = time.GetUtcNow();
            await db.SaveChangesAsync(CancellationToken.None);
        }

        feed.Publish(new HookChanged(hook.Id, hook.ConnectionId));
        return Result.Success;
    }
}
