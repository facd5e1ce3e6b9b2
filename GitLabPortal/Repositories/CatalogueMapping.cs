using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

/// <summary>
/// From what GitLab says to what the catalogue keeps. Nothing that people typed is trusted or refused: texts are made safe to store
/// (length, control characters) and are encoded where they are shown.
/// </summary>
internal static class CatalogueMapping
{
    public const int MaxDescription = 2000;
    private const int MaxText = 1000;
    private const int MaxTopics = 100;

    public static Repository New(GitLabProject project, Guid serverId, DateTimeOffset now)
    {
        var repository = new Repository
        {
            ServerId = serverId,
            GitLabId = project.Id,
            Name = "",
            FullPath = "",
            NamespacePath = "",
            Visibility = RepositoryVisibility.Unknown,
            WebUrl = "",
            Stars = 0,
            Topics = "",
            IsArchived = false,
            IsEmpty = false,
            IsFork = false,
            SearchText = "",
            ReadAt = now,
        };
        Update(repository, project, now);
        return repository;
    }

    public static void Update(Repository repository, GitLabProject project, DateTimeOffset now)
    {
        var path = Line(project.PathWithNamespace, MaxText);
        if (path.Length == 0) path = $"project-{project.Id}";
        var name = Line(project.Name, MaxText);
        var topics = project.Topics.Select(t => Line(t, 255)).Where(t => t.Length > 0).Distinct(StringComparer.Ordinal).Take(MaxTopics).ToList();
        var description = SearchText.Clean(project.Description, MaxDescription).Trim();
        repository.FullPath = path;
        repository.NamespacePath = NamespaceOf(project, path);
        repository.Name = name.Length == 0 ? path[(path.LastIndexOf('/') + 1)..] : name;
        repository.Description = description.Length == 0 ? null : description;
        repository.Visibility = project.Visibility switch
        {
            "private" => RepositoryVisibility.Private,
            "internal" => RepositoryVisibility.Internal,
            "public" => RepositoryVisibility.Public,
            _ => RepositoryVisibility.Unknown,
        };
        repository.DefaultBranch = Optional(project.DefaultBranch);
        repository.WebUrl = WebAddress(project.WebUrl) ?? "";
        repository.HttpCloneUrl = CloneAddress(WebAddress(project.HttpUrlToRepo));
        repository.SshCloneUrl = CloneAddress(Optional(project.SshUrlToRepo));
        repository.Stars = Math.Max(0, project.StarCount);
        repository.Topics = topics.Count == 0 ? "" : $"\n{string.Join('\n', topics)}\n";
        repository.LastActivityAt = project.LastActivityAt?.ToUniversalTime();
        repository.IsArchived = project.Archived;
        repository.IsEmpty = project.EmptyRepo;
        repository.IsFork = project.IsFork;
        repository.DeletionOn = project.MarkedForDeletionOn;
        repository.SearchText = SearchText.Of(path, repository.Name, repository.Description, topics);
        repository.ReadAt = now;
    }

    /// <summary>Whether a project lies in or below one of the groups, by the full paths that they have now.</summary>
    public static bool IsBelow(GitLabProject project, IReadOnlyCollection<string> groupPaths)
    {
        var path = NamespaceOf(project, project.PathWithNamespace);
        return groupPaths.Any(group => path.StartsWith(group, StringComparison.OrdinalIgnoreCase)
            && (path.Length == group.Length || path[group.Length] == '/'));
    }

    /// <summary>Only what a browser opens as a web page; anything else would be a way to smuggle in a script.</summary>
    private static string? WebAddress(string? address) =>
        Optional(address) is { } text && Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https") ? text : null;

    /// <summary>
    /// People paste these into a shell, behind <c>git clone</c>: nothing that a shell or git itself would take for a command, which a
    /// real address does not need.
    /// </summary>
    private static string? CloneAddress(string? address) =>
        address is not null && char.IsLetterOrDigit(address[0])
            && address.All(c => char.IsLetterOrDigit(c) || "-._~/:@%+[]".Contains(c, StringComparison.Ordinal))
            // "ext::command" is git's way to name a program; in an IPv6 address a bracket comes first.
            && (address.IndexOf("::", StringComparison.Ordinal) is var helper && (helper < 0 || address.AsSpan(0, helper).Contains('[')))
            ? address
            : null;

    private static string NamespaceOf(GitLabProject project, string path)
    {
        if (project.Namespace is { FullPath.Length: > 0 } space) return Line(space.FullPath, MaxText);
        var slash = path.LastIndexOf('/');
        return slash < 0 ? "" : path[..slash];
    }

    private static string? Optional(string? text) => Line(text ?? "", 2000) is { Length: > 0 } line ? line : null;

    private static string Line(string text, int maxLength) => SearchText.Clean(text, maxLength).Trim();
}
