using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>JSON as Rails writes it: UTF-8 unescaped, times with milliseconds.</summary>
internal static class Json
{
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    public static readonly JsonWriterOptions Options = new() { Encoder = Encoder, SkipValidation = true };

    public static Answer Object(int status, Action<Utf8JsonWriter> properties) => Write(status, json =>
    {
        json.WriteStartObject();
        properties(json);
        json.WriteEndObject();
    });

    public static Answer Array<T>(IEnumerable<T> items, Action<Utf8JsonWriter, T> item) => Write(200, json =>
    {
        json.WriteStartArray();
        foreach (var each in items)
            item(json, each);
        json.WriteEndArray();
    });

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string? Date(DateOnly? date) => date?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static void Strings(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static Answer Write(int status, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
            write(json);
        return new Answer { Status = status, ContentType = "application/json", Body = buffer.WrittenMemory };
    }
}
