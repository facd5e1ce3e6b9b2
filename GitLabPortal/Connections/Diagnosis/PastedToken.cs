using System.Globalization;
using System.Text.RegularExpressions;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>The token in what people paste: trimmed, without quotes, header names and invisible characters.</summary>
public static partial class PastedToken
{
    private const int MaxLength = 4000;

    /// <summary>
    /// The token to use and store, or a <see cref="Problem.Invalid"/> with <c>token-empty</c>, <c>token-too-long</c> or
    /// <c>token-characters</c>. The form of a token decides nothing else: administrators choose prefixes. Nothing here quotes the text.
    /// </summary>
    public static Result<Secret> Read(Secret pasted)
    {
        var text = pasted.Reveal();
        if (text.Length > MaxLength) return Wrong(TokenCodes.TooLong);
        text = Trim(text);
        if (HeaderPattern().Match(text) is { Success: true } header) text = Trim(text[header.Length..]);
        if (text.Length == 0) return Wrong(TokenCodes.Empty);
        return text.All(c => c is >= '!' and <= '~') ? new Secret(text) : Wrong(TokenCodes.BadCharacters);
    }

    /// <summary>What the beginning of a refused token suggests; a hint for people, never a decision.</summary>
    internal static string? Hint(Secret token)
    {
        var text = token.Reveal();
        var kind = Prefixes.FirstOrDefault(p => text.StartsWith(p.Prefix, StringComparison.Ordinal)).Kind;
        if (kind is not null) return $"It looks like {kind}, which cannot be used here.";
        return text.Length == 64 && text.All(char.IsAsciiHexDigitLower) ? "It looks like an OAuth token, which cannot be used here." : null;
    }

    private static readonly (string Prefix, string Kind)[] Prefixes =
    [
        ("gldt-", "a deploy token"), ("glrt-", "a runner token"), ("glrtr-", "a runner registration token"), ("GR1348941", "a runner registration token"),
        ("glcbt-", "a CI job token"), ("gloas-", "the secret of an OAuth application"), ("glptt-", "a pipeline trigger token"), ("glft-", "a feed token"),
        ("glimt-", "an incoming mail token"), ("glagent-", "an agent token"), ("glsoat-", "a SCIM token"), ("glffct-", "a feature flag token"),
        ("glwt-", "a workspace token"), ("ghp_", "a GitHub token"), ("github_pat_", "a GitHub token"), ("eyJ", "a JSON Web Token"),
    ];

    /// <summary>Whether text in a field for something else begins as GitLab's tokens do, unless an administrator chose another prefix.</summary>
    internal static bool LooksLikeOne(string? text) =>
        text is not null && Trim(text) is var trimmed && (trimmed.StartsWith("glpat-", StringComparison.Ordinal) || Array.Exists(Prefixes, p => trimmed.StartsWith(p.Prefix, StringComparison.Ordinal)));

    private static string Trim(string text)
    {
        var visible = new string([.. text.Where(c => CharUnicodeInfo.GetUnicodeCategory(c) is not UnicodeCategory.Format)]);
        int start = 0, end = visible.Length;
        while (start < end && IsWrapping(visible[start])) start++;
        while (end > start && IsWrapping(visible[end - 1])) end--;
        return visible[start..end];
    }

    private static bool IsWrapping(char c) => char.IsWhiteSpace(c) || char.IsControl(c) || c is '"' or '\'' or '`' or '<' or '>' or '“' or '”' or '‘' or '’' or ',' or ';';

    private static Problem.Invalid Wrong(DiagnosisCode code) => new(code.Code, $"{code.Title}. {code.Fix}", "Token");

    [GeneratedRegex("^((-H|--header)\\s+['\"]?)?(private-token\\s*[:=]|authorization\\s*:\\s*(bearer|token)\\s|bearer\\s|(private_token|access_token|token)\\s*[:=])\\s*", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HeaderPattern();
}
