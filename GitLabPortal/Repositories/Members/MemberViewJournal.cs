using System.Globalization;
using System.Text;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// Writes what people may open on GitLab. A complete list replaces the one before in one transaction; anything else leaves it as it is.
/// </summary>
public sealed class MemberViewJournal(IDbContextFactory<PortalDb> contexts, ServerLeases leases, TimeProvider time)
{
    /// <summary>After an empty list: so soon it is asked for again.</summary>
    internal static readonly TimeSpan ConfirmEmptyAfter = TimeSpan.FromMinutes(1);

    /// <summary>The GitLab accounts whose lists are of use: in good standing, and of a member of a team that has a personal connection to the server.</summary>
    internal static IQueryable<GitLabIdentity> Needed(PortalDb db) => db.Set<GitLabIdentity>().Where(i => i.State == IdentityState.Active && db.Set<Connection>().Any(c =>
        c.ServerId == i.ServerId && c.Audience == ConnectionAudience.Members && db.Set<Teams.TeamMember>().Any(m => m.TeamId == c.TeamId && m.AccountId == i.AccountId)));

    /// <summary>The scopes that list one's projects. Without them there is nothing to read until the person signs in again.</summary>
    public static bool Lists(string scopes) => scopes.Split(' ').Any(s => s is "read_api" or "api");

    /// <summary>The account and its view as they are now; null when nobody needs it (any more).</summary>
    internal async Task<(GitLabIdentity Identity, MemberView View)?> OpenAsync(Guid identityId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var identity = await Needed(db).AsNoTracking().SingleOrDefaultAsync(i => i.Id == identityId, cancellationToken);
        if (identity is null || !Lists(identity.Scopes)) return null;
        return (identity, await db.Set<MemberView>().AsNoTracking().SingleOrDefaultAsync(v => v.IdentityId == identityId, cancellationToken) ?? new MemberView { IdentityId = identityId });
    }

    internal async Task<long> NewestRepositoryAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Repository>().MaxAsync(r => (long?)r.Id, cancellationToken) ?? 0;
    }

    /// <summary>Takes over a list that came to its end: GitLab's ids, and whether the person may read the code.</summary>
    /// <returns>What it is now; null when the account or the lease is gone, and nothing was written.</returns>
    internal async Task<MemberView?> CompleteAsync(
        GitLabIdentity identity, MemberView begun, IReadOnlyDictionary<long, bool> listed, HeldServer server, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await leases.ProlongAsync(db, server.ServerId, server.Holder, cancellationToken)) return null;
        // Blocked, unlinked or out of the team meanwhile: what came too late is not written.
        if (!await Needed(db).AnyAsync(i => i.Id == identity.Id && i.GitLabUserId == identity.GitLabUserId, cancellationToken)) return null;

        var now = time.GetUtcNow();
        var view = await FindAsync(db, identity.Id, cancellationToken);
        if (listed.Count == 0 && view.Listed > 0 && view.EmptySince is null)
        {
            (view.EmptySince, view.RetryAt) = (now, now + ConfirmEmptyAfter);
        }
        else
        {
            await ReplaceAsync(db, identity, listed, cancellationToken);
            (view.StartedAt, view.CompletedAt, view.NewestRepositoryId) = (begun.StartedAt, now, begun.NewestRepositoryId);
            (view.Listed, view.EmptySince, view.RetryAt) = (listed.Count, null, null);
        }

        (view.Attempts, view.ProblemCode, view.ProblemText) = (0, null, null);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return view;
    }

    /// <summary>Notes why a reading broke off; what the person sees stays.</summary>
    internal async Task<MemberView?> FailAsync(Guid identityId, SyncProblem problem, DateTimeOffset retryAt, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (!await Needed(db).AnyAsync(i => i.Id == identityId, cancellationToken)) return null;
        var view = await FindAsync(db, identityId, cancellationToken);
        if (!problem.IsPause) view.Attempts++;
        (view.ProblemCode, view.ProblemText, view.RetryAt) = (problem.Code, problem.Text, retryAt);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return view;
    }

    /// <summary>Forgets the lists that nobody needs any more. They count no longer before that: see <see cref="Sight"/>.</summary>
    internal async Task ForgetUnneededAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var unneeded = db.Set<MemberView>().Where(v => !Needed(db).Any(i => i.Id == v.IdentityId));
        if (!await unneeded.AnyAsync(cancellationToken)) return;
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Set<MemberSighting>().Where(s => unneeded.Any(v => v.IdentityId == s.IdentityId)).ExecuteDeleteAsync(cancellationToken);
        await unneeded.ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<MemberView> FindAsync(PortalDb db, Guid identityId, CancellationToken cancellationToken)
    {
        if (await db.Set<MemberView>().SingleOrDefaultAsync(v => v.IdentityId == identityId, cancellationToken) is { } known) return known;
        var view = new MemberView { IdentityId = identityId };
        db.Add(view);
        return view;
    }

    /// <summary>Only what differs is written. What GitLab lists and no connection has read is not kept.</summary>
    private static async Task ReplaceAsync(PortalDb db, GitLabIdentity identity, IReadOnlyDictionary<long, bool> listed, CancellationToken cancellationToken)
    {
        var json = new StringBuilder("[");
        foreach (var (id, readsCode) in listed)
        {
            if (json.Length > 1) json.Append(',');
            json.Append(CultureInfo.InvariantCulture, $"[{id},{(readsCode ? 1 : 0)}]");
        }

        var (list, server, owner) = (json.Append(']').ToString(), identity.ServerId, identity.Id);
        await db.Database.ExecuteSqlAsync(
            $"""
            DELETE FROM MemberSightings WHERE IdentityId = {owner} AND RepositoryId NOT IN (
                SELECT r.Id FROM json_each({list}) j CROSS JOIN Repositories r ON r.ServerId = {server} AND r.GitLabId = json_extract(j.value, '$[0]'))
            """,
            cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO MemberSightings (IdentityId, RepositoryId, ReadsCode)
            SELECT {owner}, r.Id, json_extract(j.value, '$[1]')
            FROM json_each({list}) j CROSS JOIN Repositories r ON r.ServerId = {server} AND r.GitLabId = json_extract(j.value, '$[0]') WHERE true
            ON CONFLICT (IdentityId, RepositoryId) DO UPDATE SET ReadsCode = excluded.ReadsCode WHERE ReadsCode <> excluded.ReadsCode
            """,
            cancellationToken);
    }
}
