namespace GitLabPortal.Tests.Sandbox;

/// <summary>GitLab's project search: words of three characters or more match anywhere, shorter ones only as the whole field; a space means and.</summary>
internal sealed class ProjectSearch(string text, bool includesNamespaces)
{
    private readonly string[] _words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public bool Matches(SandboxProject project)
    {
        foreach (var word in _words)
        {
            if (!MatchesIn(project.Name, word) && !MatchesIn(project.Path, word) && !MatchesIn(project.Description, word)
                && !(includesNamespaces && (MatchesIn(project.Namespace.FullPath, word) || MatchesIn(project.Namespace.Name, word))))
                return false;
        }

        return true;
    }

    private static bool MatchesIn(string? field, string word) => field is not null && (word.Length < 3
        ? string.Equals(field, word, StringComparison.OrdinalIgnoreCase)
        : field.Contains(word, StringComparison.OrdinalIgnoreCase));
}
