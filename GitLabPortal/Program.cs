using GitLabPortal;
using GitLabPortal.Cli;
using GitLabPortal.Data;
using GitLabPortal.Shell;

if (CommandLine.IsMeantBy(args)) return await CommandLine.RunAsync(args, CommandConsole.Terminal, CancellationToken.None);

try
{
    await using var app = PortalHost.Build(args);
    await app.Services.GetRequiredService<DatabaseUpgrade>().RunAsync(app.Lifetime.ApplicationStopping);
    await app.RunAsync();
    return 0;
}
catch (Exception e) when (StartProblem.Explain(e) is { } explanation)
{
    await Console.Error.WriteLineAsync(explanation);
    return 1;
}
