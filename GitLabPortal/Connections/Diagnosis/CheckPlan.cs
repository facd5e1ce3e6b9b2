using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>One step of a diagnosis.</summary>
/// <param name="Name">Stable, lower case with dashes: the phase that its findings carry.</param>
/// <param name="Title">For people, e.g. <c>Certificate</c>.</param>
/// <param name="Doing">What goes on meanwhile, e.g. <c>looking up the name</c>; told when time runs out.</param>
/// <param name="Limit">How long it may take.</param>
/// <param name="RunAsync">Expected failures come as findings; a failed one keeps the checks waiting that need this one.</param>
internal sealed record PlannedCheck(string Name, string Title, string Doing, TimeSpan Limit, Func<CancellationToken, Task<IReadOnlyList<Finding>>> RunAsync)
{
    /// <summary>The names of checks that must have passed; they stand before this one in the plan.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];
}

/// <summary>
/// Runs checks in the order of their needs, those that need nothing of each other at the same time, each within its own limit. Findings
/// are told in the order of the plan, whichever came first.
/// </summary>
/// <param name="checks">In order.</param>
/// <param name="oneByOne">Never two at the same time: to measure what doing it together is worth.</param>
internal sealed class CheckPlan(IReadOnlyList<PlannedCheck> checks, bool oneByOne = false)
{
    public async Task<IReadOnlyList<Finding>> RunAsync(IProgress<Finding>? progress, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new Dictionary<string, Task<IReadOnlyList<Finding>>>(StringComparer.Ordinal);
        Task previous = Task.CompletedTask;
        foreach (var check in checks) previous = running[check.Name] = RunAsync(check, running, oneByOne ? previous : Task.CompletedTask, ending.Token);
        try
        {
            List<Finding> all = [];
            foreach (var check in checks)
            {
                foreach (var finding in await running[check.Name])
                {
                    all.Add(finding);
                    progress?.Report(finding);
                }
            }

            return all;
        }
        catch
        {
            // The rest must not go on unseen: it holds sockets.
            await ending.CancelAsync();
            await ((Task)Task.WhenAll(running.Values)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task<IReadOnlyList<Finding>> RunAsync(
        PlannedCheck check, Dictionary<string, Task<IReadOnlyList<Finding>>> running, Task previous, CancellationToken cancellation)
    {
        var needed = check.Needs.Select(n => (Check: checks.First(c => c.Name == n), Task: running[n])).ToList();
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (need, task) in needed)
        {
            if ((await task).Any(f => f.Status is FindingStatus.Failed or FindingStatus.Waiting))
                return [ServerCodes.Waiting.Saw($"Waits for: {need.Title}.") with { Title = check.Title, Phase = check.Name }];
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(check.Limit);
        try
        {
            return [.. (await check.RunAsync(limit.Token)).Select(f => f with { Phase = check.Name })];
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return [ServerCodes.NoAnswer.Saw($"Time ran out while {check.Doing}.") with { Phase = check.Name }];
        }
    }
}
