using GitLabPortal.Connections;

namespace GitLabPortal.Repositories;

/// <summary>A walk that a connection needs: everything, or what changed. Fulfilled by any that begins after <paramref name="Since"/>.</summary>
internal sealed record NeededWalk(SyncKind Kind, DateTimeOffset Since);

/// <summary>
/// What a batch of deliveries amounts to, however many they are: which connections are to be walked, and which single projects are asked
/// for through which connection.
/// </summary>
internal sealed class DeliveryPlan
{
    /// <summary>More single projects than this, and a page of changes costs less.</summary>
    public const int MaxProjects = 20;

    private readonly Dictionary<Guid, NeededWalk> walks = [];
    private readonly Dictionary<Guid, SortedSet<long>> projects = [];
    private readonly HashSet<long> gone = [];

    public IReadOnlyDictionary<Guid, NeededWalk> Walks => walks;

    /// <summary>By connection.</summary>
    public IReadOnlyDictionary<Guid, SortedSet<long>> Projects => projects;

    /// <summary>Said to be deleted, and nothing else said since.</summary>
    public bool SaysGone(long projectId) => gone.Contains(projectId);

    /// <summary>Single projects were too many.</summary>
    public bool IsCollapsed { get; private init; }

    /// <param name="rows">In the order of their arrival.</param>
    /// <param name="budget">How many single projects may be asked for now.</param>
    public static DeliveryPlan Of(IReadOnlyList<HookDelivery> rows, IReadOnlyList<Connection> connections, int budget)
    {
        var single = rows.Where(r => r.News is HookNews.Project or HookNews.ProjectGone).ToList();
        var isEverything = rows.Any(r => r.News == HookNews.Everything);
        var plan = new DeliveryPlan { IsCollapsed = isEverything || single.Select(r => r.ProjectId).Distinct().Count() > Math.Min(budget, MaxProjects) };
        foreach (var connection in connections)
        {
            foreach (var row in rows) plan.Add(connection, row, isEverything);
        }

        foreach (var row in single)
        {
            if (row.News == HookNews.ProjectGone) plan.gone.Add(row.ProjectId!.Value);
            else plan.gone.Remove(row.ProjectId!.Value);
        }

        return plan;
    }

    private void Add(Connection connection, HookDelivery row, bool isEverything)
    {
        switch (row.News)
        {
            case HookNews.Everything:
            case HookNews.GroupMember when connection.TokenUserId == row.UserId:
                Walk(connection, SyncKind.Full, row);
                break;
            case HookNews.Project or HookNews.ProjectGone when IsCollapsed:
                // Only a complete walk sees what is gone.
                Walk(connection, isEverything || row.News == HookNews.ProjectGone || !ChangesWalk.KnowsUpdatedFilter(connection.Server!.Version) ? SyncKind.Full : SyncKind.Changes, row);
                break;
            case HookNews.Project or HookNews.ProjectGone:
            case HookNews.ProjectMember when connection.TokenUserId == row.UserId:
                if (!projects.TryGetValue(connection.Id, out var ids)) projects.Add(connection.Id, ids = []);
                ids.Add(row.ProjectId!.Value);
                break;
        }
    }

    private void Walk(Connection connection, SyncKind kind, HookDelivery row)
    {
        var before = walks.GetValueOrDefault(connection.Id);
        walks[connection.Id] = new NeededWalk(
            before?.Kind == SyncKind.Full ? SyncKind.Full : kind, before?.Since > row.ReceivedAt ? before.Since : row.ReceivedAt);
    }
}
