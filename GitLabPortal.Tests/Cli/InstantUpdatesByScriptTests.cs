using GitLabPortal.Cli;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Tests.Repositories.Hooks;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Cli;

/// <summary><c>connection hook</c> beside a portal that runs on the same data and receives what GitLab sends.</summary>
public sealed class InstantUpdatesByScriptTests : IAsyncLifetime
{
    private HookStage stage = null!;
    private CommandRun cli = null!;

    public async ValueTask InitializeAsync()
    {
        stage = await HookStage.StartAsync();
        cli = new CommandRun { DataDirectory = stage.Portal.DataDirectory, IsBorrowed = true };
    }

    public async ValueTask DisposeAsync()
    {
        cli.Dispose();
        await stage.DisposeAsync();
    }

    [Fact]
    public async Task They_are_turned_on_tested_and_turned_off_and_the_running_portal_hears_of_it()
    {
        var connection = await stage.ConnectAsync();
        var heard = new TaskCompletionSource<ConnectionChanged>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var onChange = stage.Get<ConnectionFeed>().Subscribe(c => heard.TrySetResult(c));

        (await HookAsync("add", connection, "--json")).ShouldBe(CommandLine.Done, cli.Error);

        (cli.Json.GetProperty("isOn").GetBoolean(), cli.Json.GetProperty("isWorking").GetBoolean(), cli.Json.GetProperty("gitLabSays").GetString()).ShouldBe((true, true, "executable"));
        var there = stage.GitLab.World.Hooks.Single();
        there.Url.ShouldStartWith(stage.Address);
        (cli.Out + cli.Error).ShouldNotContain(there.Token!);
        (await heard.Task.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBe(new ConnectionChanged(connection.Id, stage.Team.TeamId, ConnectionChange.Updated));
        (await stage.ReadAsync(db => db.Set<AuditEvent>().SingleAsync(a => a.Action == "connection.hook-turned-on"))).ActorName.ShouldBe("Ada (command line)");

        (await HookAsync("check", connection)).ShouldBe(CommandLine.Done, cli.Error);
        cli.Out.ShouldContain("GitLab has the hook as it should be.");

        (await cli.RunAsync("connection", "hook", "remove", $"{connection.Id}")).ShouldBe(CommandLine.Done, cli.Error);
        cli.Out.ShouldContain("the hook is gone from GitLab");
        stage.GitLab.World.Hooks.ShouldBeEmpty();
        (await cli.RunAsync("connection", "hook", "remove", $"{connection.Id}", "--json")).ShouldBe(CommandLine.Failed);
        cli.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("hook-off");
        (await HookAsync("check", connection)).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain($"gitlabportal connection hook add {connection.Id}");
    }

    [Fact]
    public async Task What_somebody_changed_on_GitLab_is_said_and_add_sets_it_right_in_place()
    {
        var connection = await stage.ConnectWithHookAsync();
        var there = stage.GitLab.World.Hooks.Single();
        stage.GitLab.World.Change(there, token: "somebody else's");

        (await HookAsync("check", connection, "--json")).ShouldBe(CommandLine.Failed);
        cli.Json.GetProperty("isWorking").GetBoolean().ShouldBeFalse();
        cli.Json.GetProperty("problem").GetString()!.ShouldContain("with another secret");
        cli.Error.ShouldContain($"“Repair” is: gitlabportal connection hook add {connection.Id}");

        (await HookAsync("add", connection)).ShouldBe(CommandLine.Done, cli.Error);
        cli.Out.ShouldContain("GitLab's hook is set right.");
        stage.GitLab.World.Hooks.Single().ShouldBeSameAs(there);
    }

    [Fact]
    public async Task What_keeps_GitLab_from_it_is_said_in_words_and_leaves_nothing_behind()
    {
        var ordinary = await stage.ConnectAsync(stage.GitLab.World.AddToken(stage.GitLab.World.AddUser("ann"), ["api"]), name: "Ordinary");
        (await HookAsync("add", ordinary)).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain("need the token of a GitLab administrator that may also write");

        var connection = await stage.ConnectAsync();
        stage.GitLab.World.Settings.LocalRequestsFromSystemHooks = false;
        (await HookAsync("add", connection, "--json")).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain("Admin area > Settings > Network > Outbound requests");
        cli.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("hook-address-refused");

        stage.GitLab.World.Settings.AdminMode = true;
        var weak = await stage.ConnectAsync(stage.GitLab.World.AddToken(stage.GitLab.World.Root, ["api"]), name: "Weak");
        (await HookAsync("add", weak)).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain("admin_mode");

        foreach (var one in new[] { ordinary, connection, weak }) (await stage.HookAsync(one)).ShouldBeNull();
        stage.GitLab.World.Hooks.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_test_that_arrives_nowhere_fails_with_what_to_do()
    {
        var connection = await stage.ConnectAsync();

        (await cli.RunAsync("connection", "hook", "add", $"{connection.Id}", "--portal-url", "http://127.0.0.1:9")).ShouldBe(CommandLine.Failed);

        cli.Error.ShouldContain("nothing arrived here");
        cli.Error.ShouldContain("Portal:PublicUrl");
        stage.GitLab.World.Hooks.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_portals_address_must_be_known_and_be_one()
    {
        var connection = await stage.ConnectAsync();

        (await cli.RunAsync("connection", "hook", "add", $"{connection.Id}")).ShouldBe(CommandLine.Failed);
        cli.Error.ShouldContain("set Portal:PublicUrl, or give --portal-url");
        (await cli.RunAsync("connection", "hook", "add", $"{connection.Id}", "--portal-url", "portal")).ShouldBe(CommandLine.WrongUsage);
        (await cli.RunAsync("connection", "hook", "add", $"{connection.Id}", $"--Portal:PublicUrl={stage.Address}/")).ShouldBe(CommandLine.Done, cli.Error);
        // The check does not need it: the address that GitLab has is what it is compared with.
        (await cli.RunAsync("connection", "hook", "check", $"{connection.Id}")).ShouldBe(CommandLine.Done, cli.Error);
    }

    [Fact]
    public async Task A_connection_that_another_ones_hook_serves_says_so()
    {
        await stage.ConnectWithHookAsync();
        var second = await stage.ConnectAsync(name: "Second");

        (await HookAsync("check", second)).ShouldBe(CommandLine.Failed);

        cli.Error.ShouldContain("it is served by that of “Main”");
        (await HookAsync("add", second)).ShouldBe(CommandLine.Done);
        cli.Out.ShouldContain("through the connection “Main”");
        stage.GitLab.World.Hooks.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(CommandLine.WrongUsage, "connection hook", "Required command")]
    [InlineData(CommandLine.WrongUsage, "connection hook add", "Required argument")]
    [InlineData(CommandLine.WrongUsage, "connection hook check nonsense", "nonsense")]
    [InlineData(CommandLine.Failed, "connection hook check 0198c2a0-0000-7000-8000-000000000000", "There is no connection")]
    public async Task Wrong_usage_and_unknown_connections_are_told_apart(int code, string words, string expected)
    {
        (await cli.RunAsync(words.Split(' '))).ShouldBe(code);

        cli.Error.ShouldContain(expected);
        cli.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task Help_says_whose_token_it_takes()
    {
        (await cli.RunAsync("connection", "hook", "--help")).ShouldBe(CommandLine.Done);

        cli.Out.ShouldContain("administrator's token");
        foreach (var word in new[] { "add", "check", "remove", "admin_mode" }) cli.Out.ShouldContain(word);
    }

    private Task<int> HookAsync(string verb, Connection connection, params string[] more) =>
        cli.RunAsync(["connection", "hook", verb, $"{connection.Id}", "--portal-url", stage.Address, .. more]);
}
