using System.Text;
using GitLabPortal.Kernel;

namespace GitLabPortal.Repositories;

/// <summary>
/// The one form in which repositories are searched: lower case, without accents, so that "uber" finds "Über". The fields are kept
/// apart by control characters, which neither a stored field nor a typed term can contain.
/// </summary>
internal static class SearchText
{
    public const char PathStart = '\u0001';
    public const char NameStart = '\u0002';
    public const char RestStart = '\u0003';

    public static string Of(string fullPath, string name, string? description, IEnumerable<string> topics)
    {
        var text = new StringBuilder();
        text.Append(PathStart).Append(Fold(fullPath)).Append(NameStart).Append(Fold(name)).Append(RestStart).Append(Fold(description ?? ""));
        foreach (var topic in topics) text.Append(RestStart).Append(Fold(topic));
        return text.Append(RestStart).ToString();
    }

    /// <summary>Lower case, accents removed, control characters as spaces.</summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var c in text.ToLowerInvariant())
        {
            if (c < '\u00c0') folded.Append(char.IsControl(c) ? ' ' : c);
            // Combining marks: the portal runs with invariant globalization, where String.Normalize does nothing.
            else if (c is >= '\u0300' and <= '\u036f') continue;
            else if (Accents.Fold(c) is { } plain) folded.Append(plain);
            else folded.Append(c);
        }

        return folded.ToString();
    }

    /// <summary>
    /// Control characters, line ends and marks that turn the direction of what follows become spaces (one of those in a name would
    /// show another path or server beside it), broken surrogates the replacement character, and at most
    /// <paramref name="maxLength"/> characters stay.
    /// </summary>
    public static string Clean(string? text, int maxLength)
    {
        if (string.IsNullOrEmpty(text)) return "";

        var cut = text.Length <= maxLength ? text : text[..(char.IsHighSurrogate(text[maxLength - 1]) ? maxLength - 1 : maxLength)];
        StringBuilder? clean = null;
        for (var i = 0; i < cut.Length; i++)
        {
            var c = cut[i];
            var replacement = char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') ? ' ' : IsBrokenSurrogate(cut, i) ? '\ufffd' : c;
            if (replacement != c) (clean ??= new StringBuilder(cut))[i] = replacement;
        }

        return clean?.ToString() ?? cut;
    }

    private static bool IsBrokenSurrogate(string text, int i) =>
        char.IsHighSurrogate(text[i])
            ? i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1])
            : char.IsLowSurrogate(text[i]) && (i == 0 || !char.IsHighSurrogate(text[i - 1]));
}
