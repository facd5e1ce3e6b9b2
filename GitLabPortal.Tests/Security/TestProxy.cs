using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace GitLabPortal.Tests.Security;

/// <summary>A real forward proxy on loopback that opens tunnels.</summary>
internal static class TestProxy
{
    /// <param name="tunnels">Gets the head of each request.</param>
    /// <param name="port">Where every tunnel leads; null for the port that was asked for.</param>
    public static TestListener Start(ConcurrentQueue<string> tunnels, int? port = null) => TestListener.That(async (socket, cancellation) =>
    {
        await using var client = new NetworkStream(socket);
        var header = new StringBuilder();
        var one = new byte[1];
        while (!header.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await client.ReadAsync(one, cancellation) == 1) header.Append((char)one[0]);
        tunnels.Enqueue(header.ToString());
        using var target = new TcpClient();
        await target.ConnectAsync("127.0.0.1", port ?? int.Parse(header.ToString().Split(' ')[1].Split(':')[1]), cancellation);
        await client.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), cancellation);
        await using var server = target.GetStream();
        await Task.WhenAny(client.CopyToAsync(server, cancellation), server.CopyToAsync(client, cancellation));
    });
}
