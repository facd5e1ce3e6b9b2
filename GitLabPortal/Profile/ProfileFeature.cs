namespace GitLabPortal.Profile;

internal static class ProfileFeature
{
    /// <summary>One's own page: name, password, sessions, GitLab accounts.</summary>
    public static IServiceCollection AddProfile(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSingleton<IdentityQueries>();
        services.AddSingleton<UnlinkIdentity>();
        return services;
    }
}
