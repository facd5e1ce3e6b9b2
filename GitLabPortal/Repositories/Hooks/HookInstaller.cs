using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// Brings GitLab's hook into the shape that the portal wants. The hook is found by the address it calls, whatever happened before: an
/// answer that was lost, a restored database, a connection that was removed and made again. There is never a second one.
/// </summary>
public sealed class HookInstaller(IDbContextFactory<PortalDb> contexts, GitLabClients gitLab, SecretProtector secrets, TimeProvider time)
{
    private const string PathBegin = "/hooks/gitlab/";
    private const int LooksForTest = 30;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    /// <param name="portal">The portal's address without a slash at its end.</param>
    public static string UrlOf(string portal, Guid hookId) => $"{portal}{PathBegin}{hookId:N}";

    public static bool IsOffered(Connection connection) => connection is { TokenUserIsAdmin: true, IsReadOnly: false };

    public SystemHook New(Guid connectionId, string portal)
    {
        var id = Guid.NewGuid();
        var secret = secrets.Protect(HookSecrets.NewRoot(), HookSecrets.Row(id));
        return new SystemHook
        {
            Id = id,
            ConnectionId = connectionId,
            ProtectedSecret = secret.CipherText,
            SecretKeyId = secret.KeyId,
            Url = UrlOf(portal, id),
            CreatedAt = time.GetUtcNow(),
        };
    }

    /// <summary>Null when the connection's token cannot be read any more.</summary>
    public GitLabClient? ClientOf(Connection connection, int maxRetries = 2) =>
        secrets.Reveal(connection.ProtectedToken, ConnectionTokens.Row(connection.Id)) is { } token
            ? gitLab.For(connection.Server!.BaseUrl, token, connection.Path(time), maxRetries)
            : null;

    /// <summary>Makes or corrects GitLab's hook and notes what it is now. Throws what the call to GitLab throws; the caller saves.</summary>
    public async Task InstallAsync(SystemHook hook, GitLabClient client, string portal, CancellationToken cancellationToken)
    {
        var root = secrets.Reveal(hook.ProtectedSecret, HookSecrets.Row(hook.Id));
        if (root is null)
        {
            root = HookSecrets.NewRoot();
            var secret = secrets.Protect(root, HookSecrets.Row(hook.Id));
            (hook.ProtectedSecret, hook.SecretKeyId) = (secret.CipherText, secret.KeyId);
        }

        var shared = new HookSecrets(root);
        var wanted = new HookRequest(UrlOf(portal, hook.Id), shared.Token, shared.SigningToken);
        var there = await FindAsync(hook, client, portal, cancellationToken);
        var made = there.Count == 0 ? await client.Hooks.CreateAsync(wanted, cancellationToken) : await UpdateAsync(client, there[0], wanted, cancellationToken);
        foreach (var surplus in there.Skip(1)) await DeleteAsync(client, surplus, cancellationToken);
        (hook.GitLabHookId, hook.Url, hook.IsSigned) = (made.Id, wanted.Url, made.HasSigningToken is true);
        (hook.AlertStatus, hook.DisabledUntil, hook.RefusedAt) = (made.AlertStatus, made.DisabledUntil, null);
        (hook.TroubleCode, hook.TroubleText) = (null, null);
    }

    /// <summary>Takes GitLab's hook away; fine when it is gone already.</summary>
    public static async Task RemoveAsync(Guid hookId, GitLabClient client, CancellationToken cancellationToken)
    {
        foreach (var one in (await client.Hooks.ListAsync(cancellationToken)).Where(h => IdOf(h.Url) == hookId)) await DeleteAsync(client, one, cancellationToken);
    }

    /// <summary>How GitLab's hook differs from what it should be; notes GitLab's own view. The caller saves.</summary>
    public async Task<HookTrouble?> CompareAsync(SystemHook hook, GitLabClient client, string? portal, CancellationToken cancellationToken)
    {
        if (secrets.Reveal(hook.ProtectedSecret, HookSecrets.Row(hook.Id)) is null) return HookTrouble.KeyLost;
        if ((await client.Hooks.ListAsync(cancellationToken)).FirstOrDefault(h => IsOf(h, hook)) is not { } there) return HookTrouble.Missing;

        (hook.AlertStatus, hook.DisabledUntil) = (there.AlertStatus, there.DisabledUntil);
        if (portal is not null && there.Url != UrlOf(portal, hook.Id)) return HookTrouble.Moved(there.Url, UrlOf(portal, hook.Id));
        if (there.IsNoisy || there.HasToken is false || there.VerifiesCertificate is false || (there.HasSigningToken is { } signs && (!signs || !hook.IsSigned))) return HookTrouble.Changed;
        return there.AlertStatus is null or "executable" ? null : HookTrouble.Stopped(there);
    }

