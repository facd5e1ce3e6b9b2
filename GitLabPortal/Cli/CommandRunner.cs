using System.CommandLine;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Shell;

namespace GitLabPortal.Cli;

/// <summary>What a command finds of the database when it starts.</summary>
internal enum DatabaseNeed
{
    /// <summary>Whatever there is, or nothing: the command looks for itself.</summary>
    None,

    /// <summary>A portal's database of this version.</summary>
    Existing,

    /// <summary>As for the portal's own start: made or upgraded if necessary.</summary>
    MadeIfMissing,
}

/// <summary>What a command has to say: the same thing for programs and for people.</summary>
/// <param name="Data">Becomes JSON; property names in camel case, enums as words.</param>
/// <param name="Words">Lines for people.</param>
/// <param name="Problem">Set when the command could do its work but what it found is bad: exit code 1.</param>
internal sealed record CommandOutput(object Data, IEnumerable<string> Words, Problem? Problem = null)
{
    public CommandOutput(object data, params string[] words)
        : this(data, words.AsEnumerable())
    {
    }
}

/// <summary>Gives commands their surroundings: settings, services, database, and a form for what they say.</summary>
internal sealed class CommandRunner(IReadOnlyList<string> settings, CommandConsole console)
{
    /// <summary>Understood by every command.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = "Write the result as JSON", Recursive = true };

    public CommandConsole Console => console;

    /// <summary>Makes <paramref name="action"/> what the command does. It gets a scope of services of its own.</summary>
    public Command Runs(
        Command command, Func<ParseResult, IServiceProvider, CancellationToken, Task<Result<CommandOutput>>> action,
        DatabaseNeed database = DatabaseNeed.Existing)
    {
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, action, database, cancellationToken));
        return command;
    }

    private async Task<int> RunAsync(
        ParseResult parsed, Func<ParseResult, IServiceProvider, CancellationToken, Task<Result<CommandOutput>>> action,
        DatabaseNeed database, CancellationToken cancellationToken)
    {
        var form = new CommandForm(console, parsed.GetValue(Json));
        try
        {
            await using var services = CommandServices.Build(settings);
            await using var scope = services.CreateAsyncScope();
            var upgrade = services.GetRequiredService<DatabaseUpgrade>();
            if (database == DatabaseNeed.Existing) await upgrade.RequireCurrentAsync(cancellationToken);
            if (database == DatabaseNeed.MadeIfMissing) await upgrade.RunAsync(cancellationToken);

            // A portal that runs on the same data gets to know.
            await using var notices = database == DatabaseNeed.None ? null : ActivatorUtilities.CreateInstance<NoticeSender>(services);
            var result = await action(parsed, scope.ServiceProvider, cancellationToken);
            if (!result.IsSuccess)
            {
                await form.WriteAsync(result.Problem);
                return CommandLine.Failed;
            }

            await form.WriteAsync(result.Value);
            if (result.Value.Problem is null) return CommandLine.Done;
            await form.WriteWordsAsync(result.Value.Problem);
            return CommandLine.Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await console.Error.WriteLineAsync("Interrupted.");
            return CommandLine.Interrupted;
        }
        catch (Exception e) when (StartProblem.Explain(e) is { } explanation)
        {
            await form.WriteAsync(new Problem.Invalid("portal-unusable", explanation));
            return CommandLine.Failed;
        }
    }
}
