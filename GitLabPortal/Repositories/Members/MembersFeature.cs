using GitLabPortal.Connections;

namespace GitLabPortal.Repositories;

internal static class MembersFeature
{
    /// <summary>What single members may open on GitLab, and what of the catalogue they see therefore.</summary>
    public static IServiceCollection AddMembers(this IServiceCollection services)
    {
        services.AddSingleton<MemberViewFeed>();
        services.AddSingleton<MemberViewJournal>();
        services.AddSingleton<ReadMemberView>();
        services.AddSingleton<MemberQueries>();
        services.AddSingleton<VisibilityQueries>();
        services.AddSingleton<RequestMemberView>();
        services.AddSingleton<ChooseVisibility>();
        services.AddSingleton<FindConnectionGroups>();
        services.AddSingleton<ExplainAbsence>();
        services.AddSingleton(new ConnectionCardPart(typeof(VisibilityFacts)));
        services.AddHostedService<MemberViewSync>();
        return services;
    }
}
