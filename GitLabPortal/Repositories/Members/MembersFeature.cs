namespace GitLabPortal.Repositories;

internal static class MembersFeature
{
    /// <summary>What single members may open on GitLab, and what of the catalogue they see therefore.</summary>
    public static IServiceCollection AddMembers(this IServiceCollection services)
    {
        services.AddSingleton<MemberViewFeed>();
        services.AddSingleton<MemberViewJournal>();
        services.AddSingleton<ReadMemberView>();
        services.AddHostedService<MemberViewSync>();
        return services;
    }
}
