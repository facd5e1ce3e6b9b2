using System.Globalization;
using System.Text;

namespace GitLabPortal.Kernel;

/// <summary>
/// The first one and two characters of each word, in a form that a trigram index finds: three characters are the least that it knows,
/// so marks fill the room before them. The database calls this by the name <c>word_starts</c>.
/// </summary>
public static class WordStarts
{
    /// <summary>Before a word, wherever it stands: <c>␁␁a</c> and <c>␁ap</c> are in the index for "api".</summary>
    public const char Word = '\u0001';

    /// <summary>Before the first word of a field as well.</summary>
    public const char Field = '\u0002';

    /// <param name="fields">Texts, each behind a control character.</param>
    /// <param name="others">Texts whose words count, but none of which is the first of a field.</param>
    public static string Of(string? fields, string? others)
    {
        var starts = new HashSet<string>(StringComparer.Ordinal);
        Add(starts, fields ?? "", hasFields: true);
        Add(starts, others ?? "", hasFields: false);
        return string.Concat(starts);
    }

    private static void Add(HashSet<string> starts, string text, bool hasFields)
    {
        var (isBetween, isFirst) = (true, hasFields);
        var runes = text.EnumerateRunes().ToArray();
        for (var i = 0; i < runes.Length; i++)
        {
            if (IsSeparator(runes[i]))
            {
                isBetween = true;
                isFirst |= hasFields && Rune.IsControl(runes[i]);
                continue;
            }

            if (!isBetween) continue;
            var start = i + 1 < runes.Length && !Rune.IsControl(runes[i + 1]) ? $"{runes[i]}{runes[i + 1]}" : runes[i].ToString();
            starts.Add($"{Word}{Word}{start}");
            if (isFirst) starts.Add($"{Field}{Field}{start}");
            (isBetween, isFirst) = (false, false);
        }
    }

    private static bool IsSeparator(Rune rune) => Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) || Rune.IsPunctuation(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.MathSymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.CurrencySymbol;
}
