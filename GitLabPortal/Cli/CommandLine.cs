using System.CommandLine;
using System.CommandLine.Invocation;

namespace GitLabPortal.Cli;

/// <summary>
/// The portal without its pages: the same use cases, for scripts. A word such as <c>connection</c> makes a command; without one the
/// portal is served.
/// </summary>
internal static class CommandLine
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int Interrupted = 130;

    private static readonly string[] AboutItself = ["--help", "-h", "-?", "/?", "/h", "--version"];

    /// <summary>Whether the arguments name a command, or ask about the program, rather than start the portal.</summary>
    public static bool IsMeantBy(IReadOnlyList<string> args) =>
        CommandArguments.Read(args).Words is [var first, ..]
        && (AboutItself.Contains(first, StringComparer.Ordinal) || (first is not ['-' or '/', ..] && !first.Contains('=', StringComparison.Ordinal)));

    /// <returns>0 done, 1 failed with words on the error stream, 2 wrong usage, 130 interrupted.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CommandConsole console, CancellationToken cancellationToken)
    {
        var arguments = CommandArguments.Read(args);
        var root = Commands(new CommandRunner(arguments.Settings, console));
        var parsed = root.Parse(arguments.Words);
        if (parsed is { Errors.Count: > 0, Action: null or ParseErrorAction })
        {
            foreach (var error in parsed.Errors) await console.Error.WriteLineAsync(error.Message);
            await console.Error.WriteLineAsync($"See: {Name(parsed.CommandResult.Command, root)} --help");
            return WrongUsage;
        }

        return await parsed.InvokeAsync(
            new InvocationConfiguration { Output = console.Out, Error = console.Error, EnableDefaultExceptionHandler = false }, cancellationToken);
    }

    private static RootCommand Commands(CommandRunner runner) => new(
        """
        GitLabPortal: connect your GitLab once; your team picks repositories from one grid and never sees a token.

        Without a command the portal is served; every setting can be given then, e.g. --urls http://0.0.0.0:8080.
        A command works on the same data, also beside a running portal: name its directory as the portal does,
        e.g. --Data:Directory=/srv/portal. Exit codes: 0 done, 1 failed, 2 wrong usage.
        """)
    {
        SetUpCommand.Create(runner),
        DoctorCommand.Create(runner),
        ConnectionCommands.Create(runner),
        RepositoryCommands.Create(runner),
        CommandRunner.Json,
    };

    private static string Name(Command command, RootCommand root) =>
        command == root ? "gitlabportal" : $"{Name(command.Parents.OfType<Command>().First(), root)} {command.Name}";
}
