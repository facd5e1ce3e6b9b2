using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Harness;

/// <summary>The same database and keys in another set of services, as another process has them.</summary>
internal static class Processes
{
    /// <param name="dataDirectory">Of the portal whose database and keys they are.</param>
    /// <param name="later">How far ahead its time is, so that nobody has to wait until what a killed process held runs out.</param>
    public static ServiceProvider Open(string dataDirectory, TimeSpan later = default)
    {
        var services = new ServiceCollection();
        var configuration = new ConfigurationManager
        {
            ["Data:Directory"] = dataDirectory,
            ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8",
            // Patient: a busy machine must not look like a lost answer, which would rightly be asked for again.
            ["Outbound:RequestTimeout"] = "00:01:00",
            ["Outbound:ConnectTimeout"] = "00:00:30",
        };
        services.AddSingleton<IConfiguration>(configuration);
        services.AddLogging();
        services.AddFeatures(configuration);
        if (later != default) services.AddSingleton<TimeProvider>(new ManualClock(DateTimeOffset.UtcNow + later));
        return services.BuildServiceProvider();
    }
}
