using System.CommandLine;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;

namespace GitLabPortal.Cli;

/// <summary><c>connection …</c>: a team's GitLab servers.</summary>
internal static class ConnectionCommands
{
    public static Command Create(CommandRunner runner) =>
        new("connection", "A team's GitLab servers") { ConnectionAddCommand.Create(runner), List(runner), Check(runner), Sync(runner), HookCommands.Create(runner), Remove(runner) };

    /// <summary>A connection as the commands that change one show it.</summary>
    /// <param name="did">What was done, e.g. "Connected".</param>
    /// <param name="problem">What went wrong after that.</param>
    public static async Task<Result<CommandOutput>> DescribeAsync(
        IServiceProvider services, TeamAccess access, Guid id, string did, bool isRead, Problem? problem, CancellationToken cancellationToken)
    {
        var all = await services.GetRequiredService<SyncQueries>().OfTeamAsync(access, cancellationToken);
        if (all.FirstOrDefault(c => c.ConnectionId == id) is not { } connection) return OwnConnections.Gone;

        var read = isRead && problem is null ? $", {RepositoryWords.Count(connection.Repositories)} read" : "";
        return new CommandOutput(Data(connection), [$"{did} “{connection.Name}” ({connection.ConnectionId}){read}."], problem);
    }

    private static Command List(CommandRunner runner)
    {
        var team = TeamOption.New();
        return runner.Runs(new Command("list", "List the team's connections") { team }, async (parsed, services, cancellationToken) =>
        {
            var access = await TeamOption.AuthorizeAsync(parsed, team, services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;

            var connections = await services.GetRequiredService<SyncQueries>().OfTeamAsync(access.Value, cancellationToken);
            return new CommandOutput(
                connections.Select(Data),
                connections.Count == 0
                    ? [$"{access.Value.TeamName} has no connection yet."]
                    : CommandForm.Table(
                        ["ID", "NAME", "STATUS", "REPOSITORIES", "READ"],
                        [.. connections.Select(c => new[] { c.ConnectionId.ToString(), c.Name, c.Status.ToString(), $"{c.Repositories:N0}", $"{c.LastCompletedAt:u}" })]));
        });
    }

    private static Command Check(CommandRunner runner)
    {
        var id = Id();
        return runner.Runs(new Command("check", "Check server and token again and say what was seen") { id }, async (parsed, services, cancellationToken) =>
        {
            var access = await AuthorizeAsync(parsed.GetValue(id), services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;

            var findings = await services.GetRequiredService<CheckConnection>().RunAsync(access.Value, parsed.GetValue(id), progress: null, cancellationToken);
            if (!findings.IsSuccess) return findings.Problem;

            var isBroken = findings.Value.Any(f => f.Status == FindingStatus.Failed);
            return new CommandOutput(
                new { Id = parsed.GetValue(id), IsWorking = !isBroken, Findings = findings.Value },
                CommandForm.Lines(findings.Value),
                isBroken ? new Problem.Upstream("connection-broken", "The connection does not work.") : null);
        });
    }

    private static Command Sync(CommandRunner runner)
    {
        var id = Id();
        var wait = new Option<bool>("--wait") { Description = "Stay until all repositories are read, and show how far that is" };
        return runner.Runs(new Command("sync", "Read the repositories again: at once with --wait or a running portal, otherwise when it runs") { id, wait }, async (parsed, services, cancellationToken) =>
        {
            var access = await AuthorizeAsync(parsed.GetValue(id), services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;
            var requested = await services.GetRequiredService<RequestSync>().RunAsync(access.Value, parsed.GetValue(id), cancellationToken);
            if (!requested.IsSuccess) return requested.Problem;

            var read = parsed.GetValue(wait) ? await new SyncWait(services, runner.Console).RunAsync(parsed.GetValue(id), cancellationToken) : default;
            return await DescribeAsync(
                services, access.Value, parsed.GetValue(id), parsed.GetValue(wait) && read.IsSuccess ? "Read" : "Asked to read", parsed.GetValue(wait), read.Problem, cancellationToken);
        });
    }

    private static Command Remove(CommandRunner runner)
    {
        var id = Id();
        return runner.Runs(new Command("remove", "Forget a connection and its token; the team's projects stay") { id }, async (parsed, services, cancellationToken) =>
        {
            var access = await AuthorizeAsync(parsed.GetValue(id), services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;

            var consequences = new List<string>();
            foreach (var consequence in services.GetServices<RemovalConsequence>())
            {
                if (await consequence(parsed.GetValue(id), cancellationToken) is { } sentence) consequences.Add(sentence);
            }

            var removed = await services.GetRequiredService<RemoveConnection>().RunAsync(access.Value, parsed.GetValue(id), cancellationToken);
            if (!removed.IsSuccess) return removed.Problem;
            return new CommandOutput(new { Id = parsed.GetValue(id), IsRemoved = true, Consequences = consequences }, [$"Removed {parsed.GetValue(id)}.", .. consequences]);
        });
    }

    public static Argument<Guid> Id() => new("id") { Description = "The connection's id, as connection list shows it" };

    /// <summary>For the operator, in the name of the team that the connection is of.</summary>
    public static async Task<Result<TeamAccess>> AuthorizeAsync(Guid connectionId, IServiceProvider services, CancellationToken cancellationToken) =>
        await services.GetRequiredService<ConnectionQueries>().TeamOfAsync(connectionId, cancellationToken) is { } slug
            ? await services.GetRequiredService<TeamAuthorizer>().AuthorizeOperatorAsync(slug, cancellationToken)
            : new Problem.NotFound("connection-not-found", $"There is no connection {connectionId}. See: gitlabportal connection list --team …");

    private static object Data(ConnectionSync c) => new
    {
        Id = c.ConnectionId,
        c.Name,
        c.Status,
        c.StatusText,
        c.Repositories,
        c.LastCompletedAt,
        Sync = c.Latest is null ? null : new { c.Latest.State, c.Latest.Seen, c.Latest.Expected, Problem = c.Latest.ProblemText },
    };
}
