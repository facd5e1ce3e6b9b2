namespace GitLabPortal.Connections;

internal static class ConnectionsFeature
{
    public static IServiceCollection AddConnections(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ConnectionFeed>();
        return services;
    }
}
