using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox.Tests;

/// <summary>The part of JSON Schema that GitLab's own fixtures use: type, required, properties, additionalProperties, items, $ref, enum. Formats and patterns are ignored.</summary>
internal sealed class JsonSchema
{
    private readonly string _folder;
    private readonly JsonElement _root;

    private JsonSchema(string folder, JsonElement root) => (_folder, _root) = (folder, root);

    public static JsonSchema Load(string file) =>
        new(Path.GetDirectoryName(file)!, JsonDocument.Parse(File.ReadAllText(file)).RootElement);

    /// <returns>Complaints such as "$.namespace.id: expected integer".</returns>
    public IReadOnlyList<string> Check(JsonElement value)
    {
        List<string> complaints = [];
        Check(_root, value, "$", complaints);
        return complaints;
    }

    private void Check(JsonElement schema, JsonElement value, string at, List<string> complaints)
    {
        if (schema.TryGetProperty("$ref", out var reference))
        {
            complaints.AddRange(Load(Path.Combine(_folder, reference.GetString()!)).Check(value).Select(c => at + c[1..]));
            return;
        }

        if (schema.TryGetProperty("type", out var type) && !Types(type).Any(t => Is(value, t)))
        {
            complaints.Add($"{at}: expected {type}, found {value.ValueKind}");
            return;
        }

        if (schema.TryGetProperty("enum", out var allowed) && !allowed.EnumerateArray().Any(a => JsonElement.DeepEquals(a, value)))
            complaints.Add($"{at}: {value} is none of {allowed}");
        if (value.ValueKind is JsonValueKind.Object)
            CheckObject(schema, value, at, complaints);
        if (value.ValueKind is JsonValueKind.Array && schema.TryGetProperty("items", out var items))
        {
            var index = 0;
            foreach (var item in value.EnumerateArray())
                Check(items, item, $"{at}[{index++}]", complaints);
        }
    }

    private void CheckObject(JsonElement schema, JsonElement value, string at, List<string> complaints)
    {
        if (schema.TryGetProperty("required", out var required))
        {
            foreach (var name in required.EnumerateArray().Select(r => r.GetString()!).Where(name => !value.TryGetProperty(name, out _)))
                complaints.Add($"{at}: {name} is missing");
        }

        var hasProperties = schema.TryGetProperty("properties", out var properties);
        var isClosed = schema.TryGetProperty("additionalProperties", out var additional) && additional.ValueKind is JsonValueKind.False;
        foreach (var property in value.EnumerateObject())
        {
            if (hasProperties && properties.TryGetProperty(property.Name, out var nested))
                Check(nested, property.Value, $"{at}.{property.Name}", complaints);
            else if (isClosed)
                complaints.Add($"{at}: {property.Name} is not expected");
        }
    }

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind is JsonValueKind.Array ? type.EnumerateArray().Select(t => t.GetString()!) : [type.GetString()!];

    private static bool Is(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind is JsonValueKind.Object,
        "array" => value.ValueKind is JsonValueKind.Array,
        "string" => value.ValueKind is JsonValueKind.String,
        "integer" => value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind is JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind is JsonValueKind.Null,
        _ => throw new NotSupportedException($"The schema type {type} is not known here."),
    };
}
