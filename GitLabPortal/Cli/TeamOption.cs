using System.CommandLine;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;

namespace GitLabPortal.Cli;

/// <summary><c>--team</c>, and what it lets the operator do.</summary>
internal static class TeamOption
{
    public static Option<string> New() => new("--team") { Description = "The team's part of the address, e.g. rocket", Required = true };

    public static Option<string> NewAs() => new("--as") { Description = "The e-mail address of a member: what that member sees, instead of what the tokens see" };

    /// <param name="member">From <see cref="NewAs"/>.</param>
    public static Task<Result<TeamAccess>> AuthorizeAsync(
        ParseResult parsed, Option<string> option, Option<string> member, IServiceProvider services, CancellationToken cancellationToken) =>
        parsed.GetValue(member) is { Length: > 0 } email
            ? services.GetRequiredService<TeamAuthorizer>().AuthorizeAsMemberAsync(parsed.GetValue(option)!, email, cancellationToken)
            : AuthorizeAsync(parsed, option, services, cancellationToken);

    public static Task<Result<TeamAccess>> AuthorizeAsync(
        ParseResult parsed, Option<string> option, IServiceProvider services, CancellationToken cancellationToken) =>
        services.GetRequiredService<TeamAuthorizer>().AuthorizeOperatorAsync(parsed.GetValue(option)!, cancellationToken);
}
