using Bunit;
using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

/// <summary>The list of a team's connections: a card in each of its states, and what its menu does.</summary>
public sealed class ConnectionCardTests : IAsyncLifetime
{
    private ConnectionStage connections = null!;
    private WizardStage stage = null!;

    public async ValueTask InitializeAsync()
    {
        connections = await ConnectionStage.StartAsync();
        stage = new WizardStage(connections);
    }

    public async ValueTask DisposeAsync()
    {
        await stage.DisposeAsync();
        await connections.DisposeAsync();
    }

    [Fact]
    public async Task An_empty_list_explains_itself_and_leads_those_who_may_to_the_wizard()
    {
        var owners = stage.OpenSection<ConnectionsSection>(connections.Owner);
        owners.Find(".empty").TextContent.ShouldContain("No GitLab server connected yet");
        owners.FindAll("a").Single().TextContent.Trim().ShouldBe("Connect GitLab server");

        var members = stage.OpenSection<ConnectionsSection>(await MemberAsync());
        members.Find(".empty").TextContent.ShouldContain("An owner or admin of the team can do this.");
        members.FindAll("a, button").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_card_says_in_words_how_the_connection_does_and_whose_it_is()
    {
        var token = connections.NewToken();
        await connections.SyncAsync(await connections.ConnectAsync(token, name: "Main"));

        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);

        var facts = Facts(section);
        section.Find("h3").TextContent.ShouldBe("Main");
        section.Find(".badge").TextContent.Trim().ShouldBe("Working");
        section.Find($"a[href='{connections.BaseUrl}']").TextContent.ShouldBe(connections.BaseUrl);
        facts["GitLab"].ShouldBe("18.9.0-ee, Enterprise Edition");
        facts["Token"].ShouldContain("a personal access token of @portal-bot");
        facts["Expires"].ShouldStartWith("in 90 days (");
        facts["Brings"].ShouldBe("Everything the token can see");
        facts["Repositories"].ShouldBe(connections.GitLab.World.Projects.Count(new Sandbox.Viewer(connections.GitLab.World, connections.Bot, hasAdminPowers: false).CanSee).ToString("N0"));
        facts["Last sync"].ShouldBe("just now");
        facts["Connected"].ShouldBe("Ada, just now");
        facts["Checked"].ShouldBe("just now");
        section.FindAll(".menu-item").Select(i => i.TextContent.Trim()).ShouldBe(["Check now", "Sync now", "Replace token", "Network settings", "Change address", "Rename", "Remove"]);
        section.Markup.ShouldNotContain(token.Secret);
    }

