using Bunit;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.UI;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Teams;

public sealed class TeamSettingsTests : IAsyncLifetime
{
    private PeopleDb people = null!;
    private TeamAccess owner = null!;
    private SettingsStage stage = null!;

    public async ValueTask InitializeAsync()
    {
        people = await PeopleDb.CreateAsync();
        owner = await people.Db.AddTeamAsync("rocket", await people.Db.AddAccountAsync("Ada"));
        stage = new SettingsStage(people);
    }

    public async ValueTask DisposeAsync()
    {
        await stage.DisposeAsync();
        await people.DisposeAsync();
    }

    [Fact]
    public void The_page_shows_the_sections_of_all_features_in_order()
    {
        stage.Services.AddSingleton(new SettingsSection("connections", "GitLab connections", 30, typeof(GeneralSection)));

        var page = stage.Open<SettingsPage>(owner);

        page.FindAll("h2").Select(h => h.TextContent).ShouldBe(["General", "Members", "GitLab connections"]);
        page.FindAll("section").Select(s => s.Id).ShouldBe(["general", "members", "connections"]);
        page.FindAll("nav a").Select(a => a.GetAttribute("href")).ShouldContain("team/rocket/settings#connections");
    }

    [Fact]
    public async Task Somebody_who_is_not_in_the_team_sees_nothing_of_it()
    {
        var stranger = await people.Db.AddTeamAsync("other", await people.Db.AddAccountAsync("Eve"));
        var asStranger = new TeamAccess(owner.TeamId, owner.Slug, owner.TeamName, stranger.AccountId, "Eve", TeamRole.Member);

        stage.Open<SettingsPage>(asStranger).Markup.ShouldNotContain("Team");
    }

    [Fact]
    public async Task A_removed_person_is_led_away_from_an_open_page_at_once()
    {
        var member = await people.JoinAsync(owner, TeamRole.Member);
        var page = stage.Open<SettingsPage>(member);
        page.Markup.ShouldContain("Team settings");

        await stage.Services.GetRequiredService<RemoveMember>().RunAsync(owner, member.AccountId, CancellationToken.None);

        page.WaitForAssertion(() => page.Markup.ShouldNotContain("Team settings"));
        stage.Location.Last.ShouldBe("/");
        stage.Location.WasFullLoad.ShouldBeTrue();
    }

    [Fact]
    public async Task A_demoted_person_loses_the_controls_of_an_open_page_at_once()
    {
        var admin = await people.JoinAsync(owner, TeamRole.Admin);
        var section = stage.Open<MembersSection>(admin);
        section.FindAll("button").ShouldContain(b => b.TextContent.Contains("Invite member"));

        await stage.Services.GetRequiredService<ChangeRole>().RunAsync(owner, admin.AccountId, TeamRole.Member, CancellationToken.None);

        section.WaitForAssertion(() => section.FindAll("button, select").ShouldBeEmpty());
        stage.Location.Last.ShouldBeNull();
    }

    [Fact]
    public void A_page_whose_session_has_ended_shows_nothing_any_more()
    {
        var page = stage.Open<SettingsPage>(owner);

        stage.SignOutInThisPage();

        page.WaitForAssertion(() => page.Markup.ShouldNotContain("Team settings"));
    }

    [Fact]
    public async Task An_action_asks_again_even_when_the_page_has_not_heard_of_the_change()
    {
        var admin = await people.JoinAsync(owner, TeamRole.Admin);
        var section = stage.Open<GeneralSection>(admin);
        // Not announced: as if another process had done it.
        await new ChangeRole(people.Db, people.Clock, new MembershipFeed()).RunAsync(owner, admin.AccountId, TeamRole.Member, CancellationToken.None);

        await section.ActAsync(() => section.Find("input").ChangeAsync("Mine"));
        await section.ActAsync(() => section.Find("form").SubmitAsync());

        section.WaitForAssertion(() => section.FindAll("input").ShouldBeEmpty());
        (await people.Teams.ForAccountAsync(owner.AccountId, CancellationToken.None)).Single().Name.ShouldBe("Team rocket");
    }

