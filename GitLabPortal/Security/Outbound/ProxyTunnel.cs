using System.Globalization;
using System.Net;
using System.Text;

namespace GitLabPortal.Security;

/// <summary>Asks an HTTP proxy for a way through (RFC 9110, 9.3.6). TLS then runs inside of it, end to end with the server.</summary>
internal static class ProxyTunnel
{
    private const int MaxHeaderBytes = 16 * 1024;

    /// <summary>Null when the way is open, else why it is not.</summary>
    public static async Task<ConnectFailure?> OpenAsync(Stream stream, string host, int port, NetworkCredential? credentials, CancellationToken cancellation)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host)}:{port}");
        var request = new StringBuilder($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: GitLabPortal\r\n");
        if (credentials is not null)
        {
            var pair = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.UserName}:{credentials.Password}"));
            request.Append("Proxy-Authorization: Basic ").Append(pair).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()), cancellation);
        return Status(await ReadHeaderAsync(stream, cancellation)) switch
        {
            >= 200 and < 300 => null,
            407 => ConnectFailure.ProxyWantsPassword,
            502 or 503 or 504 => ConnectFailure.ProxyFailed,
            > 0 => ConnectFailure.ProxyRefused,
            _ => ConnectFailure.ProxyNotSpoken,
        };
    }

    private static int Status(string header) =>
        header.StartsWith("HTTP/1.", StringComparison.Ordinal) && header.Split(' ', 3) is [_, var status, ..]
            && int.TryParse(status.AsSpan(0, Math.Min(3, status.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // Byte by byte: what follows the header belongs to the tunnel.
    private static async Task<string> ReadHeaderAsync(Stream stream, CancellationToken cancellation)
    {
        var header = new StringBuilder();
        var one = new byte[1];
        while (header.Length < MaxHeaderBytes && await stream.ReadAsync(one, cancellation) == 1)
        {
            header.Append((char)one[0]);
            if (one[0] == '\n' && (header.ToString(Math.Max(0, header.Length - 4), Math.Min(4, header.Length)) is "\r\n\r\n")) return header.ToString();
        }

        return "";
    }
}
