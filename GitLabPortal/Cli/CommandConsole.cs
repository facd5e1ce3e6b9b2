namespace GitLabPortal.Cli;

/// <summary>What a command reads and writes: results to <paramref name="Out"/>; problems and progress to <paramref name="Error"/>.</summary>
/// <param name="IsLive">A person watches the error stream, on which lines can be drawn again.</param>
internal sealed record CommandConsole(TextReader In, TextWriter Out, TextWriter Error, bool IsLive)
{
    public static CommandConsole Terminal => new(Console.In, Console.Out, Console.Error, !Console.IsErrorRedirected);
}
