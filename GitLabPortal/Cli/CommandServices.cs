using GitLabPortal.Shell;

namespace GitLabPortal.Cli;

/// <summary>The portal's features without the web host and without its background work.</summary>
internal static class CommandServices
{
    /// <param name="settings">The settings among the arguments; they override every other source.</param>
    /// <exception cref="SettingsException">Settings are wrong; all of them are named.</exception>
    public static ServiceProvider Build(IReadOnlyList<string> settings)
    {
        var configuration = new ConfigurationManager();
        configuration.UsePortalSources([.. settings]);
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        // What stands on the output is the command's result alone, and problems are its own to tell.
        services.AddLogging(logging => logging
            .SetMinimumLevel(LogLevel.Error)
            .AddSimpleConsole()
            .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        services.AddFeatures(configuration);
        SettingsCheck.Require(services);
        return services.BuildServiceProvider();
    }
}
