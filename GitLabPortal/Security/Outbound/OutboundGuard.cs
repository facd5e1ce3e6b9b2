using System.Net;
using System.Net.Sockets;
using GitLabPortal.Kernel;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Security;

public static class OutboundGuard
{
    /// <summary>Registers <see cref="GuardedHttp"/> and the rules behind it. <see cref="HostResolver"/> and <see cref="AddressDialler"/> may be registered before.</summary>
    public static IServiceCollection AddOutboundGuard(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<OutboundOptions>(configuration, OutboundOptions.Section, OutboundOptionsValidator.Problems);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<HostResolver>(Dns.GetHostAddressesAsync);
        services.TryAddSingleton<AddressDialler>(DialAsync);
        services.AddSingleton(s => new AddressRules(s.GetRequiredService<IOptions<OutboundOptions>>()));
        services.AddSingleton<OutboundConnector>();
        services.AddSingleton<GuardedHttp>();
        return services;
    }

    internal static async Task<Stream> DialAsync(IPEndPoint endPoint, CancellationToken cancellation)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
