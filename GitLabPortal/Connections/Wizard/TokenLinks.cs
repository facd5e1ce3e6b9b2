namespace GitLabPortal.Connections;

/// <summary>GitLab's page for a new personal access token, filled in as far as GitLab allows.</summary>
public static class TokenLinks
{
    public static readonly IReadOnlyList<(string Name, string Reason)> FullScopes =
    [
        ("api", "Lists repositories, and lets later features set up webhooks and renew the token."),
        ("read_user", "Shows whose token it is."),
        ("read_repository", "Clones repositories and reads their files."),
    ];

    public static readonly IReadOnlyList<(string Name, string Reason)> ReadOnlyScopes =
    [
        ("read_api", "Lists repositories."),
        ("read_user", "Shows whose token it is."),
        ("read_repository", "Clones repositories and reads their files."),
    ];

    public static IReadOnlyList<(string Name, string Reason)> Scopes(bool readOnly) => readOnly ? ReadOnlyScopes : FullScopes;

    /// <summary>For GitLab 16.7 and newer.</summary>
    public static string Current(string baseUrl, string teamName, bool readOnly) =>
        $"{baseUrl}/-/user_settings/personal_access_tokens?{Query(teamName, readOnly)}";

    /// <summary>For GitLab 16.6 and older; newer ones answer 404 there.</summary>
    public static string Old(string baseUrl, string teamName, bool readOnly) =>
        $"{baseUrl}/-/profile/personal_access_tokens?{Query(teamName, readOnly)}";

    private static string Query(string teamName, bool readOnly)
    {
        var description = Uri.EscapeDataString($"Lets GitLabPortal list repositories for the team {teamName}");
        var scopes = string.Join(',', Scopes(readOnly).Select(s => s.Name));
        return $"name=GitLabPortal&description={description}&scopes={scopes}";
    }
}
