using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Scheduling;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>
/// Decides when which connection is read, and whether all of it or what changed: at once when it is new or somebody asks, otherwise at
/// intervals, and not while GitLab says that it is under maintenance; never two walks of one server at the same time, and few servers at
/// once.
/// </summary>
internal sealed class CatalogueSync(
    IDbContextFactory<PortalDb> contexts, SyncConnection walk, ConnectionFeed connections, Schedule schedule, IOptions<SyncOptions> options, TimeProvider time,
    ILogger<CatalogueSync> logger) : PlannedWork("reading repositories", schedule, time, logger)
{
    /// <summary>A catalogue this small is read whole each time: then also deletions are known at once.</summary>
    private const int FewPages = 10;

    private readonly Lock gate = new();

    /// <summary>Connections that are new, or that somebody wants to have read now.</summary>
    private readonly HashSet<Guid> asked = [];

    /// <summary>Connections of which everything is being read.</summary>
    private readonly HashSet<Guid> readWhole = [];

    protected override IEnumerable<IDisposable> Listen() => [connections.Subscribe(Hear)];

    private void Hear(ConnectionChanged message)
    {
        if (message.Change == ConnectionChange.Removed) CallOff(message.ConnectionId);
        if (message.Change is ConnectionChange.Ready or ConnectionChange.SyncRequested)
        {
            // Asking again while everything is being read changes nothing.
            lock (gate)
            {
                if (!readWhole.Contains(message.ConnectionId)) asked.Add(message.ConnectionId);
            }
        }

        LookSoon();
    }

    private async Task<DateTimeOffset?> WalkAsync(Guid connectionId, SyncKind kind, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            asked.Remove(connectionId);
            if (kind == SyncKind.Full) readWhole.Add(connectionId);
        }

        try
        {
            // Known to the run itself, except when another process has the server.
            return (await walk.RunAsync(connectionId, cancellationToken, kind)).RetryAt;
        }
        finally
        {
            lock (gate) readWhole.Remove(connectionId);
        }
    }

    private bool IsAsked(Guid connectionId)
    {
        lock (gate) return asked.Contains(connectionId);
    }

    protected override async Task<IReadOnlyList<Appointment>> PlanAsync(Guid? serverId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var runs = db.Set<SyncRun>();
        var rows = await db.Set<Connection>().AsNoTracking()
            .Where(c => serverId == null || c.ServerId == serverId)
            .Select(c => new Standing(
                c.Id,
                c.ServerId,
                runs.Any(r => r.ConnectionId == c.Id && r.State == SyncState.Running),
                runs.Where(r => r.ConnectionId == c.Id && r.State == SyncState.Running).Select(r => r.RetryAt).FirstOrDefault(),
                runs.Any(r => r.ConnectionId == c.Id && r.State == SyncState.Running && r.ProblemCode == SyncProblem.Maintenance),
                runs.Where(r => r.ConnectionId == c.Id).Max(r => r.FinishedAt),
                runs.Where(r => r.ConnectionId == c.Id && r.State == SyncState.Completed && r.Kind == SyncKind.Full).Max(r => (DateTimeOffset?)r.StartedAt),
                runs.Where(r => r.ConnectionId == c.Id && r.State == SyncState.Completed && r.Kind == SyncKind.Full)
                    .OrderByDescending(r => r.StartedAt).Select(r => r.Pages).FirstOrDefault(),
                runs.Where(r => r.ConnectionId == c.Id && r.State != SyncState.Running).OrderByDescending(r => r.StartedAt)
                    .Select(r => r.Kind == SyncKind.Full && r.State == SyncState.Failed).FirstOrDefault(),
                db.Set<SyncInterval>().Where(i => i.ConnectionId == c.Id).Select(i => (TimeSpan?)i.Every).FirstOrDefault()))
            .ToListAsync(cancellationToken);
        var now = Time.GetUtcNow();
        // What GitLab says to one connection holds for all of its server.
        var closed = rows.Where(r => r.IsMaintenance && r.RetryAt > now).GroupBy(r => r.ServerId).ToDictionary(g => g.Key, g => g.Max(r => r.RetryAt!.Value));
        return [.. rows.Select(r => Plan(r, Later(closed.GetValueOrDefault(r.ServerId), At(r, now)), KindOf(r, now))).OrderBy(a => a.At)];
    }

    private Appointment Plan(Standing standing, DateTimeOffset at, SyncKind kind) => new(standing.Id, standing.ServerId, at, ct => WalkAsync(standing.Id, kind, ct));

    /// <summary>How a connection stands in the database.</summary>
    private sealed record Standing(
        Guid Id, Guid ServerId, bool IsRunning, DateTimeOffset? RetryAt, bool IsMaintenance, DateTimeOffset? FinishedAt, DateTimeOffset? FullAt, int FullPages,
        bool IsFullCutOff, TimeSpan? Every);

    private DateTimeOffset At(Standing standing, DateTimeOffset now) => standing switch
    {
        { IsRunning: true } => standing.RetryAt ?? now,
        { FinishedAt: { } finished } when !IsAsked(standing.Id) => finished + Spread(standing.Every ?? options.Value.Interval, standing.Id),
        _ => now,
    };

    /// <summary>Everything, when a person wants it, when it is time, when the last time did not come to an end, or when it is no more work.</summary>
    private SyncKind KindOf(Standing standing, DateTimeOffset now) =>
        standing.FullAt is not { } full || IsAsked(standing.Id) || standing.IsFullCutOff || standing.FullPages <= FewPages
        || now - full >= Spread(options.Value.FullInterval, standing.Id)
            ? SyncKind.Full
            : SyncKind.Changes;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>Up to a tenth more or less, always the same for one connection: those that were made together do not stay together.</summary>
    private static TimeSpan Spread(TimeSpan interval, Guid connectionId) => interval * (0.9 + (connectionId.ToByteArray()[15] / 255.0 * 0.2));
}

