using GitLabPortal.Cli;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Cli;

/// <summary>A whole portal from a script, alone and beside a portal that runs.</summary>
public sealed class ProvisioningByScriptTests : IAsyncLifetime
{
    private const int Projects = 230;

    private GitLabSandbox gitLab = null!;
    private CommandRun cli = new();
    private SandboxToken token = null!;

    private string Url => gitLab.Url.AbsoluteUri.TrimEnd('/');

    public async ValueTask InitializeAsync()
    {
        gitLab = await GitLabSandbox.WithProjects(Projects).StartAsync();
        token = gitLab.World.AddToken(gitLab.World.Root, ["api"], expiresInDays: 90);
    }

    public async ValueTask DisposeAsync()
    {
        cli.Dispose();
        await gitLab.DisposeAsync();
    }

    [Fact]
    public async Task A_server_is_connected_read_and_searched_without_a_portal()
    {
        await cli.SetUpAsync();

        (await AddAsync("--wait")).ShouldBe(CommandLine.Done, cli.Error);

        cli.Out.ShouldContain("230 repositories read");
        (await cli.RunAsync("connection", "list", "--team", "rocket", "--json")).ShouldBe(CommandLine.Done);
        var connection = cli.Json[0];
        connection.GetProperty("repositories").GetInt32().ShouldBe(Projects);
        connection.GetProperty("sync").GetProperty("state").GetString().ShouldBe("completed");
        connection.GetProperty("status").GetString().ShouldBe("working");

        var sought = gitLab.World.Projects.First(p => !p.IsArchived);
        (await cli.RunAsync("repositories", "list", "--team", "rocket", "--search", sought.FullPath, "--json")).ShouldBe(CommandLine.Done);
        cli.Json.GetProperty("repositories")[0].GetProperty("fullPath").GetString().ShouldBe(sought.FullPath);
        (await cli.RunAsync("repositories", "list", "--team", "rocket", "--limit", "5")).ShouldBe(CommandLine.Done);
        cli.Out.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(6);
        cli.Out.ShouldContain("5 of ");
    }

    [Fact]
    public async Task What_was_done_is_on_record_as_done_by_command_line()
    {
        await cli.SetUpAsync();
        await AddAsync();

        var audit = await ReadAsync(db => db.Set<AuditEvent>().SingleAsync(a => a.Action == "connection.created"));
        audit.ActorName.ShouldBe("Ada (command line)");
        (cli.Out + cli.Error + audit.Subject).ShouldNotContain(token.Secret);
    }

    [Fact]
    public async Task A_connection_is_checked_read_again_and_removed_by_its_id()
    {
        await cli.SetUpAsync();
        await AddAsync("--wait", "--json");
        var id = cli.Json.GetProperty("id").GetString()!;

        (await cli.RunAsync("connection", "check", id)).ShouldBe(CommandLine.Done, cli.Error);
        cli.Out.ShouldContain("[ok]");
        gitLab.World.Delete(gitLab.World.Projects[^1]);
        (await cli.RunAsync("connection", "sync", id, "--wait")).ShouldBe(CommandLine.Done, cli.Error);
        cli.Out.ShouldContain("229 repositories read");
        gitLab.World.Revoke(token);
        (await cli.RunAsync("connection", "check", id, "--json")).ShouldBe(CommandLine.Failed);
        cli.Json.GetProperty("isWorking").GetBoolean().ShouldBeFalse();
        (await cli.RunAsync("connection", "sync", id, "--wait")).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldNotBeEmpty();
        (await cli.RunAsync("connection", "remove", id)).ShouldBe(CommandLine.Done, cli.Error);
        (await cli.RunAsync("connection", "remove", id)).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain($"There is no connection {id}");
        (await cli.RunAsync("connection", "check", "nonsense")).ShouldBe(CommandLine.WrongUsage);
    }

