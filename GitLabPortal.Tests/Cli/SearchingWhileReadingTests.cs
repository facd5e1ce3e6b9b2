using GitLabPortal.Cli;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Cli;

/// <summary>The command line searches the index that a running portal writes and tidies up at that very moment.</summary>
public sealed class SearchingWhileReadingTests
{
    private const int Projects = 2_400;

    [Fact]
    public async Task What_is_stored_is_found_at_once_during_and_right_after_a_large_reading()
    {
        await using var gitLab = await GitLabSandbox.WithProjects(Projects).StartAsync();
        await using var portal = await PortalApp.StartSetUpAsync("--Outbound:AllowedNetworks:0=127.0.0.0/8");
        using var cli = new CommandRun { DataDirectory = portal.DataDirectory, IsBorrowed = true };
        var stored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onProgress = portal.Services.GetRequiredService<SyncFeed>().Subscribe(p =>
        {
            if (p.Seen > 0) stored.TrySetResult();
            if (p.State == SyncState.Completed) read.TrySetResult();
        });
        cli.Input = gitLab.World.AddToken(gitLab.World.Root, ["api"], expiresInDays: 90).Secret;
        (await cli.RunAsync("connection", "add", "--team", "rocket", "--url", gitLab.Url.AbsoluteUri.TrimEnd('/'), "--token-file", "-", "--allow-plain-http")).ShouldBe(CommandLine.Done, cli.Error);

        // Archived ones are not listed unless asked for.
        var listed = gitLab.World.Projects.Where(p => p is { IsArchivedBySelfOrAncestor: false, MarkedForDeletionOn: null }).ToList();
        await stored.Task.WaitAsync(TimeSpan.FromSeconds(120));
        var first = listed[0];
        (await FirstAsync(cli, first.FullPath)).ShouldBe(first.FullPath);

        await read.Task.WaitAsync(TimeSpan.FromSeconds(120));
        (await CountAsync(cli, "")).ShouldBe(listed.Count);
        // The pieces of the index are being put together meanwhile.
        foreach (var project in listed.Where((_, i) => i % 300 == 299))
        {
            (await FirstAsync(cli, project.FullPath)).ShouldBe(project.FullPath);
        }

        await portal.Services.GetRequiredService<IndexCare>().RunAsync(TestContext.Current.CancellationToken);
        (await CountAsync(cli, "")).ShouldBe(listed.Count);
        var last = listed[^1];
        (await FirstAsync(cli, last.FullPath)).ShouldBe(last.FullPath);
    }

    private static async Task<int> CountAsync(CommandRun cli, string text)
    {
        (await cli.RunAsync("repositories", "list", "--team", "rocket", "--search", text, "--limit", "1", "--json")).ShouldBe(CommandLine.Done, cli.Error);
        return cli.Json.GetProperty("total").GetInt32();
    }

    private static async Task<string?> FirstAsync(CommandRun cli, string path)
    {
        (await cli.RunAsync("repositories", "list", "--team", "rocket", "--search", path, "--limit", "1", "--json")).ShouldBe(CommandLine.Done, cli.Error);
        return cli.Json.GetProperty("repositories")[0].GetProperty("fullPath").GetString();
    }
}
