namespace GitLabPortal.Teams;

internal static class TeamsFeature
{
    public static IServiceCollection AddTeams(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<TeamAuthorizer>();
        services.AddSingleton<TeamQueries>();
        services.AddSingleton<MembershipFeed>();
        services.AddSingleton<CreateTeam>();
        services.AddSingleton<RenameTeam>();
        services.AddSingleton<ChangeRole>();
        services.AddSingleton<RemoveMember>();
        services.AddSingleton<LeaveTeam>();
        services.AddSingleton<CreateInvitation>();
        services.AddSingleton<RevokeInvitation>();
        services.AddScoped<AcceptInvitation>();
        services.AddSingleton(new SettingsSection("general", "General", 10, typeof(GeneralSection)));
        services.AddSingleton(new SettingsSection("members", "Members", 20, typeof(MembersSection)));
        return services;
    }
}
