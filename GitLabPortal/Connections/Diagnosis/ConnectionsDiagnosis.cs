namespace GitLabPortal.Connections;

public static class ConnectionsDiagnosis
{
    /// <summary>Registers the checks of servers and tokens. Needs <c>AddOutboundGuard</c>.</summary>
    public static IServiceCollection AddConnectionChecks(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSingleton<GitLabClients>();
        services.AddSingleton<PortalChecks>();
        services.AddSingleton<ServerProbe>();
        services.AddSingleton<TokenInspector>();
        services.AddSingleton<WholeCheck>();
        return services;
    }
}
