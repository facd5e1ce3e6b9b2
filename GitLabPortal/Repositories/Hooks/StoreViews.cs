using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>What storing a batch left open.</summary>
/// <param name="Later">Projects to ask for again at once: somebody stored something newer meanwhile.</param>
/// <param name="Unanswered">Projects to ask for again after a while: GitLab did not answer, or a walk must come first.</param>
/// <param name="NeedWalk">Connections that lost more than is taken from single events: a complete walk decides, and asks an admin.</param>
internal sealed record StoredViews(IReadOnlySet<long> Later, IReadOnlySet<long> Unanswered, IReadOnlyList<Connection> NeedWalk);

/// <summary>
/// Writes single projects as the connections see them, by the same writer as the walk. All views of a project go into one transaction:
/// what one team's token sees under a new name is not shown for a moment to another whose token has lost it.
/// </summary>
internal sealed class StoreViews(IOptions<SyncOptions> options, TimeProvider time, IEnumerable<PageStored> listeners)
{
    public async Task<StoredViews> RunAsync(PortalDb db, Guid serverId, IReadOnlyList<ProjectView> views, DeliveryPlan plan, CancellationToken cancellationToken)
    {
        var asked = views.SelectMany(v => v.Seen.Select(p => p.Id).Concat(v.Absent)).Distinct().ToList();
        var since = views.Min(v => v.AskedAt);
        var newer = (await db.Set<Repository>()
            .Where(r => r.ServerId == serverId && asked.Contains(r.GitLabId) && r.ReadAt > since)
            .Select(r => r.GitLabId)
            .ToListAsync(cancellationToken)).ToHashSet();
        var unanswered = new HashSet<long>(views.SelectMany(v => v.Unknown));
        var needWalk = new List<Connection>();
        var mayAdd = await db.Set<Repository>().CountAsync(r => r.ServerId == serverId, cancellationToken) < 2L * options.Value.MaxRepositories;
        var known = (await db.Set<Repository>().Where(r => r.ServerId == serverId && asked.Contains(r.GitLabId)).Select(r => r.GitLabId).ToListAsync(cancellationToken)).ToHashSet();
        foreach (var view in views)
        {
            // Removed, or with another token since: what the old one saw does not count.
            if (!await db.Set<Connection>().AnyAsync(c => c.Id == view.Connection.Id && c.ProtectedToken == view.Connection.ProtectedToken, cancellationToken))
            {
                unanswered.UnionWith(view.Seen.Select(p => p.Id).Concat(view.Absent));
                continue;
            }

            var rows = view.Seen.Where(p => !newer.Contains(p.Id) && (mayAdd || known.Contains(p.Id))).Select(p => CatalogueMapping.New(p, serverId, time.GetUtcNow())).ToList();
            await WriteAsync(db, view.Connection, serverId, rows, cancellationToken);
            var absent = view.Absent.Where(id => !newer.Contains(id)).ToList();
            if (absent.Count == 0 || await HideAsync(db, view.Connection, absent, plan, cancellationToken)) continue;
            needWalk.Add(view.Connection);
            unanswered.UnionWith(absent);
        }

        return new StoredViews(newer, unanswered, needWalk);
    }

    private async Task WriteAsync(PortalDb db, Connection connection, Guid serverId, List<Repository> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return;
        var now = time.GetUtcNow();
        // As seen by the walk that goes on, or may go on: otherwise that one would take it for missing.
        var run = await db.Set<SyncRun>().AsNoTracking()
            .Where(r => r.ConnectionId == connection.Id && r.Kind == SyncKind.Full)
            .OrderByDescending(r => r.StartedAt).ThenByDescending(r => r.Id)
            .FirstOrDefaultAsync(cancellationToken)
            ?? new SyncRun { Id = Guid.Empty, ConnectionId = connection.Id, State = SyncState.Completed, StartedAt = now };
        CatalogueWriter.Write(db, run, serverId, rows, now);
        foreach (var listener in listeners) await listener(db, connection.Id, rows, cancellationToken);
    }

    /// <returns>False when that would be more than single events may take away.</returns>
    private async Task<bool> HideAsync(PortalDb db, Connection connection, List<long> absent, DeliveryPlan plan, CancellationToken cancellationToken)
    {
        // What a person decided to keep, or is being asked about, stays.
        var live = db.Set<RepositorySighting>().Where(s => s.ConnectionId == connection.Id && s.MissingSince == null && s.KeptSince == null && s.DisappearanceId == null);
        var hidden = live.Where(s => absent.Contains(s.Repository!.GitLabId));
        var count = await hidden.CountAsync(cancellationToken);
        if (count == 0) return true;

        var before = await Brake.GoneSinceFullAsync(db, connection.Id, cancellationToken);
        if (Brake.Holds(options.Value, before + count, await live.CountAsync(cancellationToken) + before)) return false;

        DateTimeOffset? now = time.GetUtcNow();
        Absence? usual = Absence.NotShown;
        Absence? deleted = Absence.Deleted;
        var gone = absent.Where(plan.SaysGone).ToList();
        await hidden.Where(s => gone.Contains(s.Repository!.GitLabId)).ExecuteUpdateAsync(
            s => s.SetProperty(x => x.Absence, deleted).SetProperty(x => x.MissingSince, now), cancellationToken);
        await hidden.ExecuteUpdateAsync(s => s.SetProperty(x => x.Absence, usual).SetProperty(x => x.MissingSince, now), cancellationToken);
        return true;
    }
}
