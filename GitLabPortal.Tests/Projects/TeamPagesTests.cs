using System.Security.Claims;
using Bunit;
using Bunit.TestDoubles;
using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Projects;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.UI;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Projects;

/// <summary>The pages of repositories and projects over a real database, for one person.</summary>
public sealed class TeamPagesTests : BunitContext, IAsyncLifetime
{
    private readonly ManualClock clock = new();
    private BunitAuthorizationContext authorization = null!;
    private TestDb database = null!;
    private Account owner = null!;
    private TeamAccess team = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDb.CreateAsync();
        owner = await database.AddAccountAsync("Ada");
        team = await database.AddTeamAsync("alpha", owner);
        JSInterop.Mode = JSRuntimeMode.Loose;
        authorization = this.AddAuthorization();
        var configuration = new ConfigurationBuilder().Build();
        Services.AddUI();
        Services.AddSingleton<IDbContextFactory<PortalDb>>(database);
        Services.AddSingleton<TimeProvider>(clock);
        Services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        Services.AddTeams(configuration);
        Services.AddSingleton<ConnectionFeed>();
        Services.AddSingleton<SyncFeed>();
        Services.AddSingleton<SyncQueries>();
        Services.AddSingleton<DisappearanceQueries>();
        Services.AddSingleton<RepositoryQueries>();
        Services.AddSingleton<MemberQueries>();
        Services.AddSingleton<MemberViewFeed>();
        Services.AddSingleton<IdentityFeed>();
        Services.AddSingleton<ExplainAbsence>();
        Services.AddSingleton<RequestMemberView>();
        Services.AddProjects(configuration);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await base.DisposeAsync();
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_connection_an_admin_is_led_to_the_wizard_and_a_member_to_an_admin()
    {
        var page = Open<RepositoriesPage>(owner);
        page.WaitForElement("a[href='team/alpha/settings/connections/new']").TextContent.ShouldContain("Connect GitLab server");

        var mia = await database.AddAccountAsync("Mia");
        await database.SaveAsync(new TeamMember { TeamId = team.TeamId, AccountId = mia.Id, Role = TeamRole.Member, JoinedAt = clock.GetUtcNow() });
        var members = Open<RepositoriesPage>(mia);
        members.WaitForAssertion(() => members.Markup.ShouldContain("An owner or admin of the team can connect a server"));
        members.FindAll("a[href$='connections/new']").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_selection_survives_paging_and_searching_and_is_added_at_once()
    {
        var connection = await database.AddConnectionAsync(team, await database.AddServerAsync());
        var repositories = new List<Repository>();
        for (var i = 0; i < 55; i++) repositories.Add(await database.AddRepositoryAsync(100 + i, $"g/r{i:00}", [connection], change: r => r.LastActivityAt = DateTimeOffset.UnixEpoch.AddDays(i)));
        var page = Open<RepositoriesPage>(owner);

        page.WaitForElement($"#repository-{repositories[54].Id}");

        page.Act(() => page.Find($"#repository-{repositories[54].Id}").Change(true));
        page.Act(() => page.Find("[aria-label='Pages'] button:last-child").Click());
        page.WaitForElement($"#repository-{repositories[0].Id}");
        page.Act(() => page.Find($"#repository-{repositories[0].Id}").Change(true));
        page.WaitForAssertion(() => page.Find("[data-page]").GetAttribute("data-page").ShouldBe("2"));
        Services.GetRequiredService<NavigationManager>().NavigateTo("team/alpha/repositories?q=r54");
        page.WaitForAssertion(() => page.FindAll("[data-row]").Count.ShouldBe(1));

        page.WaitForAssertion(() => page.Find(".selection").TextContent.ShouldContain("2 selected"));
        page.Find($"#repository-{repositories[54].Id}").HasAttribute("checked").ShouldBeTrue();
        string? said = null;
        Services.GetRequiredService<Toasts>().Shown += toast => said = toast.Text;
        page.Act(() => page.FindAll(".selection button").Single(b => b.TextContent.Trim() == "Add to team").Click());

        page.WaitForAssertion(() => said.ShouldBe("2 added."));
        page.WaitForAssertion(() => page.FindAll(".selection").ShouldBeEmpty());
        page.WaitForAssertion(() => page.Find("tbody .badge").TextContent.Trim().ShouldBe("In team"));
    }

    [Fact]
    public async Task Somebody_removed_meanwhile_adds_nothing()
    {
        var connection = await database.AddConnectionAsync(team, await database.AddServerAsync());
        var repository = await database.AddRepositoryAsync(100, "g/one", [connection]);
        var page = Open<RepositoriesPage>(owner);
        page.WaitForElement($"#repository-{repository.Id}");
        page.Act(() => page.Find($"#repository-{repository.Id}").Change(true));
        page.WaitForElement(".selection button");
        await using (var db = database.CreateDbContext()) await db.Set<TeamMember>().ExecuteDeleteAsync();

        page.Act(() => page.FindAll(".selection button").Single(b => b.TextContent.Trim() == "Add to team").Click());

        page.WaitForAssertion(() => page.FindAll("[data-row]").ShouldBeEmpty());
        await using var check = database.CreateDbContext();
        (await check.Set<Project>().CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task While_the_first_walk_runs_progress_shows_and_rows_come_in()
    {
        var connection = await database.AddConnectionAsync(team, await database.AddServerAsync());
        var run = new SyncRun { ConnectionId = connection.Id, State = SyncState.Running, StartedAt = clock.GetUtcNow(), Expected = 200 };
        await database.SaveAsync(run);
        var page = Open<RepositoriesPage>(owner);
        page.WaitForAssertion(() => page.Markup.ShouldContain("The repositories are being read"));

        await database.AddRepositoryAsync(100, "g/first", [connection]);
        Services.GetRequiredService<SyncFeed>().Publish(new SyncProgress(connection.Id, SyncState.Running, 100, 200, null, null, null));

        page.WaitForAssertion(() => page.FindAll("[data-row]").Count.ShouldBe(1));
        page.PassTimeUntil(clock, TimeSpan.FromSeconds(1), () => page.Find(".sync").TextContent.ShouldContain("100 of 200"));
        var goesOnAt = clock.GetUtcNow() + TimeSpan.FromSeconds(40);
        Services.GetRequiredService<SyncFeed>().Publish(new SyncProgress(connection.Id, SyncState.Running, 100, 200, "GitLab asks us to slow down.", goesOnAt, null));
        page.PassTimeUntil(clock, TimeSpan.FromSeconds(1), () => page.Find(".sync-problem").TextContent
            .ShouldContain($"GitLab asks us to slow down. Going on in {(goesOnAt - clock.GetUtcNow()).TotalSeconds:0} s."));
    }

    [Fact]
    public async Task A_project_is_removed_with_an_undo_in_its_place()
    {
        var connection = await database.AddConnectionAsync(team, await database.AddServerAsync());
        var repository = await database.AddRepositoryAsync(100, "g/one", [connection]);
        await Services.GetRequiredService<PickRepositories>().RunAsync(team, [repository.Id], CancellationToken.None);
        var page = Open<ProjectsPage>(owner, "team/alpha/projects");
        page.WaitForElement("article.project");
        page.FindAll("[data-copy]").Select(c => c.GetAttribute("data-copy")).ShouldBe(["https://git.example.com/g/one.git", "git@git.example.com:g/one.git"]);
        page.Find("a.open").GetAttribute("rel")!.ShouldContain("noopener");

        page.Act(() => page.FindAll(".menu-item").Single().Click());
        page.WaitForElement(".removed").TextContent.ShouldContain("g/one was removed from the team");
        page.FindAll("article.project").ShouldBeEmpty();
        page.Act(() => page.Find(".removed button").Click());

        page.WaitForElement("article.project").TextContent.ShouldContain("Added by Ada");
        page.FindAll(".removed").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_overview_leads_on_by_what_is_there_and_by_role()
    {
        var connection = await database.AddConnectionAsync(team, await database.AddServerAsync());
        var repository = await database.AddRepositoryAsync(100, "g/one", [connection]);
        var page = Open<OverviewPage>(owner, "team/alpha");
        page.WaitForElement(".next").TextContent.ShouldContain("Pick the repositories you work with");

        await Services.GetRequiredService<PickRepositories>().RunAsync(team, [repository.Id], CancellationToken.None);

        page.PassTimeUntil(clock, TimeSpan.FromSeconds(1), () => page.FindAll(".next").ShouldBeEmpty());
        page.FindAll(".value").Select(v => v.TextContent).ShouldBe(["1", "1", "1"]);
        page.Find(".plain-list").TextContent.ShouldContain("one");
    }

    private IRenderedComponent<T> Open<T>(Account person, string address = "team/alpha/repositories") where T : TeamPage
    {
        authorization.SetAuthorized(person.Name);
        authorization.SetClaims(new Claim(ClaimTypes.NameIdentifier, person.Id.ToString()));
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<T>(p => p.Add(t => t.Slug, "alpha"));
    }
}
