using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Profile;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Scheduling;
using GitLabPortal.Security;
using GitLabPortal.Shell;
using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using GitLabPortal.UI;

namespace GitLabPortal;

/// <summary>The portal as a web application: its features and their order.</summary>
internal static class PortalHost
{
    /// <param name="args">The command line; it overrides every other setting.</param>
    /// <param name="customise">A last word on the services, for a host that is not this program.</param>
    /// <exception cref="SettingsException">Settings are wrong; all of them are named.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? customise = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.UsePortalSources(args);
        var (services, configuration) = (builder.Services, builder.Configuration);

        services.AddFeatures(configuration);
        services.AddShell(configuration);

        SettingsCheck.Require(services);
        customise?.Invoke(builder);
        var app = builder.Build();
        app.UseShell();
        app.MapConnections();
        app.MapRepositories();
        app.MapSignIn();
        app.MapShell();
        return app;
    }

    /// <summary>What the portal can do, for the web and for the command line alike.</summary>
    public static IServiceCollection AddFeatures(this IServiceCollection services, IConfiguration configuration) => services
        .AddScheduling()
        .AddSecurity(configuration)
        .AddData(configuration)
        .AddUI()
        .AddAccounts(configuration)
        .AddTeams(configuration)
        .AddConnections(configuration)
        .AddRepositories(configuration)
        .AddProjects(configuration)
        .AddSignIn(configuration)
        .AddProfile(configuration);
}
