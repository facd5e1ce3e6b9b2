using System.Text.Json;

namespace GitLabPortal.GitLab;

/// <summary>
/// What an error answer says, whichever of GitLab's six body shapes it has (FACTS 6.1), plain text or nothing. For recognising only:
/// the text may hold anything that somebody typed, so it goes into no message and no log.
/// </summary>
internal sealed record GitLabErrorBody(string Text, string? Error, string? Description, IReadOnlyList<string> Scopes, bool HasMessage)
{
    private static readonly GitLabErrorBody Nothing = new("", null, null, [], false);

    public bool Says(string text) => Text.Contains(text, StringComparison.OrdinalIgnoreCase);

    public static GitLabErrorBody Read(GitLabAnswer answer)
    {
        if (answer.Body.Length == 0) return Nothing;
        // No refusal of GitLab's is long; taking apart megabytes of them would cost a hundred times their size.
        if (answer.IsHtml || answer.IsLong) return Nothing with { Text = answer.Beginning };
        try
        {
            var reader = new Utf8JsonReader(answer.Body.Span);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object) return Nothing;
            var error = root.TryGetProperty("error", out var e) ? Flatten(e) : null;
            var description = root.TryGetProperty("error_description", out var d) ? Flatten(d) : null;
            var message = root.TryGetProperty("message", out var m) ? Flatten(m) : null;
            var scope = root.TryGetProperty("scope", out var s) ? Flatten(s) : null;
            var text = string.Join(' ', new[] { message, error, description }.Where(t => !string.IsNullOrEmpty(t)));
            return new(text, error, description, scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [], message is not null);
        }
        catch (JsonException)
        {
            return Nothing with { Text = answer.Beginning };
        }
    }

    private static string Flatten(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() ?? "",
        JsonValueKind.Array => string.Join(' ', value.EnumerateArray().Select(Flatten)),
        JsonValueKind.Object => string.Join(' ', value.EnumerateObject().Select(p => $"{p.Name} {Flatten(p.Value)}")),
        JsonValueKind.Number => value.GetRawText(),
        _ => "",
    };
}
