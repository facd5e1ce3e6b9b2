using System.Text.RegularExpressions;

namespace GitLabPortal.Cli;

/// <summary>
/// What was typed, apart: settings such as <c>--Data:Directory=/srv/portal</c> (a colon tells them), which may stand anywhere, and the
/// words of the command.
/// </summary>
internal sealed partial record CommandArguments(IReadOnlyList<string> Settings, IReadOnlyList<string> Words)
{
    public static CommandArguments Read(IReadOnlyList<string> args)
    {
        var (settings, words) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Count; i++)
        {
            if (!SettingPattern().IsMatch(args[i]))
            {
                words.Add(args[i]);
                continue;
            }

            settings.Add(args[i]);
            // "--Data:Directory /srv/portal", as the portal itself understands it.
            if (!args[i].Contains('=', StringComparison.Ordinal) && i + 1 < args.Count) settings.Add(args[++i]);
        }

        return new CommandArguments(settings, words);
    }

    [GeneratedRegex("^--[A-Za-z]+:[A-Za-z0-9:.]+(=|$)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SettingPattern();
}
