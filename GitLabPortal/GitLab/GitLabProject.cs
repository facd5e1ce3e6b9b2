namespace GitLabPortal.GitLab;

/// <summary>A project as GitLab describes it. Whatever GitLab leaves out (old versions, missing rights) is null, empty or false.</summary>
public sealed record GitLabProject
{
    /// <summary>Never changes, unlike name and path.</summary>
    public required long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>E.g. <c>group/sub/project</c>; changes with renames and moves.</summary>
    public required string PathWithNamespace { get; init; }

    public GitLabNamespace? Namespace { get; init; }

    /// <summary>Text that people typed, with whatever it holds; null when empty.</summary>
    public string? Description { get; init; }

    /// <summary><c>private</c>, <c>internal</c> or <c>public</c>, or whatever a later GitLab adds; empty when not told.</summary>
    public string Visibility { get; init; } = "";

    /// <summary>Null when the token may not read the code. Set even for an empty repository.</summary>
    public string? DefaultBranch { get; init; }

    /// <summary>Built from GitLab's external_url, which may differ from the address we dial. Null unless http or https.</summary>
    public string? WebUrl { get; init; }

    public string? HttpUrlToRepo { get; init; }

    public string? SshUrlToRepo { get; init; }

    public int StarCount { get; init; }

    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>Moves at most once an hour.</summary>
    public DateTimeOffset? LastActivityAt { get; init; }

    /// <summary>When its settings changed last; null where GitLab does not tell.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Also true while marked for deletion, and, from 18.x on, when a group above is archived.</summary>
    public bool Archived { get; init; }

    public bool EmptyRepo { get; init; }

    public bool IsFork { get; init; }

    /// <summary>The date of the delayed deletion; the path then ends in <c>-deletion_scheduled-{id}</c>.</summary>
    public DateOnly? MarkedForDeletionOn { get; init; }
}

/// <param name="Kind"><c>group</c> or <c>user</c>.</param>
public sealed record GitLabNamespace(long Id, string FullPath, string Kind);

/// <summary>How many projects a query finds.</summary>
/// <param name="IsLowerBound">GitLab does not count beyond <see cref="Most"/>.</param>
public sealed record ProjectCount(int Count, bool IsLowerBound)
{
    /// <summary>GitLab counts no further.</summary>
    public const int Most = 10_000;

    /// <summary>Null when GitLab limits nothing, or does not say.</summary>
    public GitLabRateLimit? RateLimit { get; init; }
}

/// <summary>Which projects to list.</summary>
public sealed record ProjectListQuery
{
    /// <summary>Only projects with a larger id: the last id of the page before.</summary>
    public long? IdAfter { get; init; }

    /// <summary>Only projects with a smaller id.</summary>
    public long? IdBefore { get; init; }

    /// <summary>Only projects with activity since then; GitLab notes it at most once an hour.</summary>
    public DateTimeOffset? ActiveAfter { get; init; }

    /// <summary>Only projects that were changed since then; see <see cref="ProjectsClient.ListUpdatedAsync"/>.</summary>
    public DateTimeOffset? UpdatedAfter { get; init; }

    /// <summary>1 to 100.</summary>
    public int PerPage { get; init; } = 100;

    /// <summary>Only projects that the token's user is a member of; otherwise all that it can see.</summary>
    public bool MembershipOnly { get; init; }

    /// <summary><c>private</c>, <c>internal</c> or <c>public</c>; null for all.</summary>
    public string? Visibility { get; init; }
}
