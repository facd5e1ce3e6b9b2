using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;

namespace GitLabPortal.Projects;

internal static class ProjectsFeature
{
    /// <summary>Repositories that teams picked.</summary>
    public static IServiceCollection AddProjects(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<ProjectFeed>();
        services.AddSingleton<PickedRepositories>(ProjectQueries.Picked);
        services.AddSingleton<ProjectQueries>();
        services.AddSingleton<PickRepositories>();
        services.AddSingleton<PersonalRepositories>();
        services.AddSingleton<PickPersonal>();
        services.AddSingleton<PersonalProjects>();
        services.AddSingleton<RemoveProject>();
        services.AddSingleton<RestoreProject>();
        services.AddSingleton<RemovalConsequence>(provider => provider.GetRequiredService<ProjectQueries>().DescribeRemovalAsync);
        services.AddSingleton<PageStored>(SeenNames.KeepAsync);
        services.AddSingleton<RemovalCleanup>(UnseenRepositories.ForgetAsync);
        services.AddSingleton<ServerUse>(MovedProjects.HasOthersAsync);
        services.AddSingleton<AddressMove>(MovedProjects.MoveAsync);
        return services;
    }
}

/// <summary>A team's list of projects changed: pages that show it look again.</summary>
public sealed record ProjectsChanged(Guid TeamId);

public sealed class ProjectFeed : Feed<ProjectsChanged>;
