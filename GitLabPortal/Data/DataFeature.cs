using GitLabPortal.Kernel;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Data;

public static class DataFeature
{
    /// <summary>The database, its upgrade and the key ring.</summary>
    public static IServiceCollection AddData(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<DataOptions>(configuration, DataOptions.Section, o => o.Problems());
        services.AddDbContextFactory<PortalDb>((provider, options) =>
            Configure(options, provider.GetRequiredService<IOptions<DataOptions>>().Value.DatabaseFile));
        services.AddSingleton<DatabaseUpgrade>();
        services.AddSingleton<RunningPortal>();
        services.AddHostedService(provider => provider.GetRequiredService<RunningPortal>());
        services.AddDataProtection().SetApplicationName("GitLabPortal");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>, KeyRing>();
        return services;
    }

    /// <summary>SQLite with foreign keys; a writer waits up to 30 s for another one.</summary>
    public static void Configure(DbContextOptionsBuilder options, string databaseFile) =>
        options.UseSqlite(ConnectionString(databaseFile))
            .AddInterceptors(SessionSettings.Instance)
            // A shutdown cancels transactions; what really fails is reported by whoever began it.
            .ConfigureWarnings(warnings => warnings.Log((RelationalEventId.TransactionError, LogLevel.Debug)));

    internal static string ConnectionString(string databaseFile) => new SqliteConnectionStringBuilder
    {
        DataSource = databaseFile,
        ForeignKeys = true,
        DefaultTimeout = 30,
    }.ToString();

    /// <summary>Closes the connections to this database that are kept for use again; those to others stay open.</summary>
    internal static void ClearPool(string databaseFile)
    {
        using var connection = new SqliteConnection(ConnectionString(databaseFile));
        SqliteConnection.ClearPool(connection);
    }
}
