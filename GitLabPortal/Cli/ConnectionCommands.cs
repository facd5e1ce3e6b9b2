using System.CommandLine;
using GitLabPortal.Repositories;

namespace GitLabPortal.Cli;

/// <summary><c>connection …</c>: a team's GitLab servers.</summary>
internal static class ConnectionCommands
{
    public static Command Create(CommandRunner runner) => new("connection", "A team's GitLab servers") { List(runner) };

    private static Command List(CommandRunner runner)
    {
        var team = TeamOption.New();
        return runner.Runs(new Command("list", "List the team's connections") { team }, async (parsed, services, cancellationToken) =>
        {
            var access = await TeamOption.AuthorizeAsync(parsed, team, services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;

            var connections = await services.GetRequiredService<SyncQueries>().OfTeamAsync(access.Value, cancellationToken);
            return new CommandOutput(
                connections.Select(c => new
                {
                    Id = c.ConnectionId,
                    c.Name,
                    c.Status,
                    c.StatusText,
                    c.Repositories,
                    c.LastCompletedAt,
                    Sync = c.Latest is null ? null : new { c.Latest.State, c.Latest.Seen, c.Latest.Expected, Problem = c.Latest.ProblemText },
                }),
                connections.Count == 0
                    ? [$"{access.Value.TeamName} has no connection yet."]
                    : CommandForm.Table(
                        ["ID", "NAME", "STATUS", "REPOSITORIES", "READ"],
                        [.. connections.Select(c => new[] { c.ConnectionId.ToString(), c.Name, c.Status.ToString(), $"{c.Repositories:N0}", $"{c.LastCompletedAt:u}" })]));
        });
    }
}
