using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Repositories.Members;

/// <summary>An admin chooses for a connection: everyone everything, everyone some groups, each member their own.</summary>
public sealed class ChoosingWhoSeesWhatTests : IAsyncLifetime
{
    private MemberStage stage = null!;
    private SandboxGroup labs = null!;
    private SandboxUser grace = null!;

    public async ValueTask InitializeAsync() => stage = await MemberStage.StartAsync(
        world =>
        {
            var platform = world.AddGroup("platform");
            labs = world.AddGroup("labs", parent: platform);
            world.AddProject(world.AddGroup("payments", parent: platform), "ledger");
            world.AddProject(labs, "robot");
            world.AddProject(world.AddGroup("deep", parent: labs), "diver");
            grace = world.AddUser("grace", "Grace");
            world.AddMember(grace, labs, 20);
        },
        personal: false);

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    private ChosenGroup Labs => new(labs.Id, labs.FullPath);

    [Fact]
    public async Task Narrowing_to_groups_counts_at_once_and_widening_reads_again()
    {
        (await stage.SeesAsync(stage.Admin)).Length.ShouldBe(3);

        await stage.ChooseAsync(VisibilityChoice.Groups, Labs);

        (await stage.SeesAsync(stage.Admin)).ShouldBe(["platform/labs/deep/diver", "platform/labs/robot"]);
        await stage.WhenReadAsync();
        (await stage.SeesAsync(stage.Admin)).Length.ShouldBe(2);
        (await stage.SignIn.ReadAsync(db => db.Set<Disappearance>().CountAsync())).ShouldBe(0, "nobody is asked about what was chosen");
        (await stage.SignIn.ReadAsync(db => db.Set<Repository>().CountAsync())).ShouldBe(2, "nothing is kept that no connection sees");

        await stage.ChooseAsync(VisibilityChoice.Everyone);
        (await Eventually.ReadAsync(() => stage.SeesAsync(stage.Admin), s => s.Length == 3)).Length.ShouldBe(3);
        (await stage.SignIn.ReadAsync(db => db.Set<AuditEvent>().Where(e => e.Action == "connection.visibility-chosen").OrderBy(e => e.Id).Select(e => e.Subject).ToListAsync()))
            .Select(s => s[(s.IndexOf(", ", StringComparison.Ordinal) + 2)..]).ShouldBe(["everyone sees the groups platform/labs", "everyone sees what the token sees"]);
    }

    [Fact]
    public async Task A_walk_under_way_ends_and_another_reads_what_was_chosen()
    {
        var gate = new SandboxGate(opensAt: int.MaxValue);
        stage.SignIn.GitLab.Faults.Answer("/api/v4/projects", 1, Fault.Held(gate));
        await stage.Get<RequestSync>().RunAsync(stage.Admin, stage.Connection, default);
        (await Eventually.ReadAsync(() => Task.FromResult(gate.Most), most => most > 0)).ShouldBe(1);

        await stage.ChooseAsync(VisibilityChoice.Groups, Labs);
        gate.Open();
        await stage.WhenReadAsync();

        (await stage.SeesAsync(stage.Admin)).ShouldBe(["platform/labs/deep/diver", "platform/labs/robot"]);
    }

    [Fact]
    public async Task Each_their_own_within_the_chosen_groups()
    {
        await stage.ChooseAsync(VisibilityChoice.Groups, Labs);
        await stage.WhenReadAsync();
        await stage.ChooseAsync(VisibilityChoice.Members);
        var person = await stage.EnterAsync(grace);
        (await stage.SeesAsync(person)).ShouldBe(["platform/labs/deep/diver", "platform/labs/robot"]);

        var options = (await stage.Get<VisibilityQueries>().OptionsAsync(stage.Connection, default))!;
        (options.Chosen, options.Coverage, options.Linked, options.Members).ShouldBe((VisibilityChoice.Members, ConnectionCoverage.Groups, 1, 2));

        await stage.ChooseAsync(VisibilityChoice.Everyone);
        (await Eventually.ReadAsync(() => stage.SeesAsync(stage.Admin), s => s.Length == 3)).Length.ShouldBe(3);
    }

