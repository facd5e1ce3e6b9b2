namespace GitLabPortal.SignIn;

/// <summary>Where to go after signing in. The address comes from a link that anybody can make, so only paths of this portal count.</summary>
public static class ReturnUrl
{
    private static readonly Uri Here = new("http://portal.invalid/");

    /// <summary>The path in a form that can stand in a header; <c>/</c> for anything that leads elsewhere.</summary>
    public static string Local(string? given)
    {
        // Browsers read a backslash as a slash and leave out line breaks and tabs: "/\evil.example", "/\t/evil.example".
        if (given is not ['/', ..] || given.Length > 2000 || given.Contains('\\', StringComparison.Ordinal) || given.Any(char.IsControl)) return "/";
        if (given.StartsWith("//", StringComparison.Ordinal) || !Uri.TryCreate(Here, given, out var url)) return "/";

        // Not back to where one signs in or out: that would go round in circles.
        var isLocal = url.Authority == Here.Authority && url.PathAndQuery is not ['/', '/', ..];
        return isLocal && url.AbsolutePath is not ("/sign-in" or "/sign-in/gitlab" or "/sign-out" or "/setup") ? url.PathAndQuery + url.Fragment : "/";
    }
}
