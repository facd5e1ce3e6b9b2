using System.CommandLine;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;

namespace GitLabPortal.Cli;

/// <summary><c>repositories …</c>: the team's catalogue, searched by the same query as on the page.</summary>
internal static class RepositoryCommands
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;

    public static Command Create(CommandRunner runner) => new("repositories", "The repositories that a team's connections see") { List(runner) };

    private static Command List(CommandRunner runner)
    {
        var team = TeamOption.New();
        var text = new Option<string>("--search") { Description = "Words that must occur in path, name, description or topics; the best match comes first" };
        var member = TeamOption.NewAs();
        var limit = new Option<int>("--limit") { Description = $"How many at most (up to {MaxLimit})", DefaultValueFactory = _ => DefaultLimit };
        var skip = new Option<int>("--skip") { Description = "How many to leave out at the beginning" };
        limit.Validators.Add(result =>
        {
            if (result.Tokens is not [var token] || !int.TryParse(token.Value, out var number)) return;
            if (number is < 1 or > MaxLimit) result.AddError($"--limit takes a number from 1 to {MaxLimit}.");
        });
        skip.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 0) result.AddError("--skip takes 0 or more.");
        });
        return runner.Runs(new Command("list", "Search the team's repositories") { team, text, member, limit, skip }, async (parsed, services, cancellationToken) =>
        {
            var access = await TeamOption.AuthorizeAsync(parsed, team, member, services, cancellationToken);
            if (!access.IsSuccess) return access.Problem;

            var page = await services.GetRequiredService<RepositoryQueries>().SearchAsync(
                access.Value, new RepositorySearch { Text = parsed.GetValue(text) ?? "" }, new PageRequest(parsed.GetValue(skip), parsed.GetValue(limit)), cancellationToken);
            return new CommandOutput(
                new { page.Total, Repositories = page.Items },
                [
                    .. page.Items.Select(r => r.FullPath),
                    page.Items.Count == page.Total ? RepositoryWords.Count(page.Total) : $"{page.Items.Count:N0} of {RepositoryWords.Count(page.Total)}",
                ]);
        });
    }
}