    [Fact]
    public async Task Members_see_the_same_without_any_way_to_change_it()
    {
        await connections.ConnectAsync(name: "Main");

        var section = stage.OpenSection<ConnectionsSection>(await MemberAsync());

        section.Find("h3").TextContent.ShouldBe("Main");
        section.FindAll("button, .menu, a[href$='connections/new']").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ConnectionStatus.Working, 400, "Working", null)]
    [InlineData(ConnectionStatus.Working, 12, "Token expires soon", "The token expires in 12 days")]
    [InlineData(ConnectionStatus.Working, 0, "Token expired", "The token expired today")]
    [InlineData(ConnectionStatus.Working, -3, "Token expired", "The token expired 3 days ago")]
    [InlineData(ConnectionStatus.Unreachable, 400, "Not reachable", "The portal does not reach this GitLab")]
    [InlineData(ConnectionStatus.TokenRefused, 400, "Token refused", "GitLab refuses the token")]
    [InlineData(ConnectionStatus.TokenLost, 400, "Token lost", "The stored token cannot be read")]
    public async Task Each_status_has_a_word_a_cause_and_a_way_out(ConnectionStatus status, int expiresIn, string word, string? title)
    {
        await connections.ConnectAsync();
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        await connections.ReadAsync(db => db.Set<Connection>().ExecuteUpdateAsync(s => s
            .SetProperty(c => c.Status, status).SetProperty(c => c.StatusText, "It was like this.").SetProperty(c => c.TokenExpiresOn, today.AddDays(expiresIn))));

        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);

        section.Find(".badge").TextContent.Trim().ShouldBe(word);
        section.FindAll(".callout-title").Select(t => t.TextContent).ShouldBe(title is null ? [] : [title]);
        if (title is not null) section.Find(".callout").TextContent.ShouldMatch("“(Replace token|Check now)”");
        if (status != ConnectionStatus.Working) section.Find(".callout").TextContent.ShouldContain("It was like this.");
    }

    [Fact]
    public async Task A_new_token_that_is_refused_leaves_the_old_one_and_an_empty_field()
    {
        var old = connections.NewToken();
        await connections.ConnectAsync(old);
        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);
        var refused = connections.NewToken("read_user").Secret;
        stage.HaveInTheField(refused);

        section.Act(() => section.Button("Replace token").Click());
        section.Act(() => section.Find("form.replace").Submit());

        section.WaitForAssertion(() => section.ErrorAt("New personal access token").ShouldNotBeNull().ShouldContain("The token that was there before stays."));
        section.WaitForAssertion(() => stage.FocusedErrors.ShouldBe(1));
        section.Findings().ShouldContain("Failed: Cannot list repositories");
        section.Field("New personal access token").HasAttribute("value").ShouldBeFalse();
        section.Markup.ShouldNotContain(refused);
        (await connections.ReadAsync(db => db.Set<Connection>().SingleAsync())).TokenId.ShouldBe(old.Id);

        section.Act(() => section.Button("Cancel").Click());
        section.FindAll("form").ShouldBeEmpty();
        section.FindAll("[data-error]").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_token_that_works_takes_over()
    {
        await connections.ConnectAsync();
        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);
        var fresh = connections.NewToken();
        stage.HaveInTheField($"PRIVATE-TOKEN: {fresh.Secret}\n");

        section.Act(() => section.FindAll(".menu-item").Single(i => i.TextContent.Trim() == "Replace token").Click());
        section.Act(() => section.Find("form.replace").Submit());

        section.WaitForAssertion(() => section.FindAll("form").ShouldBeEmpty());
        (await connections.ReadAsync(db => db.Set<Connection>().SingleAsync())).TokenId.ShouldBe(fresh.Id);
        section.Markup.ShouldNotContain(fresh.Secret);
    }

    [Fact]
    public async Task Over_plain_http_from_another_machine_no_new_token_can_be_typed()
    {
        await connections.ConnectAsync();
        await using var remote = new WizardStage(connections, portalAddress: "http://portal.example/");
        var section = remote.OpenSection<ConnectionsSection>(connections.Owner);

        section.Act(() => section.Button("Replace token").Click());

        section.Find("form.replace").TextContent.ShouldContain("This page is not encrypted");
        section.FindAll("input[type=password]").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_check_shows_what_it_sees_and_what_went_wrong()
    {
        var token = connections.NewToken();
        await connections.ConnectAsync(token);
        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);
        connections.GitLab.World.Revoke(token);

        section.Act(() => section.Button("Check now").Click());

        section.WaitForAssertion(() => section.Find(".badge").TextContent.Trim().ShouldBe("Token refused"));
        section.WaitForAssertion(() => section.Findings().ShouldContain("Failed: Token revoked"));
        section.Find(".finding[data-error]").TextContent.ShouldContain("You can fix this: Create a new token.");
    }

    [Fact]
    public async Task A_name_that_is_taken_is_refused()
    {
        await connections.ConnectAsync(name: "Main");
        await connections.ConnectAsync(name: "Other");
        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);
        stage.Answer("Other");

        section.Act(() => section.FindAll(".menu-item").First(i => i.TextContent.Trim() == "Rename").Click());

        section.WaitForAssertion(() => section.Find(".callout[data-error]").TextContent.ShouldContain("Another connection of this team is named “Other”."));
        section.FindAll("h3").Select(h => h.TextContent).ShouldBe(["Main", "Other"]);
    }

    [Fact]
    public async Task Removing_says_first_what_will_be_lost_and_what_stays()
    {
        var id = await connections.ConnectAsync(name: "Main");
        await connections.SyncAsync(id);
        var count = await connections.ReadAsync(db => db.Set<RepositorySighting>().CountAsync());
        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);
        var asked = stage.Answer(false);

        section.Act(() => section.Button("Remove").Click());

        section.WaitForAssertion(() => asked.ShouldHaveSingleItem());
        asked[0].Title.ShouldBe("Remove “Main”?");
        asked[0].Text!.Split('\n').ShouldBe(
        [
            $"The portal forgets the token and stops reading {connections.BaseUrl}.",
            $"{count} repositories that no other connection sees leave the grid.",
            "On GitLab nothing changes: revoke the token there if it is no longer needed.",
        ]);
        (await connections.CountAsync<Connection>()).ShouldBe(1);
    }

    [Fact]
    public async Task Removed_in_another_tab_it_leaves_the_open_page()
    {
        var id = await connections.ConnectAsync(name: "Main");
        var section = stage.OpenSection<ConnectionsSection>(connections.Owner);

        await connections.Get<RemoveConnection>().RunAsync(connections.Owner, id, default);

        section.WaitForAssertion(() => section.Find(".empty").TextContent.ShouldContain("No GitLab server connected yet"));
    }

    private async Task<TeamAccess> MemberAsync()
    {
        var team = await connections.ReadAsync(db => db.Set<Team>().SingleAsync());
        return await connections.Database.AddMemberAsync(team, await connections.Database.AddAccountAsync("Mia"), TeamRole.Member);
    }

    private static Dictionary<string, string> Facts(IRenderedComponent<ConnectionsSection> section) => section.FindAll("dl.facts dt").ToDictionary(
        dt => dt.TextContent.Trim(),
        dt => string.Join(' ', dt.NextElementSibling!.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
        StringComparer.Ordinal);
}