    [Fact]
    public async Task A_new_name_is_saved_and_one_that_is_none_is_refused_beside_the_field()
    {
        var section = stage.Open<GeneralSection>(owner);

        await section.ActAsync(() => section.Find("input").ChangeAsync("  "));
        await section.ActAsync(() => section.Find("form").SubmitAsync());
        section.Find(".field-error").TextContent.ShouldContain("Enter a name");

        await section.ActAsync(() => section.Find("input").ChangeAsync("Moon <b>base</b>"));
        await section.ActAsync(() => section.Find("form").SubmitAsync());
        section.WaitForAssertion(() => section.Find("input").GetAttribute("value").ShouldBe("Moon <b>base</b>"));
        section.FindAll(".field-error, b").ShouldBeEmpty();
        (await people.Teams.ForAccountAsync(owner.AccountId, CancellationToken.None)).Single().Name.ShouldBe("Moon <b>base</b>");
    }

    [Fact]
    public async Task Members_see_the_name_and_cannot_change_it()
    {
        var section = stage.Open<GeneralSection>(await people.JoinAsync(owner, TeamRole.Member));

        section.FindAll("input").ShouldBeEmpty();
        section.Find("dl").TextContent.ShouldContain("Team rocket");
        section.Find("dl").TextContent.ShouldContain("https://portal.example.com/team/rocket");
    }

    [Fact]
    public async Task The_only_owner_cannot_leave_until_there_is_another_one()
    {
        var section = stage.Open<GeneralSection>(owner);
        LeaveButton().HasAttribute("disabled").ShouldBeTrue();
        section.Markup.ShouldContain("You are the only owner");

        var admin = await people.JoinAsync(owner, TeamRole.Admin);
        await stage.Services.GetRequiredService<ChangeRole>().RunAsync(owner, admin.AccountId, TeamRole.Owner, CancellationToken.None);
        section.WaitForAssertion(() => LeaveButton().HasAttribute("disabled").ShouldBeFalse());

        var asked = stage.AgreeToEverything();
        await section.ActAsync(() => LeaveButton().ClickAsync(new()));
        section.WaitForAssertion(() => section.FindAll("form").ShouldBeEmpty());
        stage.Location.Last.ShouldBe("/");
        asked.ShouldBe(["Leave the team?"]);
        (await people.RoleAsync(owner)).ShouldBeNull();

        AngleSharp.Dom.IElement LeaveButton() => section.FindAll("button").Single(b => b.TextContent.Trim() == "Leave team");
    }

    [Fact]
    public async Task The_list_shows_names_as_text_and_who_one_is()
    {
        await people.JoinAsync(owner, TeamRole.Member, "<script>alert(1)</script>");

        var section = stage.Open<MembersSection>(owner);

        section.FindAll("script").ShouldBeEmpty();
        section.FindAll(".name").Select(n => n.TextContent.Trim()).ShouldBe(["Ada (you)", "<script>alert(1)</script>"]);
    }

    [Fact]
    public async Task An_owner_gives_a_role_by_choosing_it()
    {
        var grace = await people.JoinAsync(owner, TeamRole.Member);
        var section = stage.Open<MembersSection>(owner);

        await section.ActAsync(() => section.Find("select").ChangeAsync("Admin"));

        (await people.RoleAsync(grace)).ShouldBe(TeamRole.Admin);
        section.FindAll("select").Count.ShouldBe(1, "the only owner's own role is not for choice");
    }

    [Fact]
    public async Task An_admin_cannot_choose_above_their_own_role_nor_touch_owners()
    {
        await people.JoinAsync(owner, TeamRole.Member);
        var section = stage.Open<MembersSection>(await people.JoinAsync(owner, TeamRole.Admin, "Zoe"));

        section.FindAll("option").Select(o => o.TextContent).Distinct().ShouldBe(["Member", "Admin"], ignoreOrder: true);
        section.FindAll("li").Single(l => l.TextContent.Contains("Ada")).QuerySelectorAll("select, button").ShouldBeEmpty();
    }

