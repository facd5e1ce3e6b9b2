using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Hooks;

public sealed class TurningOnInstantUpdatesTests
{
    [Theory]
    [InlineData("13.12.15", null)]
    [InlineData("16.6.10-ee", "executable")]
    [InlineData("19.3.0-ee", "executable")]
    public async Task GitLab_gets_one_quiet_hook_with_a_secret_and_its_test_arrives(string version, string? status)
    {
        await using var stage = await HookStage.StartAsync(GitLabSandbox.WithProjects(5).Version(version));
        var connection = await stage.ConnectAsync();

        (await stage.TryTurnOnAsync(connection)).Problem.ShouldBeNull();
        (await stage.TryTurnOnAsync(connection)).Problem.ShouldBeNull();

        var there = stage.GitLab.World.Hooks.Single();
        var hook = (await stage.HookAsync(connection))!;
        there.Url.ShouldBe($"{stage.Address}/hooks/gitlab/{hook.Id:N}");
        (there.PushEvents, there.TagPushEvents, there.MergeRequestsEvents, there.RepositoryUpdateEvents, there.SslVerification).ShouldBe((false, false, false, false, true));
        there.Token!.Length.ShouldBe(64);
        (hook.TroubleText, hook.AlertStatus, hook.IsSigned).ShouldBe((null, status, version.StartsWith("19", StringComparison.Ordinal)));
        // GitLab before 14.9 cannot be asked for a test.
        if (version[0] == '1' && version[1] != '3') hook.Received.ShouldBeGreaterThan(0);
        there.SigningToken?.ShouldNotContain(there.Token);
    }

    [Fact]
    public async Task The_secret_is_nowhere_to_be_read()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var secret = stage.GitLab.World.Hooks.Single().Token!;

        stage.Portal.Logs.Lines.ShouldAllBe(l => !l.Contains(secret, StringComparison.Ordinal));
        (await stage.ReadAsync(db => db.Set<AuditEvent>().Select(e => e.Action + " " + e.Subject).ToListAsync())).ShouldContain("connection.hook-turned-on Turned on instant updates for “Main”");
        foreach (var file in Directory.GetFiles(stage.Portal.DataDirectory, "portal.db*"))
        {
            await using var read = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var text = new StreamReader(read, System.Text.Encoding.Latin1);
            (await text.ReadToEndAsync()).ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task Only_admins_of_the_team_with_an_administrators_writing_token_can()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.Portal.AddMemberAsync("grace@example.com");
        var ordinary = await stage.ConnectAsync(stage.GitLab.World.AddToken(stage.GitLab.World.AddUser("ann"), ["api"]), name: "Ordinary");
        var reading = await stage.ConnectAsync(name: "Reading", change: c => c.IsReadOnly = true);
        var fine = await stage.ConnectAsync(name: "Fine");

        (await stage.TryTurnOnAsync(ordinary)).Problem!.Code.ShouldBe("hook-needs-admin");
        (await stage.TryTurnOnAsync(reading)).Problem!.Code.ShouldBe("hook-needs-admin");
        (await stage.TryTurnOnAsync(fine, access: await stage.Portal.AccessAsync(email: "grace@example.com"))).Problem!.Code.ShouldBe("role-too-low");
        (await stage.TryTurnOnAsync(fine, access: await stage.AddTeamAsync("Other"))).Problem.ShouldNotBeNull();
        stage.GitLab.World.Hooks.ShouldBeEmpty();
        (await stage.ViewAsync(ordinary)).IsOffered.ShouldBeFalse();
        (await stage.ViewAsync(fine)).IsOffered.ShouldBeTrue();
    }

    [Fact]
    public async Task A_blocked_address_and_a_token_without_admin_mode_are_explained_and_leave_nothing_behind()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectAsync();
        stage.GitLab.World.Settings.LocalRequestsFromSystemHooks = false;
        var weak = await stage.ConnectAsync(stage.GitLab.World.AddToken(stage.GitLab.World.Root, ["api"]), name: "Weak");

