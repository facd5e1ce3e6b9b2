using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>
/// The address of a GitLab server, made from whatever people paste. Text only: nothing is looked up. User names and passwords are
/// dropped here, at the first look, and kept nowhere.
/// </summary>
public sealed partial class InstanceUrl : IEquatable<InstanceUrl>
{
    private const int MaxLength = 2000;

    /// <summary>More path segments than any relative root has: longer paths are groups and projects.</summary>
    private const int MaxRootSegments = 4;

    private InstanceUrl(string scheme, string host, int port, string path)
    {
        IsPlainHttp = scheme == Uri.UriSchemeHttp;
        Host = host;
        Port = port;
        Path = path;
        Authority = port == (IsPlainHttp ? 80 : 443) ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
        BaseUrl = $"{scheme}://{Authority}{path}";
    }

    /// <summary>Canonical, without a trailing slash, e.g. <c>https://git.example.com/gitlab</c>.</summary>
    public string BaseUrl { get; }

    /// <summary>Lower case, punycode; IPv6 in brackets.</summary>
    public string Host { get; }

    public int Port { get; }

    /// <summary>Host, and the port when it is not the scheme's own.</summary>
    public string Authority { get; }

    /// <summary>The relative root (or what may be one) with a leading slash; empty at the top of the host.</summary>
    public string Path { get; }

    public bool IsPlainHttp { get; }

    /// <summary>False when https was assumed.</summary>
    public bool HadScheme { get; private init; }

    /// <summary>A user name or password was in the text and was dropped.</summary>
    public bool HadCredentials { get; private init; }

    /// <summary>An SSH clone address was pasted; only its host could be used.</summary>
    public bool WasSsh { get; private init; }

    public bool IsGitLabCom => Host is "gitlab.com" or "www.gitlab.com";

    /// <summary>For <see cref="Uri"/> users; ends in a slash, so that relative addresses land below the root.</summary>
    public Uri ToUri() => new(BaseUrl + "/");

    /// <summary>
    /// The bases to try in order, longest path first, host alone last: <c>https://host/gitlab/group/project</c> cannot be told from a
    /// relative root by its text.
    /// </summary>
    public IReadOnlyList<InstanceUrl> Candidates()
    {
        var segments = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var candidates = new List<InstanceUrl>();
        for (var count = Math.Min(segments.Length, MaxRootSegments); count >= 0; count--) candidates.Add(At(segments.Take(count)));
        return candidates;
    }

    /// <summary>The same server by another scheme, on that scheme's own port if this one uses its own.</summary>
    public InstanceUrl WithScheme(bool isPlainHttp)
    {
        var isDefaultPort = Port == (IsPlainHttp ? 80 : 443);
        return With(isPlainHttp ? Uri.UriSchemeHttp : Uri.UriSchemeHttps, isDefaultPort ? (isPlainHttp ? 80 : 443) : Port, Path);
    }

    private InstanceUrl At(IEnumerable<string> segments) =>
        With(IsPlainHttp ? Uri.UriSchemeHttp : Uri.UriSchemeHttps, Port, string.Concat(segments.Select(s => $"/{s}")));

    private InstanceUrl With(string scheme, int port, string path) =>
        new(scheme, Host, port, path) { HadScheme = HadScheme, HadCredentials = HadCredentials, WasSsh = WasSsh };

    /// <summary>
    /// Reads what was pasted. Problems are <see cref="Problem.Invalid"/> with <c>address-empty</c>, <c>address-too-long</c>,
    /// <c>address-scheme</c> or <c>address-invalid</c>; they never quote the text.
    /// </summary>
    public static Result<InstanceUrl> Parse(string? pasted)
    {
        if (pasted is { Length: > MaxLength }) return Wrong("address-too-long", "This is too long for an address. Paste the address of your GitLab's start page.");
        var text = Clean(pasted ?? "");
        if (text.Length == 0) return Wrong("address-empty", "Enter the address of your GitLab server, for example https://gitlab.example.com.");
        if (text.Any(char.IsWhiteSpace)) return Invalid();

        var match = SchemePattern().Match(text);
        if (!match.Success && ScpPattern().Match(text) is { Success: true } scp) return Ssh(scp.Groups["rest"].Value);
        var scheme = match.Success ? match.Groups["scheme"].Value.ToLowerInvariant() : Uri.UriSchemeHttps;
        var rest = match.Success ? text[match.Length..] : text.TrimStart('/');
        if (scheme is "ssh" or "git+ssh") return Ssh(rest);
        if (scheme is not ("http" or "https")) return Wrong("address-scheme", "Only addresses that begin with https:// (or http://) can be used.");
        return Read(scheme, rest.TrimStart('/'), hadScheme: match.Success);
    }

    private static Result<InstanceUrl> Read(string scheme, string rest, bool hadScheme)
    {
        var (address, hadCredentials) = DropCredentials(rest);
        var end = address.IndexOfAny(['/', '?', '#']);
        var authority = end < 0 ? address : address[..end];
        var path = end < 0 ? "" : address[end..].Split('?', '#')[0];
        if (!TryReadAuthority(scheme, authority, out var host, out var port)) return Invalid();
        return new InstanceUrl(scheme, host, port, RootOf(path)) { HadScheme = hadScheme, HadCredentials = hadCredentials };
    }

    private static Result<InstanceUrl> Ssh(string rest)
    {
        var (address, _) = DropCredentials(rest);
        // The port is the SSH server's, and the path never holds a relative root.
        var host = address.StartsWith('[') ? address[..(address.IndexOf(']') + 1)] : address.Split('/', ':', '?', '#')[0];
        return TryReadAuthority(Uri.UriSchemeHttps, host, out var name, out _)
            ? new InstanceUrl(Uri.UriSchemeHttps, name, 443, "") { WasSsh = true }
            : Invalid();
    }

