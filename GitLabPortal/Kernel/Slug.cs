using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GitLabPortal.Kernel;

/// <summary>A short name for addresses: 1 to 40 of <c>a-z</c>, <c>0-9</c> and single inner dashes.</summary>
public static partial class Slug
{
    public const int MaxLength = 40;

    public static bool IsValid(string? text) => text is { Length: > 0 and <= MaxLength } && Pattern().IsMatch(text);

    /// <summary>The slug that a name suggests. A name without any usable letter gives <c>team</c>.</summary>
    public static string From(string name)
    {
        var slug = new StringBuilder();
        foreach (var c in name.ToLowerInvariant())
        {
            if (Accents.Fold(c) is { } plain) slug.Append(plain);
            else if (c is (>= 'a' and <= 'z') or (>= '0' and <= '9')) slug.Append(c);
            else if (CharUnicodeInfo.GetUnicodeCategory(c) is not UnicodeCategory.NonSpacingMark && slug.Length > 0 && slug[^1] != '-') slug.Append('-');
            if (slug.Length >= MaxLength) break;
        }

        slug.Length = Math.Min(slug.Length, MaxLength);
        var text = slug.ToString().Trim('-');
        return text.Length == 0 ? "team" : text;
    }

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
