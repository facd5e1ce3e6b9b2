using System.Runtime.InteropServices;
using GitLabPortal.Data;
using GitLabPortal.SignIn;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Extensions.DependencyInjection;

namespace GitLabPortal.Tests.Harness;

/// <summary>
/// The whole product without a GitLab: <c>dotnet run --project GitLabPortal.Tests -- demo</c> starts the sandbox and a portal that may
/// reach it, with a team and its owner. Everything is gone at the end.
/// </summary>
public static class DemoCommand
{
    private const string Email = "ada@example.com";
    private const string Password = "demo-demo-demo";
    private const string Code = "demo";

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (args is not ([] or ["--urls", _]))
        {
            await Console.Error.WriteLineAsync("demo [--urls http://localhost:5080]");
            return 2;
        }

        var urls = args is ["--urls", var given] ? given : "http://localhost:5080";
        var data = Directory.CreateTempSubdirectory("gitlabportal-demo-").FullName;
        await using var gitlab = await GitLabSandbox.WithProjects(2_000).WithLatency(TimeSpan.FromMilliseconds(60)).WithFixedSecrets().StartAsync();
        var tokens = SandboxTokenSet.Make(gitlab.World);
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTermination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await using var portal = PortalHost.Build(
            [
                $"--urls={urls}", $"--Data:Directory={data}", $"--Setup:Code={Code}", "--Outbound:AllowedNetworks:0=127.0.0.0/8", "--Logging:LogLevel:Default=Warning",
            ]);
            await portal.Services.GetRequiredService<DatabaseUpgrade>().RunAsync(interrupted.Token);
            await using (var scope = portal.Services.CreateAsyncScope())
            {
                await scope.ServiceProvider.GetRequiredService<SetUpPortal>()
                    .RunAsync(Code, new FirstPerson("Ada Lovelace", Email, Password, "Analytical Engines"), interrupted.Token);
            }

            await portal.StartAsync(interrupted.Token);
            var address = portal.Urls.First();
            await Console.Out.WriteLineAsync($"""

                A portal and a make-believe GitLab with 2,000 projects are running.

                  1. Open  {address}/sign-in
                     Email     {Email}
                     Password  {Password}
                  2. Choose Settings, then “Connect GitLab server”.
                     GitLab server URL      {gitlab.Url.AbsoluteUri.TrimEnd('/')}   (plain http: tick “Connect without encryption”)
                     Personal access token  {tokens.First(t => t.Kind == SandboxTokenSet.Good).Token.Secret}
                  3. Choose Repositories, select some and press “Add to team”.

                Other tokens, to see what the portal says about them:
                """);
            foreach (var (kind, token) in tokens.Where(t => t.Kind != SandboxTokenSet.Good)) await Console.Out.WriteLineAsync($"  {kind,-10} {token.Secret}");
            await Console.Out.WriteLineAsync("\nPress Ctrl-C to stop; everything of the demo is then deleted.");
            await Console.Out.FlushAsync(CancellationToken.None);
            await Task.Delay(Timeout.InfiniteTimeSpan, interrupted.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await portal.StopAsync(CancellationToken.None);
        }
        finally
        {
            gitlab.ForgetUndeclared();
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(data, recursive: true);
        }

        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interrupted.Cancel();
        }
    }
}