    [Fact]
    public async Task Only_admins_choose_and_only_for_their_own_team()
    {
        await stage.SignIn.Portal.AddMemberAsync("carl@example.com", name: "Carl");
        var carl = await stage.SignIn.Portal.AccessAsync(email: "carl@example.com");

        (await stage.Get<ChooseVisibility>().RunAsync(carl, stage.Connection, VisibilityChoice.Members, [], default)).Problem.ShouldBeOfType<Problem.Forbidden>();
        (await stage.Get<FindConnectionGroups>().RunAsync(carl, stage.Connection, null, default)).Problem.ShouldBeOfType<Problem.Forbidden>();
        (await stage.Get<ChooseVisibility>().RunAsync(stage.Admin, Guid.NewGuid(), VisibilityChoice.Members, [], default)).Problem!.Code.ShouldBe("connection-not-found");
        (await stage.Get<ChooseVisibility>().RunAsync(stage.Admin, stage.Connection, VisibilityChoice.Groups, [], default)).Problem!.Code.ShouldBe("groups-missing");
        (await stage.Get<FindConnectionGroups>().RunAsync(stage.Admin, stage.Connection, "labs", default)).Value!.Select(g => g.FullPath).ShouldContain("platform/labs");
    }

    [Fact]
    public async Task Without_sign_in_set_up_members_cannot_see_each_their_own_and_the_reason_says_who_can_change_that()
    {
        await using (var db = await stage.Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync())
        {
            await db.Set<ServerApplication>().ExecuteUpdateAsync(a => a.SetProperty(x => x.Scopes, "read_user"));
            (await ChooseAsync()).Code.ShouldBe("visibility-needs-scope");
            await db.Set<ServerApplication>().ExecuteUpdateAsync(a => a.SetProperty(x => x.State, ApplicationState.Missing));
            (await ChooseAsync()).Code.ShouldBe("visibility-application-missing");
            await db.Set<ServerApplication>().ExecuteDeleteAsync();
        }

        var problem = await ChooseAsync();
        problem.Code.ShouldBe("visibility-needs-sign-in");
        problem.Message.ShouldContain("A portal administrator can set that up on the page Servers.");
        (await stage.Get<VisibilityQueries>().OptionsAsync(stage.Connection, default))!.Obstacle!.Code.ShouldBe("visibility-needs-sign-in");

        async Task<Problem> ChooseAsync() => (await stage.Get<ChooseVisibility>().RunAsync(stage.Admin, stage.Connection, VisibilityChoice.Members, [], default)).Problem!;
    }

    [Fact]
    public async Task A_project_that_a_member_may_not_open_shows_the_name_under_which_it_was_added_and_nothing_newer()
    {
        await stage.ChooseAsync(VisibilityChoice.Members);
        var person = await stage.EnterAsync(grace);
        var robot = stage.World.Projects.Single(p => p.Path == "robot");
        var id = (await stage.Get<RepositoryQueries>().SearchAsync(person, new() { Text = "robot" }, new(0, 1), default)).Items.Single().Id;
        (await stage.Get<PickRepositories>().RunAsync(person, [id], default)).Value!.Added.ShouldBe(1);
        (await stage.Get<PickRepositories>().RunAsync(stage.Admin, [id], default)).Value!.NotVisible.ShouldBe(1);

        stage.World.Rename(robot, "secret-plan", "Secret plan");
        await stage.Get<RequestSync>().RunAsync(stage.Admin, stage.Connection, default);
        await Eventually.ReadAsync(() => stage.SeesAsync(person), s => s.Contains("platform/labs/secret-plan"));

        var hers = await ProjectAsync(person);
        (hers.FullPath, hers.State).ShouldBe(("platform/labs/secret-plan", ProjectState.Available));
        var theirs = await ProjectAsync(stage.Admin);
        (theirs.FullPath, theirs.State, theirs.WebUrl).ShouldBe(("platform/labs/robot", ProjectState.NotLinked, ""));
        (await SearchAsync(stage.Admin, "secret")).ShouldBeEmpty();
        (await SearchAsync(stage.Admin, "robot")).ShouldHaveSingleItem();
        (await SearchAsync(person, "platform/labs/robot")).ShouldHaveSingleItem();
        (await stage.Get<RemoveProject>().RunAsync(stage.Admin, theirs.Id, default)).IsSuccess.ShouldBeTrue();
        (await stage.SignIn.ReadAsync(db => db.Set<AuditEvent>().Where(e => e.Action == "project.removed").Select(e => e.Subject).SingleAsync())).ShouldBe("platform/labs/robot");
    }

