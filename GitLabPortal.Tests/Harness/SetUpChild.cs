using System.Diagnostics;
using System.Globalization;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Harness;

/// <summary>A process of its own that carries out a set-up and stops after some steps until it is killed.</summary>
internal static class SetUpChild
{
    public const string Command = "set-up-child";

    /// <summary>Runs the child, waits for its steps and kills it as a crash would (SIGKILL).</summary>
    /// <returns>How many steps it had done.</returns>
    public static async Task<int> RunAndKillAsync(SetUpStage stage, Guid setUp, int steps)
    {
        // Not this process's own path: under `dotnet test` that is the test platform's host.
        var program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "GitLabPortal.Tests.exe" : "GitLabPortal.Tests");
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var argument in new[] { Command, stage.Portal.DataDirectory, stage.BaseUrl, setUp.ToString(), steps.ToString(CultureInfo.InvariantCulture) }) start.ArgumentList.Add(argument);
        using var child = Process.Start(start)!;
        try
        {
            await child.StandardInput.WriteLineAsync(stage.NewAdminToken().Secret);
            await child.StandardInput.FlushAsync();
            for (var done = 0; done < steps; done++)
            {
                if (await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is not "step") return done;
            }

            return steps;
        }
        finally
        {
            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync();
        }
    }

    public static async Task<int> RunAsync(string[] arguments)
    {
        var (data, baseUrl, setUp, steps) = (arguments[0], arguments[1], Guid.Parse(arguments[2]), int.Parse(arguments[3], CultureInfo.InvariantCulture));
        await using var services = Processes.Open(data);
        var token = await Console.In.ReadLineAsync() ?? "";
        var admin = await services.GetRequiredService<CheckAdminToken>().RunAsync(baseUrl, NetworkPath.For(allowsPlainHttp: true), token, CancellationToken.None);
        var access = await AccessAsync(services);
        var order = new SetUpOrder(new(access.AccountId, "Ada"), (_, _) => Task.FromResult<GitLabPortal.Kernel.Result<TeamAccess>>(access));
        var done = 0;
        var result = await services.GetRequiredService<ApplySetUp>().RunAsync(setUp, admin.Value!, order, async () =>
        {
            await Console.Out.WriteLineAsync("step");
            await Console.Out.FlushAsync();
            if (++done == steps) await Task.Delay(Timeout.Infinite);
        }, CancellationToken.None);
        await Console.Out.WriteLineAsync(result.Problem?.Message ?? "done");
        return 1;
    }

    private static async Task<TeamAccess> AccessAsync(ServiceProvider services)
    {
        await using var db = await services.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<GitLabPortal.Data.PortalDb>>().CreateDbContextAsync();
        var member = db.Set<TeamMember>().Select(m => new { m.TeamId, m.Team!.Slug, m.Team.Name, m.AccountId, Account = m.Account!.Name, m.Role }).Single();
        return new TeamAccess(member.TeamId, member.Slug, member.Name, member.AccountId, member.Account, member.Role);
    }
}