/// <summary>Section <c>Sync</c>.</summary>
public sealed class SyncOptions
{
    public const string Section = "Sync";

    /// <summary>How long after it was read a connection is asked for changes, unless its team chose otherwise.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often each person is asked what they may open on GitLab, where a team lets that decide what they see.</summary>
    public TimeSpan MemberInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How often everything is read, which alone tells all that is gone.</summary>
    public TimeSpan FullInterval { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How often GitLab's totals are compared with what is known, which tells what is gone between two complete readings.</summary>
    public TimeSpan CountInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The most that one connection may bring: a server that never comes to an end must not fill the disk.</summary>
    public int MaxRepositories { get; init; } = 250_000;

    /// <summary>The most requests to one server at once; how many it really gets depends on how it bears them.</summary>
    public int MaxRequestsAtOnce { get; init; } = 6;

    /// <summary>The share of a connection's repositories that may disappear at once before an admin is asked.</summary>
    public double MaxMissingShare { get; init; } = 0.2;

    public IEnumerable<string> Problems()
    {
        if (MaxRepositories is < 100 or > 10_000_000) yield return $"Sync:MaxRepositories is {MaxRepositories}. Give a number from 100 to 10000000.";
        if (MaxRequestsAtOnce is < 1 or > 64) yield return $"Sync:MaxRequestsAtOnce is {MaxRequestsAtOnce}. Give a number from 1 to 64.";
        if (MaxMissingShare is not (>= 0 and <= 1)) yield return $"Sync:MaxMissingShare is {MaxMissingShare}. Give a share from 0 to 1, e.g. 0.2 for a fifth.";
        if (Interval < TimeSpan.FromMinutes(1) || Interval > TimeSpan.FromDays(7))
            yield return $"Sync:Interval is {Interval}. Give a time between 00:01:00 and 7.00:00:00.";
        if (MemberInterval < TimeSpan.FromMinutes(1) || MemberInterval > TimeSpan.FromDays(7))
            yield return $"Sync:MemberInterval is {MemberInterval}. Give a time between 00:01:00 and 7.00:00:00.";
        if (FullInterval < TimeSpan.FromMinutes(1) || FullInterval > TimeSpan.FromDays(30))
            yield return $"Sync:FullInterval is {FullInterval}. Give a time between 00:01:00 and 30.00:00:00.";
        if (CountInterval < TimeSpan.FromMinutes(1) || CountInterval > TimeSpan.FromDays(30))
            yield return $"Sync:CountInterval is {CountInterval}. Give a time between 00:01:00 and 30.00:00:00.";
    }
}
