using GitLabPortal.Kernel;

namespace GitLabPortal.Security;

internal static class SecurityFeature
{
    public static IServiceCollection AddSecurity(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<PortalOptions>(configuration, PortalOptions.Section, o => o.Problems());
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<SecretProtector>();
        services.PostConfigure<LoggerFilterOptions>(CircuitLogging.KeepMessagesOut);
        services.AddOutboundGuard(configuration);
        return services;
    }
}
