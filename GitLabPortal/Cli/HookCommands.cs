using System.CommandLine;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.Extensions.Options;

namespace GitLabPortal.Cli;

/// <summary><c>connection hook …</c>: instant updates, as on a connection's card.</summary>
internal static class HookCommands
{
    public static Command Create(CommandRunner runner) =>
        new("hook", "Instant updates: GitLab tells the portal at once what is new, renamed, moved or deleted. Needs a GitLab administrator's token that may write (scope api, and admin_mode where Admin Mode is on)")
        {
            Add(runner), Check(runner), Remove(runner),
        };

    private static Command Add(CommandRunner runner)
    {
        var (id, portal) = (ConnectionCommands.Id(), PortalUrl());
        var command = new Command("add", "Give GitLab the system hook, or repair the one it has, and let GitLab send a test; the portal must be running to receive it") { id, portal };
        return runner.Runs(command, async (parsed, services, cancellationToken) =>
        {
            var connectionId = parsed.GetValue(id);
            var access = await ConnectionCommands.AuthorizeAsync(connectionId, services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;
            if (Address(parsed.GetValue(portal), services) is not { } address)
            {
                return new Problem.Invalid(
                    "portal-address-missing", "GitLab must know where the portal is: set Portal:PublicUrl, or give --portal-url https://portal.example.com.", "--portal-url");
            }

            var view = await ViewAsync(services, connectionId, cancellationToken);
            if (view is { IsOn: false, Through: { } through })
                return new CommandOutput(new { Id = connectionId, IsOn = true, Through = through }, $"Instant updates are on, through the connection “{through}”.");

            var isOn = view is { IsOn: true };
            var done = isOn
                ? await services.GetRequiredService<RepairHook>().RunAsync(access.Value, connectionId, address, cancellationToken)
                : await services.GetRequiredService<TurnOnHook>().RunAsync(access.Value, connectionId, address, cancellationToken);
            Tell(services, access.Value, connectionId);
            if (!done.IsSuccess) return done.Problem;
            return await DescribeAsync(services, connectionId, isOn ? "GitLab's hook is set right." : "GitLab has the hook now.", cancellationToken);
        });
    }

    private static Command Check(CommandRunner runner)
    {
        var (id, portal) = (ConnectionCommands.Id(), PortalUrl());
        return runner.Runs(new Command("check", "Compare GitLab's hook with what it should be and let GitLab send a test") { id, portal }, async (parsed, services, cancellationToken) =>
        {
            var connectionId = parsed.GetValue(id);
            var access = await ConnectionCommands.AuthorizeAsync(connectionId, services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;
            if (await ViewAsync(services, connectionId, cancellationToken) is { IsOn: false } view) return Off(view, connectionId);

            var done = await services.GetRequiredService<CheckHook>().RunAsync(access.Value, connectionId, Address(parsed.GetValue(portal), services), cancellationToken);
            Tell(services, access.Value, connectionId);
            return done.IsSuccess ? await DescribeAsync(services, connectionId, "GitLab has the hook as it should be.", cancellationToken) : done.Problem;
        });
    }

    private static Command Remove(CommandRunner runner)
    {
        var id = ConnectionCommands.Id();
        return runner.Runs(new Command("remove", "Turn instant updates off and remove the hook on GitLab") { id }, async (parsed, services, cancellationToken) =>
        {
            var connectionId = parsed.GetValue(id);
            var access = await ConnectionCommands.AuthorizeAsync(connectionId, services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;
            if (await ViewAsync(services, connectionId, cancellationToken) is { IsOn: false } view) return Off(view, connectionId);

            var done = await services.GetRequiredService<TurnOffHook>().RunAsync(access.Value, connectionId, cancellationToken);
            if (!done.IsSuccess) return done.Problem;
            Tell(services, access.Value, connectionId);
            return new CommandOutput(
                new { Id = connectionId, IsOn = false, IsRemovedOnGitLab = done.Value },
                done.Value
                    ? "Instant updates are off, and the hook is gone from GitLab."
                    : "Instant updates are off. The token could not remove GitLab's hook: a GitLab admin can, under Admin area > System hooks.");
        });
    }

    private static Option<string?> PortalUrl()
    {
        var option = new Option<string?>("--portal-url") { Description = "The portal's address as GitLab opens it; Portal:PublicUrl unless given" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(Uri.TryCreate(token.Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
                result.AddError("--portal-url takes an address such as https://portal.example.com.");
        });
        return option;
    }

    /// <summary>Without a slash at its end; null when nobody said.</summary>
    private static string? Address(string? given, IServiceProvider services) =>
        given is { Length: > 0 } ? given.TrimEnd('/')
        : services.GetRequiredService<IOptions<PortalOptions>>().Value.PublicUrl.TrimEnd('/') is { Length: > 0 } configured ? configured
        : null;

    private static Task<HookView?> ViewAsync(IServiceProvider services, Guid connectionId, CancellationToken cancellationToken) =>
        services.GetRequiredService<HookQueries>().OfConnectionAsync(connectionId, cancellationToken);

    private static async Task<Result<CommandOutput>> DescribeAsync(IServiceProvider services, Guid connectionId, string done, CancellationToken cancellationToken)
    {
        if (await ViewAsync(services, connectionId, cancellationToken) is not { } view) return OwnConnections.Gone;

        var data = new { Id = connectionId, view.IsOn, IsWorking = view is { IsOn: true, Trouble: null }, view.LastEventAt, GitLabSays = view.AlertStatus, view.CheckedAt, Problem = view.Trouble };
        return view.Trouble is { } trouble
            ? new CommandOutput(data, [], new Problem.Upstream("hook-trouble", $"{trouble}\nOn the command line “Repair” is: gitlabportal connection hook add {connectionId}"))
            : new CommandOutput(data, done);
    }

    private static Problem.NotFound Off(HookView view, Guid connectionId) => new(
        "hook-off",
        view.Through is { } name
            ? $"This connection has no hook of its own: it is served by that of “{name}”."
            : $"Instant updates are off for this connection. Turn them on with: gitlabportal connection hook add {connectionId}");

    /// <summary>The pages of a portal that runs look again.</summary>
    private static void Tell(IServiceProvider services, TeamAccess access, Guid connectionId) =>
        services.GetRequiredService<ConnectionFeed>().Publish(new ConnectionChanged(connectionId, access.TeamId, ConnectionChange.Updated));
}
