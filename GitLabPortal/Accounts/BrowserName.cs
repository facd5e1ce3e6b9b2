using System.Text.RegularExpressions;

namespace GitLabPortal.Accounts;

/// <summary>Browsers and systems by the names that people know them by.</summary>
public static partial class BrowserName
{
    // The order matters: nearly all of them also call themselves what comes further down.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("Vivaldi/", "Vivaldi"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ];

    /// <param name="userAgent">What the browser says of itself; null or anything else when it says nothing useful.</param>
    public static string Of(string? userAgent)
    {
        var text = userAgent ?? "";
        var browser = Array.Find(Browsers, b => text.Contains(b.Mark, StringComparison.Ordinal)).Name
            // Scripts: "curl/8.5.0".
            ?? (Script().Match(text) is { Success: true } script ? script.Groups["name"].Value : "Unknown browser");
        var system = Array.Find(Systems, s => text.Contains(s.Mark, StringComparison.Ordinal)).Name;
        return system is null ? browser : $"{browser} on {system}";
    }

    [GeneratedRegex("^(?<name>[A-Za-z][A-Za-z0-9._-]{1,30})/[0-9]", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Script();
}
