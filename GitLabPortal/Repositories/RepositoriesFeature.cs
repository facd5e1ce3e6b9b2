using GitLabPortal.Connections;
using GitLabPortal.Kernel;

namespace GitLabPortal.Repositories;

internal static class RepositoriesFeature
{
    /// <summary>The local catalogue: sync, search, grid.</summary>
    public static IServiceCollection AddRepositories(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SyncOptions>(configuration, SyncOptions.Section, o => o.Problems());
        services.AddSingleton<SyncFeed>();
        services.AddSingleton<ServerLeases>();
        services.AddSingleton<SyncJournal>();
        services.AddSingleton<CompleteRun>();
        services.AddSingleton<FindAbsences>();
        services.AddSingleton<SyncConnection>();
        services.AddSingleton<SyncQueries>();
        services.AddSingleton<RepositoryQueries>();
        services.AddSingleton<RequestSync>();
        services.AddSingleton<SyncRequest>(provider => provider.GetRequiredService<RequestSync>().RunAsync);
        services.AddSingleton<RemovalConsequence>(provider => provider.GetRequiredService<SyncQueries>().DescribeRemovalAsync);
        services.AddSingleton(new ConnectionCardPart(typeof(SyncFacts)));
        services.AddSingleton<AddressSample>(MovedConnection.SampleAsync);
        services.AddSingleton<AddressMove>(MovedConnection.ForgetAsync);
        services.AddSingleton<DisappearanceQueries>();
        services.AddSingleton<DecideDisappearance>();
        services.AddSingleton<ChooseSyncInterval>();
        services.AddSingleton(new ConnectionCardNotice(typeof(DisappearanceNotice)));
        services.AddHostedService<CatalogueSync>();
        services.AddMembers();
        services.AddHooks();
        services.AddSingleton<NoticeBoard>();
        services.AddHostedService<NoticeListener>();
        services.AddSingleton<IndexCare>();
        services.AddHostedService(provider => provider.GetRequiredService<IndexCare>());
        return services;
    }

    /// <summary>What GitLab calls.</summary>
    public static void MapRepositories(this IEndpointRouteBuilder routes) => routes.MapDeliveries();
}
