namespace GitLabPortal.Tests.Sandbox;

/// <summary>Queries may carry tokens; the log may not.</summary>
internal static class SecretParameters
{
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal) { "private_token", "access_token", "bearer_token", "job_token", "token", "client_secret", "code", "refresh_token" };

    public static string Hide(string query) => query.Length == 0
        ? query
        : string.Join('&', query.Split('&').Select(pair => pair.Split('=') is [var name, _] && Names.Contains(name) ? name + "=..." : pair));
}
