namespace GitLabPortal.Tests.Sandbox;

/// <summary>Which requests go wrong, and how often. Paths are below the relative root and cover what lies below them.</summary>
public sealed class SandboxFaults
{
    private readonly Lock _lock = new();
    private readonly List<Rule> _rules = [];

    /// <summary>The next <paramref name="times"/> requests to the path, after <paramref name="after"/> good ones.</summary>
    public void Answer(string path, int times, Fault fault, int after = 0, string? method = null) => Add(new Rule(path, fault, times, after, method));

    /// <summary>All requests to the path until <see cref="Clear"/>.</summary>
    public void Answer(string path, Fault fault, int after = 0, string? method = null) => Add(new Rule(path, fault, int.MaxValue, after, method));

    public void AnswerEverything(Fault fault, int times = int.MaxValue, int after = 0) => Add(new Rule("/", fault, times, after, Method: null));

    /// <summary>Only the path itself, not what lies below it.</summary>
    public void AnswerExactly(string path, Fault fault, int times = int.MaxValue, int after = 0, string? method = null) =>
        Add(new Rule(path, fault, times, after, method) { IsExact = true });

    /// <summary>Only requests to the path itself whose query holds <paramref name="query"/>.</summary>
    public void AnswerQuery(string path, string query, Fault fault, int times = int.MaxValue, int after = 0) =>
        Add(new Rule(path, fault, times, after, Method: null) { IsExact = true, Query = query });

    public void Clear()
    {
        lock (_lock)
            _rules.Clear();
    }

    internal IReadOnlyList<Fault> Take(string method, string path, string query)
    {
        lock (_lock)
        {
            if (_rules.Count == 0)
                return [];
            List<Fault> taken = [];
            foreach (var rule in _rules)
            {
                if (rule.Takes(method, path, query))
                    taken.Add(rule.Fault);
            }

            return taken;
        }
    }

    private void Add(Rule rule)
    {
        lock (_lock)
            _rules.Add(rule);
    }

    private sealed record Rule(string Path, Fault Fault, int Times, int After, string? Method)
    {
        private int _seen;

        public bool IsExact { get; init; }
        public string? Query { get; init; }

        public bool Takes(string method, string path, string query)
        {
            if ((Method is not null && !string.Equals(Method, method, StringComparison.OrdinalIgnoreCase)) || !Covers(path)
                || (Query is not null && !query.Contains(Query, StringComparison.Ordinal)))
                return false;
            _seen++;
            return _seen > After && _seen - After <= Times;
        }

        private bool Covers(string path) => Path == "/" && !IsExact
            || path == Path
            || (!IsExact && path.Length > Path.Length && path.StartsWith(Path, StringComparison.Ordinal) && path[Path.Length] == '/');
    }
}