    /// <summary>Lets GitLab send a test and notes what comes of it. A GitLab that cannot be asked now changes nothing.</summary>
    public async Task TryAsync(PortalDb db, SystemHook hook, GitLabClient client, CancellationToken cancellationToken)
    {
        try
        {
            (hook.TroubleCode, hook.TroubleText) = (await TestAsync(hook, client, cancellationToken))?.Fit() ?? default;
        }
        catch (Exception e) when (HookProblems.Of(e, hook.Url) is not null)
        {
            return;
        }

        hook.CheckedAt = time.GetUtcNow();
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Lets GitLab send a test and looks whether it arrives. Null when it did, or when this GitLab cannot send one.</summary>
    public async Task<HookTrouble?> TestAsync(SystemHook hook, GitLabClient client, CancellationToken cancellationToken)
    {
        var (before, _) = await ReadAsync(hook.Id, cancellationToken);
        var asked = time.GetUtcNow();
        try
        {
            await client.Hooks.TestAsync(hook.GitLabHookId!.Value, cancellationToken);
        }
        catch (Exception e) when (e is GitLabRejectedException { Status: 405 } or GitLabNotFoundException)
        {
            return null;
        }

        // It was answered before GitLab answered; storing it may take a moment longer.
        for (var look = 0; ; look++)
        {
            var (received, refusedAt) = await ReadAsync(hook.Id, cancellationToken);
            if (received > before) return null;
            if (refusedAt >= asked) return HookTrouble.Refused;
            if (look == LooksForTest) return HookTrouble.NotReached(hook.Url);
            await Task.Delay(BetweenLooks, cancellationToken);
        }
    }

    private async Task<(long Received, DateTimeOffset? RefusedAt)> ReadAsync(Guid hookId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Set<SystemHook>().AsNoTracking().Where(h => h.Id == hookId).Select(h => new { h.Received, h.RefusedAt }).SingleOrDefaultAsync(cancellationToken);
        return (row?.Received ?? 0, row?.RefusedAt);
    }

    /// <summary>This hook as GitLab has it, and failing that one that calls this portal for a hook that it does not know any more.</summary>
    private async Task<IReadOnlyList<GitLabHook>> FindAsync(SystemHook hook, GitLabClient client, string portal, CancellationToken cancellationToken)
    {
        var all = await client.Hooks.ListAsync(cancellationToken);
        var own = all.Where(h => IsOf(h, hook)).ToList();
        if (own.Count > 0) return own;

        var ours = all.Where(h => h.Url.StartsWith(portal + PathBegin, StringComparison.OrdinalIgnoreCase) && IdOf(h.Url) is not null).ToList();
        if (ours.Count == 0) return [];
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var known = await db.Set<SystemHook>().Select(h => h.Id).ToListAsync(cancellationToken);
        return [.. ours.Where(h => !known.Contains(IdOf(h.Url)!.Value)).Take(1)];
    }

    private static bool IsOf(GitLabHook there, SystemHook hook) => IdOf(there.Url) == hook.Id;

    private static Guid? IdOf(string url) =>
        url.LastIndexOf(PathBegin, StringComparison.Ordinal) is var at and >= 0 && Guid.TryParseExact(url[(at + PathBegin.Length)..], "N", out var id) ? id : null;

    private static async Task<GitLabHook> UpdateAsync(GitLabClient client, GitLabHook there, HookRequest wanted, CancellationToken cancellationToken)
    {
        try
        {
            return await client.Hooks.UpdateAsync(there.Id, wanted, cancellationToken);
        }
        catch (GitLabNotFoundException)
        {
            // Removed this very moment.
            return await client.Hooks.CreateAsync(wanted, cancellationToken);
        }
        catch (GitLabRejectedException e) when (e.Status == 405)
        {
            var made = await client.Hooks.CreateAsync(wanted, cancellationToken);
            await DeleteAsync(client, there, cancellationToken);
            return made;
        }
    }

    private static async Task DeleteAsync(GitLabClient client, GitLabHook hook, CancellationToken cancellationToken)
    {
        try
        {
            await client.Hooks.DeleteAsync(hook.Id, cancellationToken);
        }
        catch (GitLabNotFoundException)
        {
            // That is what was wanted.
        }
    }
}
