using Xunit.Runner.InProc.SystemConsole;

return args switch
{
    _ => await ConsoleRunner.Run(args),
};
