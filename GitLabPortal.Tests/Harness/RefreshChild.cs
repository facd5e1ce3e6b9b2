using System.Diagnostics;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Harness;

/// <summary>A portal process of its own that wants an identity's access token, ten times at once.</summary>
internal sealed class RefreshChild : IAsyncDisposable
{
    public const string Command = "refresh-child";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process process;

    private RefreshChild(Process process) => this.process = process;

    public static async Task<RefreshChild> StartAsync(string dataDirectory, Guid identity)
    {
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "GitLabPortal.Tests.exe" : "GitLabPortal.Tests");
        var child = new RefreshChild(Process.Start(new ProcessStartInfo(program, [Command, dataDirectory, identity.ToString()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!);
        if (await child.process.StandardOutput.ReadLineAsync().WaitAsync(Patience) != "ready") throw new InvalidOperationException("The other portal process did not start.");
        return child;
    }

    /// <summary>Lets it loose.</summary>
    /// <returns>What its ten callers got, each different answer once: the version of the pair, or what was wrong.</returns>
    public async Task<string> RefreshAsync()
    {
        await process.StandardInput.WriteLineAsync("go");
        await process.StandardInput.FlushAsync();
        return await process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? "";
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    /// <summary>The process itself.</summary>
    internal static async Task<int> RunAsync(string[] arguments)
    {
        var identity = Guid.Parse(arguments[1]);
        await using var services = Processes.Open(arguments[0]);
        await using (var db = await services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContextAsync()) await db.Set<GitLabIdentity>().CountAsync();
        var tokens = services.GetRequiredService<IdentityTokens>();
        await Console.Out.WriteLineAsync("ready");
        await Console.Out.FlushAsync();
        if (await Console.In.ReadLineAsync() is null) return 1;
        var got = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => tokens.GetAsync(identity, CancellationToken.None))));
        await Console.Out.WriteLineAsync(string.Join(", ", got.Select(r => r.Problem?.Code ?? $"version {r.Value!.Version}").Distinct()));
        await Console.Out.FlushAsync();
        return 0;
    }
}
