using System.Collections.Concurrent;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Paths that a test asks for although GitLab has no such route.</summary>
internal sealed class DeclaredPaths
{
    private readonly ConcurrentDictionary<string, bool> _paths = new(StringComparer.Ordinal);

    public void Add(string path) => _paths[path] = true;

    public bool Covers(string path) => _paths.Keys.Any(declared => path == declared || path.StartsWith(declared + "/", StringComparison.Ordinal));
}