    [Fact]
    public async Task Removing_asks_first_and_the_row_goes()
    {
        var grace = await people.JoinAsync(owner, TeamRole.Member);
        var section = stage.Open<MembersSection>(owner);
        var asked = stage.AgreeToEverything();

        await section.ActAsync(() => section.FindAll("button").Single(b => b.TextContent.Trim() == "Remove Grace").ClickAsync(new()));

        section.WaitForAssertion(() => section.Markup.ShouldNotContain("Grace"));
        asked.ShouldBe(["Remove Grace?"]);
        (await people.RoleAsync(grace)).ShouldBeNull();
    }

    [Fact]
    public async Task A_refusal_is_said_and_the_choice_goes_back()
    {
        var second = await people.JoinAsync(owner, TeamRole.Owner, "Second");
        var section = stage.Open<MembersSection>(owner);
        await new RemoveMember(people.Db, people.Clock, new MembershipFeed()).RunAsync(owner, second.AccountId, CancellationToken.None);

        await section.ActAsync(() => section.FindAll("select")[^1].ChangeAsync("Member"));

        section.Find("[role=alert]").TextContent.ShouldContain("not a member of the team any more");
        section.FindAll("select").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_invitation_link_is_shown_once_and_the_invitation_stays_in_the_list_until_revoked()
    {
        var section = stage.Open<MembersSection>(owner);
        await section.ActAsync(() => Button("Invite member").ClickAsync(new()));
        await section.ActAsync(() => section.Find("input[type=email]").ChangeAsync("grace@example.com"));
        await section.ActAsync(() => section.Find("form").SubmitAsync());

        var link = section.Find("code").TextContent;
        link.ShouldStartWith("https://portal.example.com/invite/");
        (await people.Teams.FindInvitationAsync(link.Split('/')[^1], CancellationToken.None)).State.ShouldBe(InvitationState.Open);
        section.Find("button[data-copy]").GetAttribute("data-copy").ShouldBe(link);

        await section.ActAsync(() => Button("Done").ClickAsync(new()));
        section.Markup.ShouldNotContain(link);
        section.FindAll("ul")[1].TextContent.ShouldContain("grace@example.com");

        await section.ActAsync(() => Button("Revoke").ClickAsync(new()));
        section.FindAll("ul").Count.ShouldBe(1);
        (await people.Teams.FindInvitationAsync(link.Split('/')[^1], CancellationToken.None)).State.ShouldBe(InvitationState.Unknown);

        AngleSharp.Dom.IElement Button(string text) => section.FindAll("button").Single(b => b.TextContent.Trim() == text);
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused_beside_the_field_and_kept()
    {
        var section = stage.Open<MembersSection>(owner);
        await section.ActAsync(() => section.FindAll("button").Single(b => b.TextContent.Trim() == "Invite member").ClickAsync(new()));

        await section.ActAsync(() => section.Find("input[type=email]").ChangeAsync("nonsense"));
        await section.ActAsync(() => section.Find("form").SubmitAsync());

        section.Find(".field-error").TextContent.ShouldContain("not an e-mail address");
        section.Find("input[type=email]").GetAttribute("value").ShouldBe("nonsense");
    }

    [Fact]
    public async Task Somebody_who_joins_appears_in_a_list_that_is_open()
    {
        var section = stage.Open<MembersSection>(owner);
        var code = (await stage.Services.GetRequiredService<CreateInvitation>()
            .RunAsync(owner, new InvitationRequest(null, TeamRole.Member), CancellationToken.None)).Value!.Code;
        var grace = await people.Db.AddAccountAsync("Grace");

        await new AcceptInvitation(people.Db, people.Clock, people.Registrar, people.Memberships).RunAsync(code, grace.Id, CancellationToken.None);

        section.WaitForAssertion(() => section.Markup.ShouldContain("Grace"));
    }
}
