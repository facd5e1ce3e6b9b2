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

namespace GitLabPortal.Tests.Projects;

/// <summary>Grace, a member of Ada's team, has an account on gitlab.com with repositories of her own.</summary>
public sealed class PersonalRepositoriesTests : IAsyncLifetime
{
    private const string GraceEmail = "grace@example.com";

    private GitLabComStage stage = null!;
    private SandboxUser grace = null!;
    private PortalBrowser browser = null!;
    private TeamAccess access = null!;
    private Guid identity;

    public async ValueTask InitializeAsync()
    {
        stage = await GitLabComStage.StartAsync();
        grace = stage.GitLab.World.AddUser("grace", "Grace Example");
        var group = stage.GitLab.World.AddGroup("compilers", "Compilers");
        stage.GitLab.World.AddMember(grace, group);
        stage.GitLab.World.AddProject(group, "cobol");
        stage.GitLab.World.AddProject(group, "flow-matic");
        stage.GitLab.World.AddProject(stage.GitLab.World.AddGroup("others", "Others"), "hidden");
        await stage.Portal.AddMemberAsync(GraceEmail);
        browser = await stage.Portal.OpenSignedInAsync(GraceEmail);
        await stage.ConnectAsync(browser, grace);
        identity = (await stage.IdentityAsync(grace))!.Id;
        access = await stage.Portal.AccessAsync(email: GraceEmail);
        stage.GitLab.Requests.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await stage.DisposeAsync();
    }

    [Fact]
    public async Task They_are_read_live_with_the_persons_own_token_and_stored_nowhere()
    {
        var list = await ListAsync();

        list.Items.Select(r => r.FullPath).ShouldBe(["compilers/cobol", "compilers/flow-matic"], ignoreOrder: true);
        list.Items.ShouldAllBe(r => !r.IsPicked);
        var request = stage.GitLab.Requests.All.ShouldHaveSingleItem();
        request.Query.ShouldContain("membership=true");
        (await stage.ReadAsync(db => db.Set<Repository>().CountAsync())).ShouldBe(0);
        (await stage.ReadAsync(db => db.Set<Project>().CountAsync())).ShouldBe(0);
    }

    [Fact]
    public async Task GitLab_searches_and_pages()
    {
        var group = stage.GitLab.World.AddGroup("many", "Many");
        stage.GitLab.World.AddMember(grace, group);
        for (var i = 0; i < 25; i++) stage.GitLab.World.AddProject(group, $"tool-{i:00}");

        (await ListAsync("flow")).Items.ShouldHaveSingleItem().FullPath.ShouldBe("compilers/flow-matic");
        stage.GitLab.Requests.All[^1].Query.ShouldContain("search=flow");
        var first = await ListAsync("tool");
        var second = await ListAsync("tool", page: 2);
        (first.Items.Count, first.HasMore, first.Total).ShouldBe((PersonalRepositories.PageSize, true, 25));
        (second.Items.Count, second.HasMore).ShouldBe((5, false));
        first.Items.Concat(second.Items).Select(r => r.GitLabId).Distinct().Count().ShouldBe(25);
    }

