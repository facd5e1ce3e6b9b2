using System.Globalization;
using System.Text;

namespace GitLabPortal.Kernel;

/// <summary>Names that people give to themselves and to things: any script and any emoji, but nothing that breaks the line it stands in.</summary>
public static class DisplayName
{
    /// <summary>The name without space around it; null when it is empty, too long or holds characters that no name has.</summary>
    public static string? Read(string? text, int maxLength)
    {
        var name = text?.Trim();
        return name is { Length: > 0 } && name.Length <= maxLength && IsPrintable(name) ? name : null;
    }

    /// <summary>False for control characters, line breaks, halves of surrogate pairs and marks that turn the direction of what follows.</summary>
    public static bool IsPrintable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!Rune.TryGetRuneAt(text, i, out var rune)) return false;
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) return false;
            if (rune.Value is (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069)) return false;
            i += rune.Utf16SequenceLength - 1;
        }

        return true;
    }
}