    private static string Clean(string pasted)
    {
        var text = new StringBuilder(pasted.Length);
        foreach (var c in pasted)
        {
            // Control characters and the invisible ones that copying from chats and documents brings along.
            if (!char.IsControl(c) && CharUnicodeInfo.GetUnicodeCategory(c) is not UnicodeCategory.Format) text.Append(c is '\\' ? '/' : c);
        }

        return text.ToString().Trim([.. "<>\"'`´‘’“”«»,;()", .. " \u00A0\u2002\u2003\u2009\u202F\u3000"]);
    }

    /// <summary>A password may hold / ? # unescaped; then the host begins after the last @ all the same.</summary>
    private static (string Address, bool HadCredentials) DropCredentials(string rest)
    {
        var end = rest.IndexOfAny(['/', '?', '#']);
        var authority = end < 0 ? rest : rest[..end];
        var at = authority.LastIndexOf('@');
        var had = at >= 0;
        if (had) rest = rest[(at + 1)..];

        var path = rest.Split('?', '#')[0];
        var deep = path.IndexOf("/-/", StringComparison.Ordinal);
        var inPath = (deep < 0 ? path : path[..deep]).LastIndexOf('@');
        // No GitLab path holds an @, so one there is the end of a password; as is one after "name:not-a-port" or "name:123?".
        var inner = inPath >= 0 ? inPath : AuthorityWithoutPort().IsMatch(rest) ? rest.LastIndexOf('@') : -1;
        return inner >= 0 ? (rest[(inner + 1)..], true) : (rest, had);
    }

    private static bool TryReadAuthority(string scheme, string authority, out string host, out int port)
    {
        (host, port) = ("", 0);
        if (authority.Length == 0 || authority.Contains('%') || authority.Contains('@')) return false;
        var ascii = ToAscii(authority);
        if (ascii is null || !Uri.TryCreate($"{scheme}://{ascii}/", UriKind.Absolute, out var uri)) return false;
        if (uri.HostNameType is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6)) return false;
        host = uri.Host.TrimEnd('.').ToLowerInvariant();
        port = uri.Port;
        // Written in a way that only a machine reads as an address (2130706433, 0x7f.1): show what it really is.
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address)) host = address.ToString() is { } text && text.Contains(':') ? $"[{text}]" : address.ToString();
        return host.Length is > 0 and <= 255 && port is > 0 and <= 65535;
    }

    private static string? ToAscii(string authority)
    {
        if (authority.All(char.IsAscii)) return authority;
        var colon = authority.LastIndexOf(':');
        var (name, port) = colon < 0 ? (authority, "") : (authority[..colon], authority[colon..]);
        try
        {
            return new IdnMapping().GetAscii(new string([.. name.Select(Narrow)]).ToLowerInvariant()) + port;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Full-width letters and ideographic dots are what Asian keyboards type; without culture data the framework does not narrow them.
    private static char Narrow(char c) => c switch
    {
        >= '\uFF01' and <= '\uFF5E' => (char)(c - 0xFEE0),
        '\u3002' or '\uFF61' => '.',
        _ => c,
    };

    /// <summary>Cuts what is surely a page or the API below the root, and repeated slashes.</summary>
    private static string RootOf(string path)
    {
        string[] segments = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Segment).Where(s => s is not ("" or "." or ".."))];
        var length = 0;
        while (length < segments.Length && !IsBelowRoot(segments[length].ToLowerInvariant(), length + 1 < segments.Length ? segments[length + 1] : "")) length++;
        return string.Concat(segments.Take(length).Select(s => $"/{Uri.EscapeDataString(s)}"));
    }

    private static string Segment(string escaped)
    {
        var segment = Uri.UnescapeDataString(escaped);
        while (segment.EndsWith(".git", StringComparison.OrdinalIgnoreCase)) segment = segment[..^4];
        return segment;
    }

    private static bool IsBelowRoot(string segment, string next) => segment switch
    {
        "-" or "help" or "explore" or "dashboard" or "admin" or "oauth" or "profile" or ".well-known" or "robots.txt" => true,
        "api" => ApiVersion().IsMatch(next),
        "users" => next is "sign_in" or "sign_up" or "auth" or "password" or "confirmation" or "terms",
        _ => false,
    };

    private static Problem Invalid() =>
        Wrong("address-invalid", "This is not an address of a server. It should look like https://gitlab.example.com.");

    private static Problem.Invalid Wrong(string code, string message) => new(code, message, "Address");

    public bool Equals(InstanceUrl? other) => other is not null && other.BaseUrl == BaseUrl;

    public override bool Equals(object? obj) => Equals(obj as InstanceUrl);

    public override int GetHashCode() => BaseUrl.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => BaseUrl;

    [GeneratedRegex("^(?<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):/{2,}|^(?<scheme>[hH][tT]{2}[pP][sS]?)(:/?|/{2,})|^(?<scheme>[mM][aA][iI][lL][tT][oO]|[dD][aA][tT][aA]):", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SchemePattern();

    [GeneratedRegex("^(?<rest>[A-Za-z0-9._-]+@[^/@:]+:(?![0-9]+(/|$))[^@]*)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ScpPattern();

    [GeneratedRegex("^[^/?#:\\[]*:(?![0-9]*(/|$|[?#][^@]*$))", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AuthorityWithoutPort();

    [GeneratedRegex("^[vV][0-9]+$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ApiVersion();
}
