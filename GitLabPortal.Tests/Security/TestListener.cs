using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace GitLabPortal.Tests.Security;

/// <summary>A raw TCP server on loopback that treats each connection as the test says.</summary>
internal sealed class TestListener : IAsyncDisposable
{
    private static readonly ConcurrentBag<Socket> Taken = [];

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;
    private int connections;

    private TestListener(Func<Socket, CancellationToken, Task> treat)
    {
        listener.Start();
        running = RunAsync(treat);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int Connections => connections;

    public static TestListener That(Func<Socket, CancellationToken, Task> treat) => new(treat);

    /// <summary>Reads a request and answers each with these bytes, then closes.</summary>
    public static TestListener Answering(string answer) => new(async (socket, cancellation) =>
    {
        await using var stream = new NetworkStream(socket);
        await ReadRequestAsync(stream, cancellation);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(answer), cancellation);
    });

    /// <summary>Waits for the client's first bytes, whatever they are, says these, and closes.</summary>
    public static TestListener AnsweringBytes(byte[] answer) => new(async (socket, cancellation) =>
    {
        await socket.ReceiveAsync(new byte[4096], cancellation);
        await socket.SendAsync(answer, cancellation);
        socket.Shutdown(SocketShutdown.Send);
        while (await socket.ReceiveAsync(new byte[4096], cancellation) > 0)
        {
        }
    });

    /// <summary>Does TLS with this certificate, then answers 404.</summary>
    public static TestListener WithTls(X509Certificate2 certificate, System.Security.Authentication.SslProtocols protocols = default) => new(async (socket, cancellation) =>
    {
        await using var tls = new SslStream(new NetworkStream(socket));
        // Offline: the server must not be the one that fetches what its certificate names.
        var context = SslStreamCertificateContext.Create(certificate, null, offline: true);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context, EnabledSslProtocols = protocols }, cancellation);
        await ReadRequestAsync(tls, cancellation);
        await tls.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), cancellation);
    });

    /// <summary>Accepts and never says a word, until the client goes away or the test ends.</summary>
    public static TestListener Silent(TaskCompletionSource? clientLeft = null) => new(async (socket, cancellation) =>
    {
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, cancellation) > 0)
        {
        }

        clientLeft?.TrySetResult();
    });

    public static TestListener Resetting() => new((socket, _) =>
    {
        socket.LingerState = new LingerOption(enable: true, 0);
        socket.Close();
        return Task.CompletedTask;
    });

    /// <summary>A port that nothing listens on: taken, so that nobody else gets it, until the process ends.</summary>
    public static int ClosedPort()
    {
        var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Taken.Add(taken);
        return ((IPEndPoint)taken.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        listener.Stop();
        stopping.Dispose();
    }

    private async Task RunAsync(Func<Socket, CancellationToken, Task> treat)
    {
        List<Task> all = [];
        try
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync(stopping.Token);
                Interlocked.Increment(ref connections);
                all.Add(TreatAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(all);
        }

        async Task TreatAsync(Socket socket)
        {
            using (socket)
            {
                try
                {
                    await treat(socket, stopping.Token);
                }
                catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
                {
                    // Clients that turn away are what these tests are about.
                }
            }
        }
    }

    private static async Task ReadRequestAsync(Stream stream, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, cancellation);
            if (read == 0) return;
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }
}