    [Fact]
    public async Task The_answer_names_the_tokens_view_to_admins_ones_own_to_everybody_and_what_to_do()
    {
        await stage.ChooseAsync(VisibilityChoice.Members);
        var person = await stage.EnterAsync(grace);

        var hers = await AskAsync(person, "platform/payments/ledger");
        hers.Facts.Select(f => f.Label).ShouldBe([$"The token of “{await NameAsync()}”", "You"]);
        hers.Facts[0].Text.ShouldBe("Only admins of the team are told what it sees.");
        hers.Facts[1].Text.ShouldContain("GitLab does not list it for @grace");
        hers.Facts.ShouldAllBe(f => f.At != null);
        hers.MayReadAgain.ShouldBeTrue();
        (await AskAsync(person, "platform/payments/no-such")).Facts.ShouldBe(hers.Facts);
        (await AskAsync(person, $"{stage.SignIn.GitLabUrl}/platform/payments/ledger/-/issues/3?x=y")).Facts.ShouldBe(hers.Facts);

        var admins = await AskAsync(stage.Admin, "platform/payments/ledger.git");
        admins.Facts[0].Text.ShouldBe("It sees it.");
        admins.Advice.ShouldBe(["Link your GitLab account in your profile."]);
        (await AskAsync(stage.Admin, "platform/payments/no-such")).Facts[0].Text.ShouldContain("It does not see it");

        var hidden = (await stage.Get<ExplainAbsence>().RunAsync(person, "Platform/Labs/ROBOT", new() { Namespace = "platform/payments", IsEmpty = true }, default)).Value!;
        (hidden.IsVisible, hidden.Title).ShouldBe((true, "You can see it, but the filters hide it"));
        hidden.Facts.Single(f => f.Label == "Filters in effect").Text.ShouldBe("Only the group platform/payments is shown. Only empty ones are shown.");
        (await stage.Get<RepositoryQueries>().SearchAsync(person, hidden.Show!, new(0, 9), default)).Total.ShouldBe(1);

        (await AskAsync(person, "https://elsewhere.example.com/a/b")).Title.ShouldBe("This address is of no GitLab that the team is connected to");
        foreach (var nothing in (string?[])[null, "", "robot", "a b/c", "ftp://x/y/z"])
            (await stage.Get<ExplainAbsence>().RunAsync(person, nothing, new(), default)).Problem!.Code.ShouldBe("path-missing");
    }

    private async Task<string> NameAsync() => await stage.SignIn.ReadAsync(db => db.Set<Connection>().Select(c => c.Name).SingleAsync());

    private async Task<AbsenceAnswer> AskAsync(TeamAccess person, string path) => (await stage.Get<ExplainAbsence>().RunAsync(person, path, new(), default)).Value!;

    private async Task<ProjectRow> ProjectAsync(TeamAccess person) => (await SearchAsync(person, null)).ShouldHaveSingleItem();

    private async Task<IReadOnlyList<ProjectRow>> SearchAsync(TeamAccess person, string? text) =>
        (await stage.Get<ProjectQueries>().SearchAsync(person, text, new(0, 10), default)).Items;
}
