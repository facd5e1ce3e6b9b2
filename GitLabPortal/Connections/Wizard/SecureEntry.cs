using System.Net;

namespace GitLabPortal.Connections;

internal static class SecureEntry
{
    /// <summary>Whether what is typed travels readably from another machine: plain http, and not from this very machine.</summary>
    public static bool IsInsecure(string baseUri)
    {
        var address = new Uri(baseUri);
        if (address.Scheme == Uri.UriSchemeHttps) return false;
        var host = address.DnsSafeHost;
        return !(host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var ip) && IPAddress.IsLoopback(ip)));
    }
}
