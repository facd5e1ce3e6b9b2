namespace GitLabPortal.Tests.Sandbox;

internal enum Access
{
    /// <summary>Works without a token, but a bad token is refused.</summary>
    Anyone,
    User,
    Admin,
}

/// <summary>One API route. The pattern is relative to /api/v4; <c>:name</c> takes one still-encoded segment.</summary>
internal sealed record Route(string Method, string Pattern, Func<ApiCall, Answer> Handle)
{
    private readonly string[] _segments = Pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);

    public Access Access { get; init; } = Access.User;

    /// <summary>The endpoint's own scopes, in the order in which a refusal lists them before api and read_api.</summary>
    public Func<GitLabRelease, string[]> Scopes { get; init; } = static _ => [];

    public bool AnyScope { get; init; }

    public Capability Since { get; init; } = Capability.Always;

    /// <summary>Part of the EE package only, until a release that moved it to the core.</summary>
    public Capability? InCoreSince { get; init; }

    /// <summary>Paths that identify a token for rotation trigger reuse detection even before authentication fails.</summary>
    public bool IsRotation { get; init; }

    public bool ExistsIn(GitLabRelease release) =>
        release.Has(Since) && (InCoreSince is not { } core || release.IsEnterprise || release.Has(core));

    public Dictionary<string, string>? Match(string[] segments)
    {
        if (segments.Length != _segments.Length)
            return null;

        Dictionary<string, string> values = new(StringComparer.Ordinal);
        for (var i = 0; i < segments.Length; i++)
        {
            if (_segments[i][0] == ':')
                values[_segments[i][1..]] = Uri.UnescapeDataString(segments[i]);
            else if (!string.Equals(_segments[i], segments[i], StringComparison.Ordinal))
                return null;
        }

        return values;
    }
}