    [Fact]
    public async Task A_token_that_cannot_do_the_job_is_refused_in_words_and_nothing_is_saved()
    {
        await cli.SetUpAsync();
        token = gitLab.World.AddToken(gitLab.World.Root, ["read_user"], expiresInDays: 90);

        (await AddAsync("--json")).ShouldBe(CommandLine.Failed);

        var error = cli.Json.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("token-refused");
        error.GetProperty("findings").EnumerateArray().ShouldContain(f => f.GetProperty("status").GetString() == "failed");
        cli.Error.ShouldContain("Nothing was saved");
        cli.Error.ShouldContain("[failed]");
        (await ReadAsync(db => db.Set<Connection>().CountAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task A_token_is_not_sent_unencrypted_unless_that_is_allowed()
    {
        await cli.SetUpAsync();
        cli.Input = token.Secret;

        (await cli.RunAsync("connection", "add", "--team", "rocket", "--url", Url, "--token-file", "-")).ShouldBe(CommandLine.Failed);

        cli.Error.ShouldContain("cannot be connected");
        gitLab.Requests.Used(token).ShouldBeFalse();
    }

    [Fact]
    public async Task A_server_that_is_there_already_needs_a_word_to_be_connected_again()
    {
        await cli.SetUpAsync();
        await AddAsync("--name", "First");
        token = gitLab.World.AddToken(gitLab.World.Root, ["api"], expiresInDays: 90);

        (await AddAsync("--name", "Second")).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain("“First”");
        cli.Error.ShouldContain("--additional");
        (await AddAsync("--name", "Second", "--additional")).ShouldBe(CommandLine.Done, cli.Error);
    }

    [Fact]
    public async Task A_group_restricts_what_comes_in()
    {
        await cli.SetUpAsync();
        var group = gitLab.World.Projects.First(p => p.FullPath.Count(c => c == '/') == 2).FullPath.Split('/')[0];

        (await AddAsync("--group", group, "--wait")).ShouldBe(CommandLine.Done, cli.Error);

        (await ReadAsync(db => db.Set<Repository>().AllAsync(r => r.FullPath.StartsWith(group + "/")))).ShouldBeTrue();
        (await ReadAsync(db => db.Set<Repository>().CountAsync())).ShouldBeInRange(1, Projects - 1);
        (await AddAsync("--group", "no/such", "--additional")).ShouldBe(CommandLine.Failed);
        (await AddAsync("--group", group, "--memberships")).ShouldBe(CommandLine.WrongUsage);
    }

    [Fact]
    public async Task A_running_portal_hears_of_it_and_does_the_reading_itself()
    {
        await using var portal = await PortalApp.StartSetUpAsync("--Outbound:AllowedNetworks:0=127.0.0.0/8");
        cli.Dispose();
        cli = new CommandRun { DataDirectory = portal.DataDirectory, IsBorrowed = true };
        var heard = new TaskCompletionSource<ConnectionChanged>(TaskCreationOptions.RunContinuationsAsynchronously);
        var removed = new TaskCompletionSource<ConnectionChanged>(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = new TaskCompletionSource<SyncProgress>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onChange = portal.Services.GetRequiredService<ConnectionFeed>().Subscribe(c =>
        {
            if (c.Change == ConnectionChange.Removed) removed.TrySetResult(c);
            else heard.TrySetResult(c);
        });
        using var onProgress = portal.Services.GetRequiredService<SyncFeed>().Subscribe(p =>
        {
            if (p.State == SyncState.Completed) read.TrySetResult(p);
        });

        (await AddAsync("--wait", "--json")).ShouldBe(CommandLine.Done, cli.Error);

        var id = cli.Json.GetProperty("id").GetGuid();
        cli.Json.GetProperty("repositories").GetInt32().ShouldBe(Projects);
        (await heard.Task.WaitAsync(TimeSpan.FromMinutes(1))).ConnectionId.ShouldBe(id);
        (await read.Task.WaitAsync(TimeSpan.FromMinutes(1))).ConnectionId.ShouldBe(id);
        var runs = await portal.Services.GetRequiredService<IDbContextFactory<PortalDb>>().CreateDbContext().Set<SyncRun>().CountAsync();
        runs.ShouldBe(1, "read once, by one of the two");
        (await cli.RunAsync("connection", "remove", $"{id}")).ShouldBe(CommandLine.Done, cli.Error);
        (await removed.Task.WaitAsync(TimeSpan.FromMinutes(1))).ConnectionId.ShouldBe(id);
    }

    private Task<int> AddAsync(params string[] more)
    {
        cli.Input = token.Secret + "\n";
        return cli.RunAsync(["connection", "add", "--team", "rocket", "--url", Url, "--token-file", "-", "--allow-plain-http", .. more]);
    }

    private async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        var options = new DbContextOptionsBuilder<PortalDb>();
        DataFeature.Configure(options, Path.Combine(cli.DataDirectory, "portal.db"));
        await using var db = new PortalDb(options.Options);
        return await read(db);
    }
}
