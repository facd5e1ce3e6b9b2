using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using Spectre.Console;

namespace GitLabPortal.Cli;

/// <summary>
/// Stays until a connection's repositories are read and shows how far that is. A portal that runs on the same data reads them; without
/// one this process does.
/// </summary>
internal sealed class SyncWait(IServiceProvider services, CommandConsole console)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Line = TimeSpan.FromSeconds(5);

    private readonly SyncQueries queries = services.GetRequiredService<SyncQueries>();
    private readonly SyncConnection walk = services.GetRequiredService<SyncConnection>();
    private readonly IndexCare care = services.GetRequiredService<IndexCare>();
    private readonly RunningPortal portal = services.GetRequiredService<RunningPortal>();
    private readonly TimeProvider time = services.GetRequiredService<TimeProvider>();

    /// <summary>How the reading ended; a failed one is a problem.</summary>
    public async Task<Result<SyncProgress>> RunAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        var ended = console.IsLive ? await DrawAsync(connectionId, cancellationToken) : await TellAsync(connectionId, cancellationToken);
        return ended switch
        {
            null => new Problem.NotFound("connection-gone", "The connection was removed while its repositories were being read."),
            { State: SyncState.Failed } => new Problem.Upstream("sync-failed", ended.ProblemText ?? "The repositories could not be read."),
            _ => ended,
        };
    }

    private async Task<SyncProgress?> DrawAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        var terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(console.Error) });
        return await terminal.Progress().Columns(new ProgressBarColumn(), new TaskDescriptionColumn()).StartAsync(async drawing =>
        {
            var bar = drawing.AddTask("Connecting", autoStart: true).IsIndeterminate();
            return await WatchAsync(
                connectionId,
                pace =>
                {
                    bar.IsIndeterminate(pace.Expected is null);
                    (bar.MaxValue, bar.Value, bar.Description) = (Math.Max(1, pace.Expected ?? 1), pace.Seen, Markup.Escape(pace.Words));
                },
                cancellationToken);
        });
    }

    private async Task<SyncProgress?> TellAsync(Guid connectionId, CancellationToken cancellationToken)
    {
        var toldAt = time.GetTimestamp();
        return await WatchAsync(
            connectionId,
            pace =>
            {
                if (time.GetElapsedTime(toldAt) < Line) return;
                toldAt = time.GetTimestamp();
                console.Error.WriteLine(pace.Words);
            },
            cancellationToken);
    }

    private async Task<SyncProgress?> WatchAsync(Guid connectionId, Action<SyncPace> show, CancellationToken cancellationToken)
    {
        var (started, first) = (time.GetTimestamp(), (int?)null);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task? own = null;
        var isReader = false;
        try
        {
            while (true)
            {
                if (await queries.OfConnectionAsync(connectionId, cancellationToken) is not { } now) return null;
                if (now.Latest is { State: not SyncState.Running } ended)
                {
                    // What a running portal does after each reading.
                    if (isReader && ended.State == SyncState.Completed) await care.TryRunAsync(cancellationToken);
                    return ended;
                }

                if (now.Latest is { } running)
                {
                    first ??= running.Seen;
                    show(new SyncPace(running.Seen, running.Expected, running.Seen - first.Value, time.GetElapsedTime(started), running.ProblemText));
                }

                if (own is { IsCompleted: true })
                {
                    await own;
                    own = null;
                }

                if (own is null && !portal.IsThere()) (own, isReader) = (walk.RunAsync(connectionId, stopping.Token), true);
                await Task.WhenAny(own ?? Task.Delay(Timeout.Infinite, stopping.Token), Task.Delay(Glance, time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                // It ended at once: it waits for GitLab, or another process has the server.
                if (own is { IsCompleted: true }) await Task.Delay(Glance, time, cancellationToken);
            }
        }
        finally
        {
            await stopping.CancelAsync();
            if (own is not null) await own.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

/// <summary>How far and how fast.</summary>
/// <param name="Fresh">Of those seen, the ones since <paramref name="Elapsed"/> began.</param>
internal sealed record SyncPace(int Seen, int? Expected, int Fresh, TimeSpan Elapsed, string? Problem)
{
    public double PerSecond => Elapsed.TotalSeconds < 0.5 ? 0 : Fresh / Elapsed.TotalSeconds;

    public string Words
    {
        get
        {
            var words = Expected is { } all ? $"{Seen:N0} of {Math.Max(all, Seen):N0} repositories" : RepositoryWords.Count(Seen);
            if (Problem is not null) return $"{words}. {Problem}";
            if (PerSecond >= 1) words += $", {PerSecond:N0} a second";
            if (Expected is { } expected && PerSecond >= 1 && expected > Seen) words += $", about {Left(TimeSpan.FromSeconds((expected - Seen) / PerSecond))} left";
            return words;
        }
    }

    private static string Left(TimeSpan time) =>
        time.TotalMinutes < 2 ? $"{Math.Max(1, time.TotalSeconds):N0} seconds" : time.TotalHours < 2 ? $"{time.TotalMinutes:N0} minutes" : $"{time.TotalHours:N0} hours";
}
