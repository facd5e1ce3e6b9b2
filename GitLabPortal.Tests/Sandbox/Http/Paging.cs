using System.Globalization;
using System.Text;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Offset pagination and the Link header of both kinds (FACTS 4.2 and 4.3).</summary>
internal static class Paging
{
    private const int CountLimit = 10_000;

    /// <summary>Reads per_page and page; per_page is clamped silently, zero is refused.</summary>
    public static (int Page, int PerPage) Read(Parameters parameters)
    {
        var perPage = parameters.Number("per_page") ?? 20;
        if (perPage <= 0)
            parameters.Complain("per_page has a value not allowed");
        var page = parameters.Number("page") ?? 1;
        if (page <= 0)
            parameters.Complain("page does not have a valid value");
        return ((int)Math.Clamp(page, 1, int.MaxValue), (int)Math.Clamp(perPage, 1, 100));
    }

    public static Answer WithOffsetHeaders(this Answer answer, ApiCall call, int page, int perPage, int total, IEnumerable<KeyValuePair<string, string>> defaults)
    {
        var pages = Math.Max(1, (total + perPage - 1) / perPage);
        var isCounted = total <= CountLimit;
        answer.With("X-Per-Page", Text(perPage)).With("X-Page", Text(page))
            .With("X-Next-Page", page < pages ? Text(page + 1) : "")
            .With("X-Prev-Page", page > 1 ? Text(page - 1) : "");
        if (isCounted)
            answer.With("X-Total", Text(total)).With("X-Total-Pages", Text(pages));

        List<string> links = [];
        void Add(int target, string relation) =>
            links.Add($"<{Address(call, defaults, [new("page", Text(target)), new("per_page", Text(perPage))])}>; rel=\"{relation}\"");
        if (page > 1)
            Add(page - 1, "prev");
        if (page < pages)
            Add(page + 1, "next");
        Add(1, "first");
        if (isCounted)
            Add(pages, "last");
        return answer.With("Link", string.Join(", ", links));
    }

    public static Answer WithNext(this Answer answer, ApiCall call, IEnumerable<KeyValuePair<string, string>> defaults, params IEnumerable<KeyValuePair<string, string>> next) =>
        answer.With("Link", $"<{Address(call, defaults, next)}>; rel=\"next\"");

    /// <summary>Scheme and path of the request, but host and port of the configured external_url; all parameters echoed, sorted.</summary>
    private static string Address(ApiCall call, IEnumerable<KeyValuePair<string, string>> defaults, IEnumerable<KeyValuePair<string, string>> next)
    {
        SortedDictionary<string, string> query = new(StringComparer.Ordinal);
        foreach (var (name, value) in defaults)
            query[name] = value;
        foreach (var (name, value) in call.Parameters.Sent)
            query[name] = value;
        foreach (var (name, value) in call.PathValues)
            query[name] = value;
        foreach (var (name, value) in next)
            query[name] = value;

        var external = call.Server.ExternalUri;
        var scheme = call.Request.Scheme;
        var isDefaultPort = external.Port == (scheme == "https" ? 443 : 80);
        var address = new StringBuilder().Append(scheme).Append("://").Append(external.Host);
        if (!isDefaultPort)
            address.Append(':').Append(external.Port);
        address.Append(call.Request.FullPath).Append('?');
        address.AppendJoin('&', query.Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value)}"));
        return address.ToString();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
