using Bunit;
using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Tests.Connections;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Hooks;

/// <summary>What a connection's card says of instant updates, and what its buttons do, with a portal and a GitLab that really call each other.</summary>
public sealed class HookCardTests : IAsyncLifetime
{
    private HookStage stage = null!;
    private HookCard card = null!;

    public async ValueTask InitializeAsync()
    {
        stage = await HookStage.StartAsync();
        card = new HookCard(stage);
    }

    public async ValueTask DisposeAsync()
    {
        await card.DisposeAsync();
        await stage.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_said_where_the_token_could_not_turn_them_on()
    {
        var ordinary = await stage.ConnectAsync(stage.GitLab.World.AddToken(stage.GitLab.World.AddUser("ann"), ["api"]), name: "Ordinary");
        var reading = await stage.ConnectAsync(name: "Reading", change: c => c.IsReadOnly = true);

        var silent = new[] { card.Open(ordinary, isShown: false), card.Open(reading, isShown: false) };
        Words(card.Open(await stage.ConnectAsync(name: "Fine"))).ShouldStartWith("Off");

        foreach (var page in silent) page.Markup.Trim().ShouldBeEmpty();
    }

    [Fact]
    public async Task Off_says_what_they_are_and_whoever_manages_the_connection_turns_them_on()
    {
        var connection = await stage.ConnectAsync();

        var members = card.Open(connection, canManage: false);
        members.Find("dd").TextContent.ShouldContain("Off");
        members.FindAll("button").ShouldBeEmpty();
        var admins = card.Open(connection);
        admins.Find("dd").TextContent.ShouldContain("GitLab can tell the portal at once about new, renamed, moved and deleted projects.");
        admins.FindAll("button").Select(b => b.TextContent.Trim()).ShouldBe(["Turn on"]);

        Press(admins, "Turn on");

        admins.WaitForAssertion(() => State(admins).ShouldBe("On"));
        Words(admins).ShouldContain("GitLab says: working");
        admins.WaitForAssertion(() => Buttons(admins).ShouldBe(["Check", "Turn off"]));
        admins.WaitForAssertion(() => card.Toasts.ShouldBe(["GitLab has the hook now."]));
        admins.WaitForAssertion(() => card.FocusedAt.ShouldContain($"portal.focus #hook-{connection.Id:N}"));
        stage.GitLab.World.Hooks.Count.ShouldBe(1);
        // The other one was open all the while.
        members.WaitForAssertion(() => State(members).ShouldBe("On"));
        members.FindAll("button").ShouldBeEmpty();
    }

    [Fact]
    public async Task On_tells_when_the_last_event_came_and_follows_it()
    {
        var connection = await stage.ConnectAsync();
        (await stage.TryTurnOnAsync(connection)).Problem.ShouldBeNull();
        await stage.QuietAsync();
        await stage.ReadAsync(db => db.Set<SystemHook>().ExecuteUpdateAsync(h => h.SetProperty(x => x.LastEventAt, (DateTimeOffset?)null)));
        var page = card.Open(connection);
        Words(page).ShouldContain("Last event not yet");

        stage.GitLab.World.Rename(stage.GitLab.World.Projects[0], "renamed-just-now");

        page.WaitForAssertion(() => Words(page).ShouldContain("Last event just now"));
        (State(page), page.FindAll(".callout").Count).ShouldBe(("On", 0));
    }

    [Fact]
    public async Task Another_connection_of_the_team_to_the_same_server_needs_no_hook_of_its_own()
    {
        await stage.ConnectWithHookAsync();

        var page = card.Open(await stage.ConnectAsync(name: "Second"));

        Words(page).ShouldContain("On, through the connection “Main”");
        page.FindAll("button").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_hook_that_was_removed_on_GitLab_is_noticed_and_made_again()
    {
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.World.Delete(stage.GitLab.World.Hooks.Single());
        var page = card.Open(connection);

        Press(page, "Check");

        page.WaitForAssertion(() => State(page).ShouldBe("Trouble"));
        page.Find(".callout").TextContent.ShouldContain("somebody removed it there");
        page.Find(".callout").TextContent.ShouldContain("Nothing is lost: the portal goes on reading by itself.");
        Done(page);
        card.Toasts.ShouldBeEmpty();
        Buttons(page).ShouldBe(["Repair", "Check", "Turn off"]);

        Press(page, "Repair");

        page.WaitForAssertion(() => State(page).ShouldBe("On"));
        page.FindAll(".callout").ShouldBeEmpty();
        page.WaitForAssertion(() => card.Toasts.ShouldBe(["GitLab's hook is set right."]));
        stage.GitLab.World.Hooks.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_hook_whose_secret_was_changed_is_repaired_in_place()
    {
        var connection = await stage.ConnectWithHookAsync();
        var there = stage.GitLab.World.Hooks.Single();
        stage.GitLab.World.Change(there, token: "somebody else's");
        var page = card.Open(connection);

        Press(page, "Check");
        page.WaitForAssertion(() => page.Find(".callout").TextContent.ShouldContain("with another secret"));
        Press(page, "Repair");

        page.WaitForAssertion(() => State(page).ShouldBe("On"));
        stage.GitLab.World.Hooks.Single().ShouldBeSameAs(there);
    }

    [Theory]
    [InlineData("disabled", "stopped")]
    [InlineData("temporarily_disabled", "stopped for a while")]
    public async Task A_hook_that_GitLab_stopped_says_so_in_GitLabs_view_and_in_words(string status, string words)
    {
        var connection = await stage.ConnectWithHookAsync();
        stage.GitLab.World.Hooks.Single().AlertStatus = status;
        var page = card.Open(connection);

        Press(page, "Check");

        page.WaitForAssertion(() => Words(page).ShouldContain($"GitLab says: {words}"));
        page.Find(".callout").TextContent.ShouldContain("GitLab stopped calling");
    }

    [Fact]
    public async Task A_status_of_a_later_GitLab_is_shown_as_it_is()
    {
        var connection = await stage.ConnectWithHookAsync();
        await stage.ReadAsync(db => db.Set<SystemHook>().ExecuteUpdateAsync(h => h.SetProperty(x => x.AlertStatus, "being_reviewed")));

        Words(card.Open(connection)).ShouldContain("GitLab says: being reviewed");
    }

    [Fact]
    public async Task A_test_that_does_not_arrive_is_told_with_what_to_do_and_who_can()
    {
        card.PortalAddress = "http://127.0.0.1:9/";
        var page = card.Open(await stage.ConnectAsync());

        Press(page, "Turn on");

        page.WaitForAssertion(() => State(page).ShouldBe("Trouble"));
        page.Find(".callout").TextContent.ShouldContain("nothing arrived here");
        page.Find(".callout").TextContent.ShouldContain("a network admin can check its name, the firewall and the certificate");
        page.Find(".callout").TextContent.ShouldContain("Portal:PublicUrl");
    }

    [Fact]
    public async Task A_delivery_with_a_wrong_secret_shows_without_a_check()
    {
        var connection = await stage.ConnectWithHookAsync();
        var page = card.Open(connection);
        State(page).ShouldBe("On");

        await stage.PostAsync(new Uri(stage.GitLab.World.Hooks.Single().Url).AbsolutePath, "{}", ("X-Gitlab-Token", "wrong"));

        page.WaitForAssertion(() => page.Find(".callout").TextContent.ShouldContain("with another secret"));
    }

    [Fact]
    public async Task A_blocked_local_address_is_explained_with_the_menu_path_and_can_be_tried_again()
    {
        var connection = await stage.ConnectAsync();
        stage.GitLab.World.Settings.LocalRequestsFromSystemHooks = false;
        var page = card.Open(connection);

        Press(page, "Turn on");

        page.WaitForAssertion(() => page.Find("[role=alert]").TextContent.ShouldContain(
            "A GitLab admin can allow it under Admin area > Settings > Network > Outbound requests: “Allow requests to the local network from system hooks”"));
        page.WaitForAssertion(() => card.FocusedAt.ShouldContain($"portal.focusError #hook-{connection.Id:N}"));
        Buttons(page).ShouldBe(["Turn on"]);

        stage.GitLab.World.Settings.LocalRequestsFromSystemHooks = true;
        Press(page, "Turn on");
        page.WaitForAssertion(() => State(page).ShouldBe("On"));
        page.FindAll("[role=alert]").ShouldBeEmpty();
    }

    [Fact]
    public async Task Turning_off_asks_first_and_says_what_became_of_GitLabs_hook()
    {
        var connection = await stage.ConnectWithHookAsync();
        var page = card.Open(connection);

        var asked = card.Answer(false);
        Press(page, "Turn off");
        page.WaitForAssertion(() => asked.ShouldBe(["Turn off instant updates?"]));
        stage.GitLab.World.Hooks.Count.ShouldBe(1);

        card.Answer(true);
        stage.GitLab.World.SetAdmin(stage.GitLab.World.Root, false);
        Press(page, "Turn off");

        page.WaitForAssertion(() => Words(page).ShouldStartWith("Off"));
        page.WaitForAssertion(() => card.Toasts.ShouldBe(["Instant updates are off. The token could not remove GitLab's hook: a GitLab admin can, under Admin area > System hooks."]));
    }

    [Fact]
    public async Task A_hook_of_the_servers_set_up_leads_to_who_can_repair_it()
    {
        var connection = await stage.ConnectWithHookAsync();
        await stage.ReadAsync(db => db.Set<SystemHook>().ExecuteUpdateAsync(h => h.SetProperty(x => x.IsFromSetUp, true)));
        await stage.ReadAsync(db => db.Set<Connection>().ExecuteUpdateAsync(c => c.SetProperty(x => x.TokenUserIsAdmin, false)));

        var page = card.Open(connection);

        Words(page).ShouldContain("A portal administrator checks and repairs it on the page Servers, with an admin token.");
        Buttons(page).ShouldBe(["Turn off"]);
    }

    [Fact]
    public async Task Whoever_lost_the_role_meanwhile_is_told_and_nothing_happens()
    {
        var connection = await stage.ConnectAsync();
        card.Access = new Problem.Forbidden("role-too-low", "Only owners and admins of the team can do this.");
        var page = card.Open(connection);

        Press(page, "Turn on");

        page.WaitForAssertion(() => page.Find("[role=alert]").TextContent.ShouldContain("Only owners and admins"));
        stage.GitLab.World.Hooks.ShouldBeEmpty();
    }

    /// <summary>As somebody would who waits until the button can be pressed.</summary>
    private static void Press(IRenderedComponent<HookFacts> page, string button)
    {
        page.WaitForState(() => !page.IsBusy() && page.HasButton(button));
        page.Act(() => page.Button(button).Click());
    }

    /// <summary>What was pressed is done with all that follows from it.</summary>
    private static void Done(IRenderedComponent<HookFacts> page) => page.WaitForState(() => !page.IsBusy());

    private static string State(IRenderedComponent<HookFacts> page) => page.Find(".badge").TextContent.Trim();

    private static string Words(IRenderedComponent<HookFacts> page) =>
        string.Join(' ', page.Find("dd").TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static List<string> Buttons(IRenderedComponent<HookFacts> page) => [.. page.FindAll("button").Select(b => b.TextContent.Trim())];
}
