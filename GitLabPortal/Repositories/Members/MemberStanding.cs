using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>
/// Whether a person sees something behind the personal connections to a server: no account of theirs there is linked; GitLab took the
/// portal's access to it back or refuses it; it was linked before the portal needed to list projects; its list is yet to be read; it was.
/// </summary>
public enum MemberState { NotLinked, SignInAgain, NeedsConsent, Reading, Read }

/// <summary>How one member stands with the personal connections to one server.</summary>
/// <param name="Connections">Their names.</param>
/// <param name="SignsIn">The account is one that signs in to the portal; otherwise one of the git integrations of one's profile.</param>
/// <param name="Username">Of the linked account; null without one.</param>
/// <param name="ReadAt">When the last complete reading ended.</param>
/// <param name="Problem">Why the last one did not come to an end, in words.</param>
public sealed record MemberStanding(
    Guid ServerId, string BaseUrl, IReadOnlyList<string> Connections, MemberState State, bool SignsIn, string? Username, bool IsExternal, DateTimeOffset? ReadAt, string? Problem)
{
    public bool IsFine => State == MemberState.Read && Problem is null;
}

/// <summary>Reads how members stand.</summary>
public sealed class MemberQueries(IDbContextFactory<PortalDb> contexts)
{
    /// <summary>One for each server to which the team has a personal connection; empty for teams without any.</summary>
    public async Task<IReadOnlyList<MemberStanding>> StandingAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await StandingAsync(db, access, cancellationToken);
    }

    internal static async Task<IReadOnlyList<MemberStanding>> StandingAsync(PortalDb db, TeamAccess access, CancellationToken cancellationToken)
    {
        var servers = (await db.Set<Connection>().AsNoTracking()
            .Where(c => c.TeamId == access.TeamId && c.Audience == ConnectionAudience.Members)
            .OrderBy(c => c.Name)
            .Select(c => new
            {
                c.ServerId,
                c.Server!.BaseUrl,
                c.Name,
                IsRecognised = db.Set<ServerApplication>().Any(a => a.ServerId == c.ServerId && a.State != ApplicationState.Old),
            })
            .ToListAsync(cancellationToken)).GroupBy(c => (c.ServerId, c.BaseUrl, c.IsRecognised)).ToList();
        if (servers.Count == 0) return [];

        var identities = await db.Set<GitLabIdentity>().AsNoTracking()
            .Where(i => i.AccountId == access.AccountId)
            .Select(i => new { i.ServerId, i.Username, i.SignsIn, i.State, i.Scopes, i.IsExternal, View = db.Set<MemberView>().FirstOrDefault(v => v.IdentityId == i.Id) })
            .ToListAsync(cancellationToken);
        return
        [
            .. from server in servers
               // Of several accounts on one server the one that shows most stands for all.
               let best = identities.Where(i => i.ServerId == server.Key.ServerId).Select(i => (Row: i, State: Of(i.State, i.Scopes, i.View))).OrderByDescending(i => i.State).FirstOrDefault()
               select new MemberStanding(
                   server.Key.ServerId, server.Key.BaseUrl, [.. server.Select(c => c.Name)], best.Row is null ? MemberState.NotLinked : best.State,
                   best.Row?.SignsIn ?? server.Key.IsRecognised, best.Row?.Username, best.Row?.IsExternal ?? false, best.Row?.View?.CompletedAt, best.Row?.View?.ProblemText),
        ];
    }

    private static MemberState Of(IdentityState state, string scopes, MemberView? view) =>
        state != IdentityState.Active ? MemberState.SignInAgain
        : !MemberViewJournal.Lists(scopes) ? MemberState.NeedsConsent
        : view?.CompletedAt is null ? MemberState.Reading
        : MemberState.Read;
}

/// <summary>Asks for one's own list again now: after one was given access on GitLab.</summary>
public sealed class RequestMemberView(IDbContextFactory<PortalDb> contexts, IdentityFeed identities, TimeProvider time)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    public async Task<Result> RunAsync(TeamAccess access, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var confirmed = await TeamAuthorizer.ReconfirmAsync(db, access, TeamRole.Member, cancellationToken);
        if (!confirmed.IsSuccess) return confirmed.Problem;
        DateTimeOffset? now = time.GetUtcNow();
        var since = now - Rest;
        // What GitLab was asked a moment ago, or asked us to wait for, is not asked for again.
        await MemberViewJournal.Needed(db)
            .Where(i => i.AccountId == access.AccountId)
            .SelectMany(i => db.Set<MemberView>().Where(v => v.IdentityId == i.Id && v.RetryAt == null && v.StartedAt < since))
            .ExecuteUpdateAsync(v => v.SetProperty(x => x.RetryAt, now), cancellationToken);
        identities.Publish(new IdentityChanged(access.AccountId));
        return Result.Success;
    }
}
