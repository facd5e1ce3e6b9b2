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
        var (starts, known) = (new StringBuilder(128), new HashSet<long>(32));
        Add(starts, known, fields, hasFields: true);
        Add(starts, known, others, hasFields: false);
        return starts.ToString();
    }

    // Called for every row that is read: it makes no text but the one that it returns.
    private static void Add(StringBuilder starts, HashSet<long> known, ReadOnlySpan<char> text, bool hasFields)
    {
        var (isBetween, isFirst) = (true, hasFields);
        while (Next(ref text) is { } rune)
        {
            if (IsSeparator(rune))
            {
                isBetween = true;
                isFirst |= hasFields && Rune.IsControl(rune);
                continue;
            }

            if (!isBetween) continue;
            var rest = text;
            var second = Next(ref rest) is { } next && !Rune.IsControl(next) ? next : (Rune?)null;
            Add(starts, known, Word, rune, second);
            if (isFirst) Add(starts, known, Field, rune, second);
            (isBetween, isFirst) = (false, false);
        }
    }

    private static void Add(StringBuilder starts, HashSet<long> known, char mark, Rune first, Rune? second)
    {
        // A character has 21 bits.
        if (!known.Add(((long)mark << 42) | ((long)first.Value << 21) | (uint)(second is { } some ? some.Value + 1 : 0))) return;
        starts.Append(mark).Append(mark).Append(first);
        if (second is { } rune) starts.Append(rune);
    }

    private static Rune? Next(ref ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return null;
        Rune.DecodeFromUtf16(text, out var rune, out var length);
        text = text[length..];
        return rune;
    }

    private static bool IsSeparator(Rune rune) => !Rune.IsLetterOrDigit(rune) && (Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) || Rune.IsPunctuation(rune)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.MathSymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.CurrencySymbol);
}
