using System.Globalization;
using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Query and body parameters of one call, with Grape's validation: all complaints are joined into one answer.</summary>
internal sealed class Parameters
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);
    private readonly List<string> _complaints = [];

    public static Parameters Of(ReceivedRequest request)
    {
        var parameters = new Parameters();
        parameters.AddForm(request.RawQuery);
        if (request.ContentType is "application/x-www-form-urlencoded")
            parameters.AddForm(request.Body);
        else if (request.ContentType is "application/json" && request.Body.Length > 0)
            parameters.AddJson(request.Body);
        return parameters;
    }

    /// <summary>All that was sent, for Link headers.</summary>
    public IEnumerable<KeyValuePair<string, string>> Sent =>
        _values.Select(pair => new KeyValuePair<string, string>(pair.Key, pair.Value[^1]));

    /// <summary>NUL bytes and invalid UTF-8 are refused before routing.</summary>
    public bool AreMalformed => _values.Any(pair => IsMalformed(pair.Key) || pair.Value.Exists(IsMalformed));

    /// <summary>Set after reading the parameters when one of them was not valid.</summary>
    public Answer? Complaint => _complaints.Count == 0 ? null : Answers.Invalid(string.Join(", ", _complaints));

    public string? this[string name] => _values.TryGetValue(name, out var found) ? found[^1] : null;

    public bool Has(string name) => _values.ContainsKey(name);

    public IReadOnlyList<string> List(string name)
    {
        if (_values.TryGetValue(name + "[]", out var many))
            return many;
        return this[name]?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
    }

    public bool? Flag(string name)
    {
        switch (this[name])
        {
            case null or "":
                return null;
            case "true" or "t" or "1" or "yes" or "on":
                return true;
            case "false" or "f" or "0" or "no" or "off":
                return false;
            default:
                Complain($"{name} is invalid");
                return null;
        }
    }

    public long? Number(string name)
    {
        if (this[name] is not { Length: > 0 } text)
            return null;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number;
        Complain($"{name} is invalid");
        return null;
    }

    public DateTimeOffset? Time(string name)
    {
        if (this[name] is not { Length: > 0 } text)
            return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        Complain($"{name} is invalid");
        return null;
    }

    public DateOnly? Date(string name)
    {
        if (this[name] is not { Length: > 0 } text)
            return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return date;
        Complain($"{name} is invalid");
        return null;
    }

    public string Choice(string name, string fallback, params ReadOnlySpan<string> choices)
    {
        var sent = this[name];
        if (sent is null)
            return fallback;
        if (choices.Contains(sent))
            return sent;
        Complain($"{name} does not have a valid value");
        return fallback;
    }

    public void Complain(string complaint) => _complaints.Add(complaint);

    private static bool IsMalformed(string text) => text.Contains('\0', StringComparison.Ordinal) || text.Contains('\uFFFD', StringComparison.Ordinal);

    private void AddForm(string form)
    {
        foreach (var pair in form.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            Add(Decode(equals < 0 ? pair : pair[..equals]), equals < 0 ? "" : Decode(pair[(equals + 1)..]));
        }
    }

    private void AddJson(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is not JsonValueKind.Object)
                return;
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Value.ValueKind is JsonValueKind.Array)
                {
                    foreach (var item in property.Value.EnumerateArray())
                        Add(property.Name + "[]", item.ToString());
                }
                else if (property.Value.ValueKind is not JsonValueKind.Null)
                {
                    Add(property.Name, property.Value.ValueKind is JsonValueKind.True ? "true" : property.Value.ValueKind is JsonValueKind.False ? "false" : property.Value.ToString());
                }
            }
        }
        catch (JsonException)
        {
            Complain("message body does not match declared format");
        }
    }

    // WebUtility turns bytes that are no UTF-8 into U+FFFD, which is how AreMalformed knows.
    private static string Decode(string text) => System.Net.WebUtility.UrlDecode(text);

    private void Add(string name, string value)
    {
        if (!_values.TryGetValue(name, out var list))
            _values.Add(name, list = []);
        list.Add(value);
    }
}
