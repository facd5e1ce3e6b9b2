using Radzen;

namespace GitLabPortal.UI;

internal static class UIFeature
{
    public static IServiceCollection AddUI(this IServiceCollection services)
    {
        services.AddRadzenComponents();
        services.AddScoped<Dialogs>();
        services.AddScoped<Toasts>();
        return services;
    }
}
