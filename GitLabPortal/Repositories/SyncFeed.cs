using GitLabPortal.Kernel;

namespace GitLabPortal.Repositories;

/// <summary>How far the reading of a connection's repositories has come.</summary>
/// <param name="Expected">Null when GitLab does not tell.</param>
/// <param name="ProblemText">What stands in the way, in words; it may go on nevertheless.</param>
/// <param name="RetryAt">When it goes on, while it waits.</param>
public sealed record SyncProgress(
    Guid ConnectionId, SyncState State, int Seen, int? Expected, string? ProblemText, DateTimeOffset? RetryAt, DateTimeOffset? FinishedAt,
    SyncKind Kind = SyncKind.Full)
{
    /// <summary>Worth a progress bar: everything is read, or something stands in the way.</summary>
    public bool IsShown => Kind == SyncKind.Full || RetryAt is not null;

    internal static SyncProgress Of(SyncRun run) =>
        new(run.ConnectionId, run.State, run.Seen, run.Expected, run.ProblemText, run.RetryAt, run.FinishedAt, run.Kind);
}

/// <summary>Published after every stored page, and when a walk waits, ends or fails.</summary>
public sealed class SyncFeed : Feed<SyncProgress>;
