using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Scheduling;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>
/// Decides when whose view is read: at once after signing in and where it is needed for the first time, soon when the catalogue has new
/// rows, otherwise at intervals. Of one server one after the other, and few servers at once.
/// </summary>
internal sealed class MemberViewSync(
    IDbContextFactory<PortalDb> contexts, ReadMemberView read, MemberViewJournal journal, ConnectionFeed connections, IdentityFeed identities, SyncFeed walks,
    MembershipFeed memberships, Schedule schedule, IOptions<SyncOptions> options, TimeProvider time, ILogger<MemberViewSync> logger)
    : PlannedWork("reading members' views", schedule, time, logger)
{
    /// <summary>New rows in the catalogue are a reason to look again, but not more often than this for every thousand projects listed.</summary>
    private static readonly TimeSpan BetweenNews = TimeSpan.FromMinutes(1);

    protected override IEnumerable<IDisposable> Listen() =>
    [
        connections.Subscribe(_ => LookSoon()),
        identities.Subscribe(_ => LookSoon()),
        memberships.Subscribe(_ => LookSoon()),
        walks.Subscribe(p =>
        {
            if (p.State != SyncState.Running) LookSoon();
        }),
    ];

    protected override async Task<IReadOnlyList<Appointment>> PlanAsync(Guid? serverId, CancellationToken cancellationToken)
    {
        if (serverId is null) await journal.ForgetUnneededAsync(cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await MemberViewJournal.Needed(db).AsNoTracking()
            .Where(i => serverId == null || i.ServerId == serverId)
            .Select(i => new
            {
                i.Id,
                i.ServerId,
                i.Scopes,
                i.SignedInAt,
                View = db.Set<MemberView>().FirstOrDefault(v => v.IdentityId == i.Id),
            })
            .ToListAsync(cancellationToken);
        if (rows.Count == 0) return [];

        // The catalogue comes first: it waits for the same lease, and many short readings in a row would leave it no gap.
        var now = Time.GetUtcNow();
        var walked = await db.Set<SyncRun>().Where(r => r.State == SyncState.Running && (r.RetryAt == null || r.RetryAt <= now)).Select(r => r.Connection!.ServerId).Distinct().ToListAsync(cancellationToken);
        var newest = new Dictionary<Guid, long>();
        foreach (var server in rows.Select(r => r.ServerId).Distinct())
        {
            var known = rows.Where(r => r.ServerId == server).Min(r => r.View?.NewestRepositoryId ?? 0);
            newest[server] = await db.Set<Repository>().Where(r => r.Id > known && r.ServerId == server).MaxAsync(r => (long?)r.Id, cancellationToken) ?? 0;
        }

        return
        [
            .. rows
                .Where(r => MemberViewJournal.Lists(r.Scopes))
                .Select(r => new Appointment(
                    r.Id,
                    r.ServerId,
                    walked.Contains(r.ServerId) ? null : DueAt(r.View, r.SignedInAt, newest[r.ServerId] > r.View?.NewestRepositoryId, options.Value.MemberInterval),
                    async ct => (await read.RunAsync(r.Id, now, ct)).RetryAt))
                .OrderBy(a => a.At),
        ];
    }

    /// <param name="view">Null when nothing was read yet.</param>
    /// <param name="signedInAt">When the person signed in with GitLab last.</param>
    /// <param name="hasNews">The catalogue has rows that are younger than the last reading.</param>
    /// <param name="interval">Spread by a tenth, always the same for one person: those who came together do not stay together.</param>
    internal static DateTimeOffset DueAt(MemberView? view, DateTimeOffset? signedInAt, bool hasNews, TimeSpan interval)
    {
        if (view is null) return DateTimeOffset.MinValue;
        if (view.RetryAt is { } retryAt) return retryAt;
        if (view.CompletedAt is not { } completed || view.StartedAt is not { } started || signedInAt > started) return DateTimeOffset.MinValue;
        var next = completed + (interval * (0.9 + (view.IdentityId.ToByteArray()[15] / 255.0 * 0.2)));
        var soon = started + (BetweenNews * Math.Max(1, view.Listed / 1000.0));
        return hasNews && soon < next ? soon : next;
    }
}
