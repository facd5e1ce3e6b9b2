namespace GitLabPortal.Repositories;

/// <summary>The repositories that a person has ticked. It outlives pages, searches and rows that come and go.</summary>
public sealed class RepositorySelection
{
    public const int Max = 1000;

    private readonly HashSet<long> ids = [];

    public int Count => ids.Count;

    public IReadOnlyCollection<long> Ids => ids;

    public bool IsFull => ids.Count >= Max;

    public bool Contains(long id) => ids.Contains(id);

    public void Set(long id, bool isSelected)
    {
        if (!isSelected) ids.Remove(id);
        else if (!IsFull) ids.Add(id);
    }

    public void SetAll(IEnumerable<long> some, bool areSelected)
    {
        foreach (var id in some) Set(id, areSelected);
    }

    public void Clear() => ids.Clear();
}