    [Fact]
    public async Task Nobody_lists_or_picks_with_somebody_elses_account()
    {
        var ada = await stage.Portal.AccessAsync();

        (await stage.Get<PersonalRepositories>().SourcesAsync(ada.AccountId, default)).ShouldBeEmpty();
        (await stage.Get<PersonalRepositories>().ListAsync(ada, identity, null, 1, default)).Problem!.Code.ShouldBe("identity-gone");
        (await stage.Get<PickPersonal>().RunAsync(ada, identity, [1], default)).Problem!.Code.ShouldBe("identity-gone");
        stage.GitLab.Requests.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_picked_one_becomes_a_project_that_says_whose_access_it_hangs_on()
    {
        await PickAsync("cobol");

        var row = (await ProjectsAsync()).ShouldHaveSingleItem();
        (row.FullPath, row.State, row.IsOutOfReach, row.Reason).ShouldBe(("compilers/cobol", ProjectState.Available, false, null));
        row.Personal!.Words.ShouldBe("through Grace's gitlab.com account");
        (row.WebUrl, row.HttpCloneUrl).ShouldBe(("https://gitlab.com/compilers/cobol", "https://gitlab.com/compilers/cobol.git"));
        (await ListAsync()).Items.Single(r => r.IsPicked).FullPath.ShouldBe("compilers/cobol");
        (await stage.ReadAsync(db => db.Set<Repository>().CountAsync())).ShouldBe(0);
        (await stage.Get<ProjectQueries>().SearchAsync(access, "COBOL", new PageRequest(0, 10), default)).Total.ShouldBe(1);
        (await PickAsync("cobol")).Words.ShouldBe("Nothing new, 1 was already in the team");
    }

    [Fact]
    public async Task What_the_person_cannot_open_is_not_picked()
    {
        var hidden = stage.GitLab.World.Projects.Single(p => p.Path == "hidden");

        var picked = await stage.Get<PickPersonal>().RunAsync(access, identity, [hidden.Id], default);

        picked.Value.ShouldBe(new PickedCount(0, 0, 1, "by your account"));
        (await ProjectsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task It_is_greyed_when_the_person_disconnects_and_comes_back_with_the_same_account()
    {
        await PickAsync("cobol");
        await browser.SubmitAsync("/profile", "Disconnect @grace");

        var lost = (await ProjectsAsync()).ShouldHaveSingleItem();
        (lost.State, lost.IsOutOfReach, lost.HttpCloneUrl).ShouldBe((ProjectState.PersonalAccessLost, true, null));
        lost.Reason!.ShouldContain("Grace has disconnected the gitlab.com account");
        lost.Reason!.ShouldContain("comes back when Grace connects it again");

        await stage.ConnectAsync(browser, stage.GitLab.World.AddUser("grace-two"));
        (await ProjectsAsync()).ShouldHaveSingleItem().State.ShouldBe(ProjectState.PersonalAccessLost, "another account proves nothing");
        await browser.SubmitAsync("/profile", "Disconnect @grace-two");
        await stage.ConnectAsync(browser, grace);
        (await ProjectsAsync()).ShouldHaveSingleItem().State.ShouldBe(ProjectState.Available);
    }

    [Fact]
    public async Task It_is_greyed_when_the_person_leaves_and_another_member_can_take_over()
    {
        await PickAsync("cobol");
        (await stage.Get<LeaveTeam>().RunAsync(access, default)).IsSuccess.ShouldBeTrue();

        var lost = (await ProjectsAsync()).ShouldHaveSingleItem();
        lost.State.ShouldBe(ProjectState.PersonalAccessLost);
        lost.Reason!.ShouldContain("Grace is no longer in the team");

        var bob = stage.GitLab.World.AddUser("bob");
        stage.GitLab.World.AddMember(bob, stage.GitLab.World.Groups.Single(g => g.Path == "compilers"));
        await stage.Portal.AddMemberAsync("bob@example.com", name: "Bob");
        using var his = await stage.Portal.OpenSignedInAsync("bob@example.com");
        await stage.ConnectAsync(his, bob);
        var picked = await stage.Get<PickPersonal>().RunAsync(
            await stage.Portal.AccessAsync(email: "bob@example.com"), (await stage.IdentityAsync(bob))!.Id, [ProjectId("cobol")], default);
        picked.Value!.Added.ShouldBe(1);
        var row = (await ProjectsAsync()).ShouldHaveSingleItem();
        (row.State, row.Personal!.Person, row.AddedBy).ShouldBe((ProjectState.Available, "Bob", "Bob"));
    }

    [Fact]
    public async Task What_was_taken_back_on_GitLab_is_said_with_the_way_back()
    {
        await PickAsync("cobol");
        foreach (var token in stage.GitLab.World.Tokens.Where(t => t.User == grace)) stage.GitLab.World.RevokeOAuth(token);

        var problem = (await stage.Get<PersonalRepositories>().ListAsync(access, identity, null, 1, default)).Problem!;

        problem.Code.ShouldBe(IdentityTokens.SignInAgain.Code);
        await stage.Get<CheckIdentity>().RunAsync(identity, default);
        (await ProjectsAsync()).ShouldHaveSingleItem().Reason!.ShouldContain("took back the portal's access to Grace's account");
    }

    [Fact]
    public async Task A_broken_GitLab_is_told_in_words_and_costs_nothing()
    {
        await PickAsync("cobol");
        stage.GitLab.Faults.Answer("/api/v4/projects", Fault.NginxBadGateway());

        var problem = (await stage.Get<PersonalRepositories>().ListAsync(access, identity, null, 1, default)).Problem.ShouldBeOfType<Problem.Upstream>();

        problem.Message.Length.ShouldBeGreaterThan(20);
        (await ProjectsAsync()).ShouldHaveSingleItem().State.ShouldBe(ProjectState.Available);
        stage.GitLab.Faults.Clear();
        (await ListAsync()).Items.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_expired_token_is_renewed_on_the_way()
    {
        await using (var db = await stage.Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync())
        {
            (await db.Set<GitLabIdentity>().SingleAsync()).AccessExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(-1);
            await db.SaveChangesAsync();
        }

        (await ListAsync()).Items.Count.ShouldBe(2);
    }

    private async Task<PersonalPage> ListAsync(string? search = null, int page = 1)
    {
        var list = await stage.Get<PersonalRepositories>().ListAsync(access, identity, search, page, default);
        list.IsSuccess.ShouldBeTrue(list.Problem?.Message);
        return list.Value;
    }

    private long ProjectId(string path) => stage.GitLab.World.Projects.Single(p => p.Path == path).Id;

    private async Task<PickedCount> PickAsync(string path)
    {
        var picked = await stage.Get<PickPersonal>().RunAsync(access, identity, [ProjectId(path)], default);
        picked.IsSuccess.ShouldBeTrue(picked.Problem?.Message);
        return picked.Value;
    }

    /// <summary>As Ada sees them.</summary>
    private async Task<IReadOnlyList<ProjectRow>> ProjectsAsync() =>
        (await stage.Get<ProjectQueries>().SearchAsync(await stage.Portal.AccessAsync(), null, new PageRequest(0, 50), default)).Items;
}
