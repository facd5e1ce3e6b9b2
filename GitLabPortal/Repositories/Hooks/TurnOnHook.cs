using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// Lets GitLab tell the portal of changes at once. The portal's own row comes first: if the answer of GitLab is lost, the hook is known by
/// its address and found again.
/// </summary>
internal sealed class TurnOnHook(IDbContextFactory<PortalDb> contexts, HookInstaller installer, HookFeed feed, TimeProvider time)
{
    /// <param name="portal">The address by which GitLab reaches the portal, without a slash at its end.</param>
    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, string portal, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;
        if (!HookInstaller.IsOffered(found.Value)) return HookProblems.NotOffered;
        if (installer.ClientOf(found.Value) is not { } client) return HookProblems.TokenLost;

        var hook = await db.Set<SystemHook>().SingleOrDefaultAsync(h => h.ConnectionId == connectionId, cancellationToken);
        if (hook is null)
        {
            hook = installer.New(connectionId, portal);
            db.Add(hook);
            try
            {
                await db.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateException e) when (e.IsUniqueViolation())
            {
                return new Problem.Conflict("hook-on", "Somebody else turned instant updates on this very moment. Reload the page to see how things are.");
            }
        }

        try
        {
            await installer.InstallAsync(hook, client, portal, cancellationToken);
        }
        catch (Exception e) when (HookProblems.Of(e, hook.Url) is { } problem)
        {
            if (HookProblems.IsCertain(e) && hook.GitLabHookId is null) db.Remove(hook);
            else (hook.TroubleCode, hook.TroubleText) = HookTrouble.Of(problem).Fit();
            await db.SaveChangesAsync(CancellationToken.None);
            feed.Publish(new HookChanged(hook.Id, connectionId));
            return problem;
        }

        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.hook-turned-on", $"Turned on instant updates for “{found.Value.Name}”");
        await db.SaveChangesAsync(cancellationToken);
        await installer.TryAsync(db, hook, client, cancellationToken);
        feed.Publish(new HookChanged(hook.Id, connectionId));
        return Result.Success;
    }
}

/// <summary>Makes GitLab's hook again what it should be, in place: same hook, same secret, unless its key is lost.</summary>
internal sealed class RepairHook(IDbContextFactory<PortalDb> contexts, HookInstaller installer, HookFeed feed, TimeProvider time)
{
    public async Task<Result> RunAsync(TeamAccess access, Guid connectionId, string portal, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;
        if (await db.Set<SystemHook>().SingleOrDefaultAsync(h => h.ConnectionId == connectionId, cancellationToken) is not { } hook) return HookProblems.Off;
        if (!HookInstaller.IsOffered(found.Value)) return HookProblems.NotOffered;
        if (installer.ClientOf(found.Value) is not { } client) return HookProblems.TokenLost;

        try
        {
            await installer.InstallAsync(hook, client, portal, cancellationToken);
        }
        catch (Exception e) when (HookProblems.Of(e, HookInstaller.UrlOf(portal, hook.Id)) is { } problem)
        {
            return problem;
        }

        (hook.CheckedAt, hook.IsFromSetUp) = (time.GetUtcNow(), false);
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.hook-repaired", $"Repaired instant updates of “{found.Value.Name}”");
        await db.SaveChangesAsync(cancellationToken);
        await installer.TryAsync(db, hook, client, cancellationToken);
        feed.Publish(new HookChanged(hook.Id, connectionId));
        return Result.Success;
    }
}

/// <summary>Takes the hook away, on GitLab and here. From then on changes are found by reading alone.</summary>
internal sealed class TurnOffHook(IDbContextFactory<PortalDb> contexts, HookInstaller installer, HookFeed feed, TimeProvider time)
{
    /// <returns>False when it is off here, but GitLab's own hook had to stay because the token may not remove it any more.</returns>
    public async Task<Result<bool>> RunAsync(TeamAccess access, Guid connectionId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await OwnConnections.FindAsync(db, access, connectionId, cancellationToken);
        if (!found.IsSuccess) return found.Problem;
        if (await db.Set<SystemHook>().SingleOrDefaultAsync(h => h.ConnectionId == connectionId, cancellationToken) is not { } hook) return HookProblems.Off;

        var isRemoved = false;
        if (installer.ClientOf(found.Value) is { } client)
        {
            try
            {
                await HookInstaller.RemoveAsync(hook.Id, client, cancellationToken);
                isRemoved = true;
            }
            catch (Exception e) when (HookProblems.Of(e, hook.Url) is { } problem)
            {
                // A token that may not any more never will; anything else may work later.
                if (!HookProblems.IsCertain(e)) return problem;
            }
        }

        db.Remove(hook);
        var rest = isRemoved ? "" : "; GitLab's own hook had to stay";
        db.Record(time.GetUtcNow(), access.TeamId, access.AccountId, access.AccountName, "connection.hook-turned-off", $"Turned off instant updates for “{found.Value.Name}”{rest}");
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return HookProblems.Off;
        }

        feed.Publish(new HookChanged(hook.Id, connectionId));
        return isRemoved;
    }
}
