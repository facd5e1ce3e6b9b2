using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitLabPortal.GitLab;

// GitLab's answers differ by version, edition and the asker's rights. A field of another type than expected becomes null:
// one odd field must not hide ten thousand projects. What is longer than anything the product shows is cut: a server may send megabytes.

internal sealed class TolerantText : JsonConverter<string?>
{
    internal const int MaxLength = 4000;

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Text(ref reader);

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    internal static string? Text(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return Cut(reader.GetString());
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return Cut(Encoding.UTF8.GetString(reader.ValueSpan));
            default:
                reader.Skip();
                return null;
        }
    }

    // A pair of surrogates stays together.
    private static string? Cut(string? text) =>
        text is not { Length: > MaxLength } ? text : text[..(char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength)];
}

internal sealed class TolerantNumber : JsonConverter<long?>
{
    public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.Number) return reader.TryGetInt64(out var number) ? number : null;
        return long.TryParse(TolerantText.Text(ref reader), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
    }

    public override void Write(Utf8JsonWriter writer, long? value, JsonSerializerOptions options)
    {
        if (value is { } number) writer.WriteNumberValue(number);
        else writer.WriteNullValue();
    }
}

internal sealed class TolerantBoolean : JsonConverter<bool?>
{
    public override bool? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        bool.TryParse(TolerantText.Text(ref reader), out var value) ? value : null;

    public override void Write(Utf8JsonWriter writer, bool? value, JsonSerializerOptions options)
    {
        if (value is { } flag) writer.WriteBooleanValue(flag);
        else writer.WriteNullValue();
    }
}

internal sealed class TolerantDate : JsonConverter<DateOnly?>
{
    /// <summary>Takes a date, or the date of a timestamp.</summary>
    public override DateOnly? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TolerantText.Text(ref reader) is { Length: >= 10 } text
        && DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : null;

    public override void Write(Utf8JsonWriter writer, DateOnly? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
}

internal sealed class TolerantTime : JsonConverter<DateTimeOffset?>
{
    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        DateTimeOffset.TryParse(TolerantText.Text(ref reader), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : null;

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value?.ToString("O", CultureInfo.InvariantCulture));
}

internal sealed class TolerantTexts : JsonConverter<string[]?>
{
    internal const int MaxCount = 200;

    public override string[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return null;
        }

        List<string> texts = [];
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            if (texts.Count == MaxCount) reader.Skip();
            else if (TolerantText.Text(ref reader) is { Length: > 0 } text) texts.Add(text);
        }

        return [.. texts];
    }

    public override void Write(Utf8JsonWriter writer, string[]? value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var text in value ?? []) writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
