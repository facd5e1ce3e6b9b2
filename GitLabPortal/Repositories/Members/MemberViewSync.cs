using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Repositories;

/// <summary>
/// Decides when whose view is read: at once after signing in and where it is needed for the first time, soon when the catalogue has new
/// rows, otherwise at intervals. Of one server one after the other, and few servers at once. What is due is looked up in the database
/// each time, so that a restart changes nothing.
/// </summary>
internal sealed partial class MemberViewSync(
    IDbContextFactory<PortalDb> contexts, ReadMemberView read, MemberViewJournal journal, ConnectionFeed connections, IdentityFeed identities, SyncFeed walks,
    MembershipFeed memberships, IOptions<SyncOptions> options, TimeProvider time, ILogger<MemberViewSync> logger) : BackgroundService
{
    private const int MaxServersAtOnce = 2;
    private static readonly TimeSpan LongestNap = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterSurprise = TimeSpan.FromMinutes(1);

    /// <summary>New rows in the catalogue are a reason to look again, but not more often than this for every thousand projects listed.</summary>
    private static readonly TimeSpan BetweenNews = TimeSpan.FromMinutes(1);

    private readonly Nap nap = new(time);
    private readonly Dictionary<Guid, Task> reading = [];

    /// <summary>Not before this time: the server is taken, or something went wrong that nobody foresaw.</summary>
    private readonly Dictionary<Guid, DateTimeOffset> held = [];

    private sealed record Due(Guid IdentityId, Guid ServerId, DateTimeOffset At);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var one = connections.Subscribe(_ => nap.Knock());
        using var two = identities.Subscribe(_ => nap.Knock());
        using var four = memberships.Subscribe(_ => nap.Knock());
        using var three = walks.Subscribe(p =>
        {
            if (p.State != SyncState.Running) nap.Knock();
        });
        try
        {
            while (true)
            {
                await nap.TakeAsync(await StartDueAsync(stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(reading.Values);
        }
    }

    private async Task<TimeSpan> StartDueAsync(CancellationToken stopping)
    {
        try
        {
            await journal.ForgetUnneededAsync(stopping);
            var due = await LookAsync(stopping);
            var now = time.GetUtcNow();
            foreach (var ended in reading.Where(r => r.Value.IsCompleted).Select(r => r.Key).ToList()) reading.Remove(ended);
            foreach (var next in due.Where(d => d.At <= now))
            {
                if (reading.Count == MaxServersAtOnce) break;
                if (reading.ContainsKey(next.ServerId)) continue;
                reading.Add(next.ServerId, Task.Run(() => ReadAsync(next.IdentityId, now, stopping), CancellationToken.None));
            }

            var wait = due.Where(d => d.At > now).Select(d => d.At - now).Append(LongestNap).Min();
            return wait < LongestNap ? wait : LongestNap;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogLookFailed(e);
            return AfterSurprise;
        }
    }

    private async Task ReadAsync(Guid identityId, DateTimeOffset dueAt, CancellationToken cancellationToken)
    {
        try
        {
            Hold(identityId, (await read.RunAsync(identityId, dueAt, cancellationToken)).RetryAt);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Shutting down. What was read before counts; the next start reads again.
        }
        catch (Exception e)
        {
            LogReadFailed(identityId, e);
            Hold(identityId, time.GetUtcNow() + AfterSurprise);
        }
        finally
        {
            nap.Knock();
        }
    }

    private async Task<List<Due>> LookAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await MemberViewJournal.Needed(db).AsNoTracking()
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
        var now = time.GetUtcNow();
        var walked = await db.Set<SyncRun>().Where(r => r.State == SyncState.Running && (r.RetryAt == null || r.RetryAt <= now)).Select(r => r.Connection!.ServerId).Distinct().ToListAsync(cancellationToken);
        var newest = new Dictionary<Guid, long>();
        foreach (var server in rows.Select(r => r.ServerId).Distinct())
        {
            var known = rows.Where(r => r.ServerId == server).Min(r => r.View?.NewestRepositoryId ?? 0);
            newest[server] = await db.Set<Repository>().Where(r => r.Id > known && r.ServerId == server).MaxAsync(r => (long?)r.Id, cancellationToken) ?? 0;
        }

        return rows
            .Where(r => MemberViewJournal.Lists(r.Scopes) && !walked.Contains(r.ServerId))
            .Select(r => new Due(r.Id, r.ServerId, NotBefore(r.Id, DueAt(r.View, r.SignedInAt, newest[r.ServerId] > r.View?.NewestRepositoryId, options.Value.MemberInterval))))
            .OrderBy(d => d.At)
            .ToList();
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

    private void Hold(Guid identityId, DateTimeOffset? until)
    {
        lock (held)
        {
            if (until is { } later) held[identityId] = later;
            else held.Remove(identityId);
        }
    }

    private DateTimeOffset NotBefore(Guid identityId, DateTimeOffset at)
    {
        lock (held) return held.TryGetValue(identityId, out var until) && until > at ? until : at;
    }

    [LoggerMessage(LogLevel.Error, "Looking for views to read failed")]
    private partial void LogLookFailed(Exception exception);

    [LoggerMessage(LogLevel.Error, "Reading what identity {IdentityId} may open failed unexpectedly")]
    private partial void LogReadFailed(Guid identityId, Exception exception);
}
