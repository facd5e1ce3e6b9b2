using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories;

/// <summary>A search that would never end beside others, and when nobody waits for it any more.</summary>
public sealed class InterruptingSearchesTests : IAsyncLifetime
{
    private readonly CancellationTokenSource cancellation = new();
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TestDb database = null!;
    private TeamAccess team = null!;
    private Connection connection = null!;
    private RepositoryQueries queries = null!;
    private Task<long> endless = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDb.CreateAsync();
        team = await database.AddTeamAsync("alpha", await database.AddAccountAsync("Ada"));
        connection = await database.AddConnectionAsync(team, await database.AddServerAsync());
        await database.AddRepositoryAsync(1, "g/one", [connection]);
        queries = new RepositoryQueries(database, ProjectQueries.Picked);
        endless = InterruptibleReads.ReadAsync(database, Endless, cancellation.Token);
        await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
    }

    public async ValueTask DisposeAsync()
    {
        await cancellation.CancelAsync();
        cancellation.Dispose();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task A_search_that_nobody_waits_for_any_more_stops_in_the_middle()
    {
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(endless.WaitAsync(TimeSpan.FromMinutes(1)));
        (await CountAsync("one")).ShouldBe(1);
    }

    [Fact]
    public async Task A_search_does_not_wait_for_an_older_one_that_never_ends()
    {
        (await CountAsync("one")).ShouldBe(1);
        await database.AddRepositoryAsync(2, "g/one-more", [connection]);
        (await CountAsync("one")).ShouldBe(2);

        endless.IsCompleted.ShouldBeFalse();
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(endless);
    }

    /// <summary>Says from within the statement that it has begun: before that there is nothing to interrupt.</summary>
    private Task<long> Endless(Snapshot snapshot, CancellationToken cancellationToken)
    {
        snapshot.Connection.CreateFunction("begun", () => begun.TrySetResult() ? 1 : 0);
        using var command = snapshot.Connection.CreateCommand();
        command.Transaction = snapshot.Transaction;
        command.CommandText = "WITH RECURSIVE n(i) AS (SELECT begun() UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, RepositoryIndex WHERE RepositoryIndex MATCH 'one'";
        return Task.FromResult(Convert.ToInt64(command.ExecuteScalar()));
    }

    private async Task<int> CountAsync(string text)
    {
        var page = await queries.SearchAsync(team, new() { Text = text }, new PageRequest(0, 50), CancellationToken.None);
        page.Items.Count.ShouldBe(page.Total);
        return page.Total;
    }
}
