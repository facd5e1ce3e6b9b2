using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;

using GitLabPortal.Security;
using GitLabPortal.Shell;

using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using GitLabPortal.UI;

namespace GitLabPortal;

/// <summary>The portal as a web application: its features and their order.</summary>
internal static class PortalHost
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.UsePortalSources(args);
        var (services, configuration) = (builder.Services, builder.Configuration);

        services.AddSecurity(configuration);
        services.AddData(configuration);
        services.AddUI();
        services.AddAccounts(configuration);
        services.AddTeams(configuration);
        services.AddConnections(configuration);
        services.AddRepositories(configuration);
        services.AddProjects(configuration);
        services.AddSignIn(configuration);
        services.AddShell(configuration);

        SettingsCheck.Require(services);
        var app = builder.Build();
        app.UseShell();
        app.MapSignIn();
        app.MapShell();
        return app;
    }
}
