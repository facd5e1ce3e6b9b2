using GitLabPortal.GitLab;

namespace GitLabPortal.Repositories;

/// <summary>Asks GitLab for the pages of a walk.</summary>
internal static class WalkPages
{
    /// <param name="keep">Makes the catalogue's row, or none.</param>
    public static async Task<WalkAnswer> ReadAsync(
        GitLabClient client, ProjectListQuery query, WalkStep step, Func<GitLabProject, Repository?> keep, CancellationToken cancellationToken)
    {
        // The very first page also tells how many there are, which keyset paging does not: no request is spent on counting.
        // Only an empty page is the end: a short one may be a server's way of leaving out rows.
        var page = step.Kind switch
        {
            StepKind.First => await client.Projects.ListFirstAsync(query, cancellationToken),
            StepKind.Last => await client.Projects.ListLastAsync(query, cancellationToken),
            _ => await client.Projects.ListAsync(query with { IdAfter = step.After }, cancellationToken),
        };
        if (page.Items.Count > 0 || !step.IsBounded) return new WalkAnswer([.. page.Items.Select(p => new WalkedProject(p.Id, p.DefaultBranch is not null, keep(p)))], page.Total, page.RateLimit);

        // Either the rest was deleted meanwhile, or half a list is sold as a whole one.
        var last = await client.Projects.ListLastAsync(query, cancellationToken);
        return last.Items.Any(p => p.Id > step.After)
            ? throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The list ends in the middle.")
            : new WalkAnswer([], page.Total, last.RateLimit, Requests: 2);
    }
}
