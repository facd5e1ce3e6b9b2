using System.CommandLine;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;

namespace GitLabPortal.Cli;

/// <summary><c>--team</c>, and what it lets the operator do.</summary>
internal static class TeamOption
{
    public static Option<string> New() => new("--team") { Description = "The team's part of the address, e.g. rocket", Required = true };

    public static Task<Result<TeamAccess>> AuthorizeAsync(
        ParseResult parsed, Option<string> option, IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<TeamAuthorizer>().AuthorizeOperatorAsync(parsed.GetValue(option)!, cancellationToken);
}
