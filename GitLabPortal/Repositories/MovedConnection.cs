using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Repositories;

/// <summary>What the catalogue does when a connection's GitLab has another address.</summary>
internal static class MovedConnection
{
    private const int SampleSize = 6;

    /// <summary>Spread over the ids, so that neither old nor new ones alone decide.</summary>
    public static async Task<IReadOnlyList<KnownRepository>> SampleAsync(PortalDb db, Guid connectionId, CancellationToken cancellationToken)
    {
        var seen = db.Set<RepositorySighting>().Where(s => s.ConnectionId == connectionId && s.MissingSince == null);
        var count = await seen.CountAsync(cancellationToken);
        List<KnownRepository> sample = [];
        for (var i = 0; i < Math.Min(count, SampleSize); i++)
        {
            sample.Add(await seen.OrderBy(s => s.RepositoryId).Skip((int)((long)i * count / Math.Min(count, SampleSize)))
                .Select(s => new KnownRepository(s.Repository!.GitLabId, s.Repository.FullPath)).FirstAsync(cancellationToken));
        }

        return sample;
    }

    /// <summary>The rows of the old address belong to others now: the next walk reads everything anew under the new one.</summary>
    public static async Task ForgetAsync(PortalDb db, Connection connection, Guid fromServerId, Guid toServerId, CancellationToken cancellationToken)
    {
        await db.Set<SyncRun>().Where(r => r.ConnectionId == connection.Id).ExecuteDeleteAsync(cancellationToken);
        await db.Set<RepositorySighting>().Where(s => s.ConnectionId == connection.Id).ExecuteDeleteAsync(cancellationToken);
        await db.Set<Disappearance>().Where(d => d.ConnectionId == connection.Id).ExecuteDeleteAsync(cancellationToken);
    }
}
