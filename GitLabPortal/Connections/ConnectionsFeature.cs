using GitLabPortal.Kernel;
using GitLabPortal.Teams;

namespace GitLabPortal.Connections;

internal static class ConnectionsFeature
{
    public static IServiceCollection AddConnections(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddConnectionChecks(configuration);
        services.AddSettings<IntegrationOptions>(configuration, IntegrationOptions.Section, o => o.Problems());
        services.AddSingleton<ApplicationSecrets>();
        services.AddSingleton<TokenPairs>();
        services.AddSingleton<IdentityTokens>();
        services.AddSingleton<RevokePair>();
        services.AddSingleton<IdentityFeed>();
        services.AddSingleton<CheckIdentity>();
        services.AddSingleton<CheckApplication>();
        services.AddSingleton<RegisterApplication>();
        services.AddSingleton<ConnectionFeed>();
        services.AddSingleton<ConnectionQueries>();
        services.AddSingleton<ConnectServer>();
        services.AddSingleton<WizardSeal>();
        services.AddSingleton<CheckConnection>();
        services.AddSingleton<ChangeConnectionNetwork>();
        services.AddSingleton<ChangeAddress>();
        services.AddSingleton<ReplaceToken>();
        services.AddSingleton<RenameConnection>();
        services.AddSingleton<RemoveConnection>();
        services.AddSingleton(new SettingsSection("connections", "GitLab connections", 30, typeof(ConnectionsSection)));
        return services;
    }

    /// <summary>What programs read.</summary>
    public static void MapConnections(this IEndpointRouteBuilder routes) => ConnectionHealth.Map(routes);
}
