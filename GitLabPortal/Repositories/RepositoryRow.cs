namespace GitLabPortal.Repositories;

/// <summary>A repository as the grid shows it. All texts come from GitLab and are not to be trusted.</summary>
/// <param name="Connections">The names of the team's connections that see it.</param>
/// <param name="IsPicked">The team has it as a project.</param>
/// <param name="FormerPath">The path that it had before, if that is what was looked for.</param>
public sealed record RepositoryRow(
    long Id,
    string Name,
    string FullPath,
    string NamespacePath,
    string? Description,
    RepositoryVisibility Visibility,
    string? DefaultBranch,
    string WebUrl,
    int Stars,
    IReadOnlyList<string> Topics,
    DateTimeOffset? LastActivityAt,
    bool IsArchived,
    bool IsEmpty,
    bool IsFork,
    DateOnly? DeletionOn,
    bool IsPicked,
    IReadOnlyList<string> Connections,
    string? FormerPath = null);

/// <summary>What the grid's filters offer.</summary>
public sealed record RepositoryFacets(
    IReadOnlyList<ConnectionFacet> Connections, IReadOnlyList<string> Namespaces, IReadOnlyList<string> Topics);

public sealed record ConnectionFacet(Guid Id, string Name);
