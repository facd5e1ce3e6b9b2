using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Harness;

/// <summary>The same database and keys in another set of services, as another process has them.</summary>
internal static class Processes
{
    public static ServiceProvider Open(string dataDirectory, string requestTimeout = "00:00:02")
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationManager
        {
            ["Data:Directory"] = dataDirectory,
            ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8",
            ["Outbound:RequestTimeout"] = requestTimeout,
            // This machine refuses at once what does not listen.
            ["Outbound:ConnectTimeout"] = "00:00:30",
        };
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging();
        services.AddFeatures(configuration);
        return services.BuildServiceProvider();
    }
}