        var blocked = (await stage.TryTurnOnAsync(connection)).Problem!;
        stage.GitLab.World.Settings.AdminMode = true;
        var forbidden = (await stage.TryTurnOnAsync(weak)).Problem!;

        blocked.Code.ShouldBe("hook-address-refused");
        blocked.Message.ShouldContain("Admin area > Settings > Network > Outbound requests: “Allow requests to the local network from system hooks”");
        forbidden.Code.ShouldBe("hook-forbidden");
        forbidden.Message.ShouldContain("admin_mode");
        (await stage.HookAsync(connection)).ShouldBeNull();
        (await stage.HookAsync(weak)).ShouldBeNull();
    }

    [Fact]
    public async Task A_lost_answer_doubles_nothing()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectAsync();
        stage.GitLab.Faults.Answer("/api/v4/hooks", times: 1, Fault.LostAnswer(), method: "POST");

        var lost = await stage.TryTurnOnAsync(connection);
        var after = await stage.ViewAsync(connection);
        var repaired = await stage.Get<RepairHook>().RunAsync(stage.Team, connection.Id, stage.Address, default);

        lost.Problem.ShouldNotBeNull();
        (after.IsOn, after.Trouble is not null).ShouldBe((true, true));
        repaired.Problem.ShouldBeNull();
        stage.GitLab.World.Hooks.Count.ShouldBe(1);
        (await stage.ViewAsync(connection)).Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task A_portal_that_moved_is_noticed_and_repaired_in_place()
    {
        await using var stage = await HookStage.StartAsync(GitLabSandbox.WithProjects(5).Version("19.3.0-ee"));
        var connection = await stage.ConnectWithHookAsync();
        var there = stage.GitLab.World.Hooks.Single();
        stage.GitLab.World.Change(there, url: there.Url.Replace(stage.Address, "http://old.example.com", StringComparison.Ordinal));

        await stage.Get<CheckHook>().RunAsync(stage.Team, connection.Id, stage.Address, default);
        var seen = (await stage.ViewAsync(connection)).Trouble;
        var repaired = await stage.Get<RepairHook>().RunAsync(stage.Team, connection.Id, stage.Address, default);

        seen!.ShouldContain("GitLab still calls http://old.example.com/hooks/gitlab/");
        repaired.Problem.ShouldBeNull();
        stage.GitLab.World.Hooks.Single().ShouldBeSameAs(there);
        there.Url.ShouldStartWith(stage.Address);
        (await stage.ViewAsync(connection)).Trouble.ShouldBeNull();
    }

    [Fact]
    public async Task A_hook_that_was_removed_or_changed_on_GitLab_is_noticed_and_repaired()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.World.Delete(stage.GitLab.World.Hooks.Single());

        (await TroubleAsync(stage, connection))!.ShouldContain("somebody removed it there");
        (await stage.Get<RepairHook>().RunAsync(stage.Team, connection.Id, stage.Address, default)).Problem.ShouldBeNull();
        stage.GitLab.World.Change(stage.GitLab.World.Hooks.Single(), token: "somebody else's");
        (await TroubleAsync(stage, connection))!.ShouldContain("with another secret");
        (await stage.Get<RepairHook>().RunAsync(stage.Team, connection.Id, stage.Address, default)).Problem.ShouldBeNull();
        stage.GitLab.World.Hooks.Single().AlertStatus = "disabled";
        (await TroubleAsync(stage, connection))!.ShouldContain("GitLab stopped calling");
        stage.GitLab.World.Hooks.Single().AlertStatus = "executable";
        (await TroubleAsync(stage, connection)).ShouldBeNull();
    }

    [Fact]
    public async Task An_address_that_GitLab_does_not_reach_is_told_with_what_to_do()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectAsync();

        (await stage.TryTurnOnAsync(connection, "http://127.0.0.1:9")).Problem.ShouldBeNull();

        var view = await stage.ViewAsync(connection);
        view.Trouble.ShouldNotBeNull().ShouldContain("nothing arrived here");
        view.Trouble.ShouldNotBeNull().ShouldContain("Portal:PublicUrl");
    }

    [Fact]
    public async Task Before_14_9_repairing_replaces_the_hook()
    {
        await using var stage = await HookStage.StartAsync(GitLabSandbox.WithProjects(5).Version("13.12.15"));
        var connection = await stage.ConnectWithHookAsync();
        var old = stage.GitLab.World.Hooks.Single();

        (await stage.Get<RepairHook>().RunAsync(stage.Team, connection.Id, stage.Address, default)).Problem.ShouldBeNull();

        stage.GitLab.World.Hooks.Single().Id.ShouldNotBe(old.Id);
        stage.GitLab.World.Hooks.Single().Token.ShouldBe(old.Token);
    }

    [Fact]
    public async Task Turning_off_removes_it_on_GitLab_unless_the_token_may_not_any_more()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();

        (await stage.Get<TurnOffHook>().RunAsync(stage.Team, connection.Id, default)).Value.ShouldBeTrue();
        stage.GitLab.World.Hooks.ShouldBeEmpty();
        (await stage.Get<TurnOffHook>().RunAsync(stage.Team, connection.Id, default)).Problem!.Code.ShouldBe("hook-off");

        (await stage.TryTurnOnAsync(connection)).Problem.ShouldBeNull();
        stage.GitLab.Faults.Answer("/api/v4/hooks", times: 9, Fault.NginxBadGateway());
        (await stage.Get<TurnOffHook>().RunAsync(stage.Team, connection.Id, default)).IsSuccess.ShouldBeFalse();
        (await stage.HookAsync(connection)).ShouldNotBeNull();
        stage.GitLab.Faults.Clear();
        stage.GitLab.World.SetAdmin(stage.GitLab.World.Root, false);
        (await stage.Get<TurnOffHook>().RunAsync(stage.Team, connection.Id, default)).Value.ShouldBeFalse();
        (await stage.HookAsync(connection)).ShouldBeNull();
    }

    [Fact]
    public async Task A_removed_connection_says_what_stays_and_its_hook_is_taken_over_by_the_next_one()
    {
        await using var stage = await HookStage.StartAsync();
        var connection = await stage.ConnectWithHookAsync();
        var left = stage.GitLab.World.Hooks.Single();

        (await stage.Get<HookQueries>().DescribeRemovalAsync(connection.Id, default))!.ShouldContain("Admin area > System hooks");
        (await stage.Get<RemoveConnection>().RunAsync(stage.Team, connection.Id, default)).Problem.ShouldBeNull();
        (await stage.DeliverAsync("{}")).ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        var next = await stage.ConnectAsync();
        (await stage.TryTurnOnAsync(next)).Problem.ShouldBeNull();

        stage.GitLab.World.Hooks.Single().ShouldBeSameAs(left);
        left.Url.ShouldEndWith((await stage.HookAsync(next))!.Id.ToString("N"));
    }

    [Fact]
    public async Task Two_connections_of_a_team_to_one_server_need_one_hook()
    {
        await using var stage = await HookStage.StartAsync();
        await stage.ConnectWithHookAsync();
        var second = await stage.ConnectAsync(name: "Second");

        (await stage.ViewAsync(second)).Through.ShouldBe("Main");
        var stranger = await stage.ConnectAsync(team: await stage.AddTeamAsync("Other"), name: "Theirs");
        (await stage.ViewAsync(stranger)).Through.ShouldBeNull();
    }

    private static async Task<string?> TroubleAsync(HookStage stage, Connection connection)
    {
        (await stage.Get<CheckHook>().RunAsync(stage.Team, connection.Id, stage.Address, default)).Problem.ShouldBeNull();
        return (await stage.ViewAsync(connection)).Trouble;
    }
}
