using System.CommandLine;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;

namespace GitLabPortal.Cli;

/// <summary><c>connection add</c>: the wizard's steps without its pages.</summary>
internal static class ConnectionAddCommand
{
    public static Command Create(CommandRunner runner)
    {
        var team = TeamOption.New();
        var url = new Option<string>("--url") { Description = "The GitLab server's address", HelpName = "URL", Required = true };
        var token = new Option<string>("--token-file") { Description = "A file with the access token, or - for standard input", HelpName = "FILE", Required = true };
        var name = new Option<string>("--name") { Description = "What the team calls the connection; otherwise the server's name" };
        var group = new Option<string[]>("--group") { Description = "Only the repositories of this group and below, by its full path; may be given several times", HelpName = "PATH" };
        var memberships = new Option<bool>("--memberships") { Description = "Only the repositories that the token's account is a member of" };
        var readOnly = new Option<bool>("--read-only") { Description = "A token that can only read is enough" };
        var plainHttp = new Option<bool>("--allow-plain-http") { Description = "Send the token without encryption to an http:// address in a private network" };
        var additional = new Option<bool>("--additional") { Description = "Connect although the team has a connection to this server already" };
        var wait = new Option<bool>("--wait") { Description = "Stay until all repositories are read, and show how far that is" };
        var command = new Command("add", "Connect a GitLab server: check it and the token, then save") { team, url, token, name, group, memberships, readOnly, plainHttp, additional, wait };
        command.Validators.Add(result =>
        {
            if (result.GetValue(memberships) && result.GetValue(group) is { Length: > 0 }) result.AddError("Give --group or --memberships, not both.");
        });
        return runner.Runs(command, async (parsed, services, cancellationToken) =>
        {
            var access = await TeamOption.AuthorizeAsync(parsed, team, services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;
            var secret = await SecretInput.ReadAsync(parsed.GetValue(token)!, "token", runner.Console, cancellationToken);
            if (!secret.IsSuccess) return secret.Problem;

            var wizard = ActivatorUtilities.CreateInstance<ConnectWizard>(services);
            (wizard.Url, wizard.Name) = (parsed.GetValue(url)!, parsed.GetValue(name));
            (wizard.AllowPlainHttp, wizard.ReadOnly) = (parsed.GetValue(plainHttp), parsed.GetValue(readOnly));
            if (parsed.GetValue(memberships)) wizard.Coverage = ConnectionCoverage.Memberships;
            var connected = await ConnectAsync(wizard, access.Value, secret.Value, parsed.GetValue(group) ?? [], parsed.GetValue(additional), cancellationToken);
            if (!connected.IsSuccess) return connected.Problem;

            var read = parsed.GetValue(wait) ? await new SyncWait(services, runner.Console).RunAsync(connected.Value, cancellationToken) : default;
            return await ConnectionCommands.DescribeAsync(services, access.Value, connected.Value, "Connected", parsed.GetValue(wait), read.Problem, cancellationToken);
        });
    }

    private static async Task<Result<Guid>> ConnectAsync(
        ConnectWizard wizard, TeamAccess access, string token, string[] groups, bool isAdditional, CancellationToken cancellationToken)
    {
        var serverIsFine = await wizard.CheckServerAsync(access, () => { }, cancellationToken);
        if (!serverIsFine && wizard.AlreadyConnectedAs.Count > 0)
        {
            if (!isAdditional)
            {
                return new Problem.Conflict(
                    "already-connected",
                    $"The team has this server already, as {string.Join(", ", wizard.AlreadyConnectedAs.Select(n => $"“{n}”"))}. With --additional it gets a second connection, for example with a token for another group.");
            }

            serverIsFine = await wizard.CheckServerAsync(access, () => { }, cancellationToken);
        }

        if (!serverIsFine) return new Problem.Refused("server-refused", $"{wizard.Url} cannot be connected. Nothing was saved.", wizard.ServerFindings);

        if (!await wizard.CheckTokenAsync(token, () => { }, cancellationToken))
        {
            return wizard.Problem is { } problem
                ? problem
                : new Problem.Refused("token-refused", "The token cannot be used. Nothing was saved.", wizard.TokenFindings);
        }

        foreach (var path in groups.Select(g => g.Trim('/')))
        {
            var found = await wizard.FindGroupsAsync(path[(path.LastIndexOf('/') + 1)..], cancellationToken);
            if (!found.IsSuccess) return found.Problem;
            if (found.Value.FirstOrDefault(g => g.FullPath.Equals(path, StringComparison.OrdinalIgnoreCase)) is not { } group)
                return new Problem.Invalid("group-not-found", $"The token sees no group {path}. Nothing was saved.", "group");

            wizard.Coverage = ConnectionCoverage.Groups;
            wizard.Groups.Add(new ChosenGroup(group.Id, group.FullPath));
        }

        return await wizard.ConnectAsync(access, cancellationToken);
    }
}
