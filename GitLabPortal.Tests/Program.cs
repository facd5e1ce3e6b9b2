using GitLabPortal.Tests.Benchmarks;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Xunit.Runner.InProc.SystemConsole;

return args switch
{
    ["sandbox", .. var rest] => await SandboxCommand.RunAsync(rest, CancellationToken.None),
    ["bench", .. var rest] => await BenchmarkCommand.RunAsync(rest, CancellationToken.None),
    ["demo", .. var rest] => await DemoCommand.RunAsync(rest, CancellationToken.None),
    [WalkingProcess.Command] => await WalkingProcess.WalkAsync(CancellationToken.None),
    [RefreshChild.Command, .. var rest] => await RefreshChild.RunAsync(rest),
    [SetUpChild.Command, .. var rest] => await SetUpChild.RunAsync(rest),
    _ => await ConsoleRunner.Run(args),
};
