namespace GitLabPortal.Repositories;

/// <summary>How repositories are put into words.</summary>
public static class RepositoryWords
{
    public static string Of(RepositoryVisibility visibility) => visibility switch
    {
        RepositoryVisibility.Private => "Private",
        RepositoryVisibility.Internal => "Internal",
        RepositoryVisibility.Public => "Public",
        _ => "Unknown",
    };

    public static string Icon(RepositoryVisibility visibility) => visibility switch
    {
        RepositoryVisibility.Private => "lock",
        RepositoryVisibility.Internal => "building",
        RepositoryVisibility.Public => "globe",
        _ => "help",
    };

    public static string Count(int count) => count == 1 ? "1 repository" : $"{count:N0} repositories";

    /// <summary>Long paths lose their middle: both ends tell more.</summary>
    public static string Shorten(string path, int length)
    {
        if (path.Length <= length) return path;
        var half = (length - 1) / 2;
        var (head, tail) = (half, path.Length - (length - 1 - half));
        // A pair of surrogates stays together.
        if (char.IsHighSurrogate(path[head - 1])) head--;
        if (char.IsLowSurrogate(path[tail])) tail++;
        return $"{path[..head]}…{path[tail..]}";
    }

    /// <summary>Only what a browser opens as a page; anything else stays text.</summary>
    public static string? SafeLink(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var url) && (url.Scheme is "http" or "https") ? address : null;
}
