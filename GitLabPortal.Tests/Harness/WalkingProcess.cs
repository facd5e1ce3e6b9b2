using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace GitLabPortal.Tests.Harness;

/// <summary>What a walking process is told on its standard input.</summary>
internal sealed record WalkOrder(string DatabaseFile, string KeyDirectory, Guid ConnectionId);

/// <summary>The walk of a connection in a process of its own, which can be killed as an operating system kills.</summary>
internal sealed class WalkingProcess : IAsyncDisposable
{
    public const string Command = "walk";
    private const int RequestsAtOnce = 6;

    private readonly Process process;

    private WalkingProcess(Process process) => this.process = process;

    /// <summary>Starts it; it waits, all warmed up, for its order.</summary>
    public static async Task<WalkingProcess> StartAsync()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        // It lives for moments: its code is not worth compiling twice.
        start.Environment["DOTNET_TieredPGO"] = "0";
        var started = Process.Start(start)!;
        if (await started.StandardOutput.ReadLineAsync() != "ready") throw new InvalidOperationException("The walking process did not start.");
        return new WalkingProcess(started);
    }

    /// <param name="order">What to walk.</param>
    /// <param name="batches">After so many stored batches of pages it is killed,</param>
    /// <param name="killAfter">and so much later.</param>
    /// <returns>Whether it came to the end before it was killed.</returns>
    public async Task<bool> WalkAsync(WalkOrder order, int batches, TimeSpan killAfter)
    {
        await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order));
        await process.StandardInput.FlushAsync();
        string? line = "";
        for (var i = 0; i < batches && (line = await process.StandardOutput.ReadLineAsync()) == "stored"; i++)
        {
            // As far as it shall come.
        }

        if (line is "stored" or "") await Task.Delay(killAfter);
        process.Kill();
        await process.WaitForExitAsync();
        var rest = $"{line}\n{await process.StandardOutput.ReadToEndAsync()}";
        if (rest.Contains("waits", StringComparison.Ordinal)) throw new InvalidOperationException(rest);
        return rest.Contains("done", StringComparison.Ordinal);
    }

    public void Kill() => process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    /// <summary>The process itself.</summary>
    internal static async Task<int> WalkAsync(CancellationToken cancellationToken)
    {
        // Loads what takes long before it is asked to.
        await using (var db = new FileDb(":memory:").CreateDbContext()) _ = db.Model;
        await Console.Out.WriteLineAsync("ready");
        await Console.Out.FlushAsync(cancellationToken);
        if (await Console.In.ReadLineAsync(cancellationToken) is not { } line) return 1;

        var order = JsonSerializer.Deserialize<WalkOrder>(line)!;
        await using var services = Services(new FileDb(order.DatabaseFile), order.KeyDirectory);
        using var subscription = services.GetRequiredService<SyncFeed>().Subscribe(p =>
        {
            if (p.Seen == 0) return;
            Console.Out.WriteLine("stored");
            Console.Out.Flush();
        });
        var outcome = await services.GetRequiredService<SyncConnection>().RunAsync(order.ConnectionId, cancellationToken);
        await Console.Out.WriteLineAsync(outcome.RetryAt is { } at ? string.Create(CultureInfo.InvariantCulture, $"waits until {at:O}") : "done");
        await Console.Out.FlushAsync(cancellationToken);
        // Whoever started it ends it.
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        return 0;
    }

    /// <summary>The product's own services on a database, with keys that several processes share.</summary>
    public static ServiceProvider Services(IDbContextFactory<PortalDb> database, string keyDirectory)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8",
            ["Sync:MaxRequestsAtOnce"] = RequestsAtOnce.ToString(CultureInfo.InvariantCulture),
        }).Build();
        var services = new ServiceCollection();
        services.AddSecurity(configuration);
        services.AddDataProtection().SetApplicationName("walk").PersistKeysToFileSystem(new DirectoryInfo(keyDirectory));
        services.AddSingleton(database);
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None));
        services.AddTeams(configuration);
        services.AddConnections(configuration);
        services.AddRepositories(configuration);
        services.AddProjects(configuration);
        return services.BuildServiceProvider();
    }

    private sealed class FileDb(string file) : IDbContextFactory<PortalDb>
    {
        public PortalDb CreateDbContext()
        {
            var options = new DbContextOptionsBuilder<PortalDb>();
            DataFeature.Configure(options, file);
            return new PortalDb(options.Options);
        }
    }
}
