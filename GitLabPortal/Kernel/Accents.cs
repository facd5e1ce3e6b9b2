namespace GitLabPortal.Kernel;

/// <summary>Accented Latin letters and what they are without. String.Normalize does nothing under invariant globalization.</summary>
public static class Accents
{
    /// <summary>The plain letters for a lower-case accented one; null for any other character.</summary>
    public static string? Fold(char lowerCase) => lowerCase is >= '\u00c0' and < '\u0180' ? Table.GetValueOrDefault(lowerCase) : null;

    private static readonly Dictionary<char, string> Table = (
        from pair in new[]
        {
            "aàáâãäåāăą", "cçćĉċč", "dďđð", "eèéêëēĕėęě", "gĝğġģ", "hĥħ", "iìíîïĩīĭįı", "jĵ", "kķĸ", "lĺļľŀł", "nñńņňŋ",
            "oòóôõöøōŏő", "rŕŗř", "sśŝşš", "tţťŧ", "uùúûüũūŭůűų", "wŵ", "yýÿŷ", "zźżž",
        }
        from accented in pair.Skip(1)
        select KeyValuePair.Create(accented, pair[..1]))
        .Append(KeyValuePair.Create('ß', "ss")).Append(KeyValuePair.Create('æ', "ae")).Append(KeyValuePair.Create('œ', "oe"))
        .Append(KeyValuePair.Create('þ', "th")).Append(KeyValuePair.Create('ĳ', "ij"))
        .ToDictionary();
}
