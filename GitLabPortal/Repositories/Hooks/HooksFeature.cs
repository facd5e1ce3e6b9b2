using GitLabPortal.Connections;

namespace GitLabPortal.Repositories;

internal static class HooksFeature
{
    /// <summary>Instant updates by a system hook on GitLab.</summary>
    public static IServiceCollection AddHooks(this IServiceCollection services)
    {
        services.AddSingleton<HookFeed>();
        services.AddSingleton<HookInstaller>();
        services.AddSingleton<TurnOnHook>();
        services.AddSingleton<RepairHook>();
        services.AddSingleton<TurnOffHook>();
        services.AddSingleton<CheckHook>();
        services.AddSingleton<HookQueries>();
        services.AddSingleton<HookInbox>();
        services.AddHostedService(provider => provider.GetRequiredService<HookInbox>());
        services.AddSingleton<ReceiveDelivery>();
        services.AddSingleton<DeliveryQueue>();
        services.AddSingleton<RequestWalk>();
        services.AddSingleton<ProjectViews>();
        services.AddSingleton<StoreViews>();
        services.AddSingleton<ApplyDeliveries>();
        services.AddHostedService<HookWorker>();
        services.AddHostedService<HookCare>();
        services.AddSingleton<RemovalConsequence>(provider => provider.GetRequiredService<HookQueries>().DescribeRemovalAsync);
        services.AddSingleton(new ConnectionCardPart(typeof(HookFacts)));
        return services;
    }
}
