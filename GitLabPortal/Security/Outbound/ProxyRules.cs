using System.Net;
using System.Text.RegularExpressions;

namespace GitLabPortal.Security;

/// <summary>How a host is called.</summary>
/// <param name="Proxy">Null: directly.</param>
/// <param name="Setting">The setting that decides, e.g. <c>Outbound:ProxyExceptions:1</c>.</param>
/// <param name="Exception">The exception that applies; null without one.</param>
public sealed record ProxyDecision(Uri? Proxy, string Setting, string? Exception = null);

/// <summary>Which servers are called through the operator's proxy (settings <c>Outbound:Proxy…</c>).</summary>
public sealed partial class ProxyRules
{
    private const string UrlKey = $"{OutboundOptions.Section}:{nameof(OutboundOptions.ProxyUrl)}";
    private const string ExceptionsKey = $"{OutboundOptions.Section}:{nameof(OutboundOptions.ProxyExceptions)}";

    private readonly Uri? proxy;
    private readonly List<(string Text, IPNetwork? Network)> exceptions;

    internal ProxyRules(OutboundOptions options)
    {
        proxy = options.ProxyUrl.Length > 0 ? new Uri(options.ProxyUrl) : null;
        exceptions = [.. options.ProxyExceptions.Select(e => (e, OutboundOptionsValidator.TryParseNetwork(e, out var network) ? network : (IPNetwork?)null))];
        Credentials = options.ProxyUserName.Length > 0 ? new NetworkCredential(options.ProxyUserName, options.ProxyPassword) : null;
    }

    public NetworkCredential? Credentials { get; }

    /// <param name="host">As in the address; a trailing dot does not matter.</param>
    /// <param name="addresses">All of the host's addresses: a network excepts a host that lies in it as a whole.</param>
    public ProxyDecision For(string host, IReadOnlyCollection<IPAddress> addresses)
    {
        if (proxy is null) return new(null, UrlKey);
        var name = host.Trim('[', ']').TrimEnd('.');
        for (var i = 0; i < exceptions.Count; i++)
        {
            var (text, network) = exceptions[i];
            var applies = network is { } range
                ? addresses.Count > 0 && addresses.All(a => range.Contains(a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a))
                : IsBelow(name, text.TrimStart('*').TrimStart('.'));
            if (applies) return new(null, $"{ExceptionsKey}:{i}", text);
        }

        return new(proxy, UrlKey);
    }

    internal static IEnumerable<string> Problems(OutboundOptions options)
    {
        if (options.ProxyUrl.Length > 0
            && !(Uri.TryCreate(options.ProxyUrl, UriKind.Absolute, out var url) && url is { Scheme: "http", UserInfo.Length: 0, PathAndQuery: "/" } && url.Host.Length > 0))
            yield return $"{UrlKey}: give an address such as http://proxy.example.com:3128, without user name, password or path.";
        for (var i = 0; i < options.ProxyExceptions.Count; i++)
        {
            if (!OutboundOptionsValidator.TryParseNetwork(options.ProxyExceptions[i], out _) && !HostPattern().IsMatch(options.ProxyExceptions[i]))
                yield return $"{ExceptionsKey}:{i}: '{options.ProxyExceptions[i]}' is neither a host name, an address nor a network such as 10.0.0.0/8.";
        }

        if (options.ProxyPassword.Length > 0 && options.ProxyUserName.Length == 0)
            yield return $"{OutboundOptions.Section}:{nameof(OutboundOptions.ProxyUserName)}: is empty although there is a password.";
        if (options.ProxyUserName.Contains(':', StringComparison.Ordinal))
            yield return $"{OutboundOptions.Section}:{nameof(OutboundOptions.ProxyUserName)}: must not hold a colon.";
    }

    private static bool IsBelow(string name, string domain) =>
        name.Equals(domain, StringComparison.OrdinalIgnoreCase) || name.EndsWith($".{domain}", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^(\*?\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex HostPattern();
}
