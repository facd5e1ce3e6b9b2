using System.CommandLine;
using GitLabPortal.Kernel;
using GitLabPortal.SignIn;

namespace GitLabPortal.Cli;

/// <summary><c>setup</c>: the first account and its team, as the set-up page makes them.</summary>
internal static class SetUpCommand
{
    public static Command Create(CommandRunner runner)
    {
        var name = new Option<string>("--name") { Description = "The name of the portal's first person, its administrator", Required = true };
        var email = new Option<string>("--email") { Description = "The person's e-mail address, to sign in with", Required = true };
        var password = new Option<string>("--password-file") { Description = "A file with the password, or - for standard input", HelpName = "FILE", Required = true };
        var team = new Option<string>("--team-name") { Description = "The name of the first team", Required = true };
        var command = new Command("setup", "Set up a new portal: its first person and team") { name, email, password, team };
        return runner.Runs(
            command,
            async (parsed, services, cancellationToken) =>
            {
                var secret = await SecretInput.ReadAsync(parsed.GetValue(password)!, "password", runner.Console, cancellationToken);
                if (!secret.IsSuccess) return secret.Problem;

                var person = new FirstPerson(parsed.GetValue(name), parsed.GetValue(email), secret.Value, parsed.GetValue(team));
                // The code proves on the page that somebody runs the portal; whoever runs this does.
                var code = services.GetRequiredService<SetUpCode>().Value;
                var joined = await services.GetRequiredService<SetUpPortal>().RunAsync(code, person, cancellationToken);
                if (!joined.IsSuccess) return joined.Problem;

                var (account, slug, teamName) = joined.Value;
                return new CommandOutput(
                    new { Email = account.Email, Team = new { Slug = slug, Name = teamName } },
                    $"{account.Email} is the portal's administrator and owns the team “{teamName}” ({slug}).");
            },
            DatabaseNeed.MadeIfMissing);
    }
}
