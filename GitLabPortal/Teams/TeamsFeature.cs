namespace GitLabPortal.Teams;

internal static class TeamsFeature
{
    public static IServiceCollection AddTeams(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<TeamAuthorizer>();
        services.AddSingleton<TeamQueries>();
        services.AddSingleton<MembershipFeed>();
        return services;
    }
}
