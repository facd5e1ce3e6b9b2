namespace GitLabPortal.GitLab;

/// <summary>The token that asked, as GitLab 15.5 and later describe it.</summary>
public sealed record GitLabToken
{
    public required long Id { get; init; }

    public string? Name { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Dead from 00:00 UTC of this date; null when it never expires.</summary>
    public DateOnly? ExpiresOn { get; init; }

    public long? UserId { get; init; }

    public bool Revoked { get; init; }

    /// <summary>False for revoked and expired tokens; true when GitLab does not say.</summary>
    public bool Active { get; init; } = true;

    /// <summary>A fine-grained token (19.x): its scopes say little, its permissions decide.</summary>
    public bool IsGranular { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }
}

/// <summary>The user a token belongs to.</summary>
public sealed record GitLabUser
{
    public required long Id { get; init; }

    public required string Username { get; init; }

    public string? Name { get; init; }

    /// <summary><c>active</c>, <c>blocked</c>, …</summary>
    public string? State { get; init; }

    /// <summary>True for project and group tokens' users; service accounts may say false.</summary>
    public bool IsBot { get; init; }

    /// <summary>Only administrators are told; with Admin Mode it does not mean that administrator calls work.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>Sees no internal projects.</summary>
    public bool IsExternal { get; init; }

    /// <summary>The primary address, as GitLab tells its owner and administrators; null when it is not confirmed.</summary>
    public string? ConfirmedEmail { get; init; }

    public string? WebUrl { get; init; }
}

/// <param name="Version">As GitLab says it, e.g. <c>18.9.0-ee</c> or <c>19.0.0-pre</c>; not a <see cref="System.Version"/>.</param>
/// <param name="IsEnterprise">The package, not the licence; null before 15.6.</param>
public sealed record GitLabMetadata(string Version, string? Revision, bool? IsEnterprise)
{
    /// <summary>Whether the version is at least this; false when it cannot be read.</summary>
    public bool IsAtLeast(int major, int minor) => Number() is { } v && (v.Major, v.Minor).CompareTo((major, minor)) >= 0;

    /// <summary>The leading <c>major.minor</c>, or null when there is none.</summary>
    public (int Major, int Minor)? Number()
    {
        var parts = Version.Split('.', 3);
        if (parts.Length < 2 || !int.TryParse(parts[0], out var major)) return null;
        var digits = new string([.. parts[1].TakeWhile(char.IsAsciiDigit)]);
        return int.TryParse(digits, out var minor) ? (major, minor) : null;
    }
}

public sealed record GitLabGroup
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required string FullPath { get; init; }

    public string Visibility { get; init; } = "";

    public long? ParentId { get; init; }

    public string? WebUrl { get; init; }

    public DateOnly? MarkedForDeletionOn { get; init; }
}
