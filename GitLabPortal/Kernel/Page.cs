namespace GitLabPortal.Kernel;

/// <summary>A slice of a list. <paramref name="Skip"/> and <paramref name="Take"/> count rows.</summary>
public readonly record struct PageRequest(int Skip, int Take);

/// <summary>The rows of one page and the number of rows there are in all.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, int Total)
{
    public static readonly Page<T> Empty = new([], 0);
}
