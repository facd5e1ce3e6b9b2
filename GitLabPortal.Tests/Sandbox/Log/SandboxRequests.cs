namespace GitLabPortal.Tests.Sandbox;

/// <summary>What was asked of the sandbox, in order of arrival.</summary>
public sealed class SandboxRequests
{
    private readonly Lock _lock = new();
    private readonly List<LoggedRequest> _all = [];
    private readonly List<string> _undeclared = [];
    private int _arrived;

    /// <summary>A snapshot.</summary>
    public IReadOnlyList<LoggedRequest> All
    {
        get
        {
            lock (_lock)
                return [.. _all];
        }
    }

    /// <summary>Routes that neither GitLab nor the test knows: each fails the test when the sandbox is disposed.</summary>
    public IReadOnlyList<string> Undeclared
    {
        get
        {
            lock (_lock)
                return [.. _undeclared];
        }
    }

    /// <summary>Pages of GET /projects that were asked for.</summary>
    public int ProjectListPages => Count(static r => r is { Method: "GET", Path: "/api/v4/projects" });

    public LoggedRequest? Last => All is { Count: > 0 } all ? all[^1] : null;

    public int Count() => All.Count;

    public int Count(Func<LoggedRequest, bool> predicate) => All.Count(predicate);

    public IEnumerable<LoggedRequest> Where(Func<LoggedRequest, bool> predicate) => All.Where(predicate);

    public IEnumerable<LoggedRequest> To(string path) => All.Where(r => r.Path == path);

    public bool Used(SandboxToken token) => All.Any(r => r.TokenId == token.Id);

    /// <summary>Forgets the requests so far, but not the undeclared ones.</summary>
    public void Clear()
    {
        lock (_lock)
            _all.Clear();
    }

    internal int NextNumber() => Interlocked.Increment(ref _arrived);

    internal void Add(LoggedRequest request)
    {
        lock (_lock)
            _all.Add(request);
    }

    internal void AddUndeclared(string route)
    {
        lock (_lock)
            _undeclared.Add(route);
    }
}
