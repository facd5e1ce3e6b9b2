using GitLabPortal;
using GitLabPortal.Data;
using GitLabPortal.Shell;

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
