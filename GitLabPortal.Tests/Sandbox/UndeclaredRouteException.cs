namespace GitLabPortal.Tests.Sandbox;

/// <summary>The product called something that GitLab does not have: a failed test, even when the answer was handled well.</summary>
public sealed class UndeclaredRouteException(IReadOnlyList<string> routes)
    : Exception($"GitLab has no such route, or the sandbox does not know it: {string.Join("; ", routes)}. A test that asks on purpose says so with Declare(path).")
{
    public IReadOnlyList<string> Routes => routes;
}
