using GitLabPortal.Accounts;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Teams;

public sealed class CreatingATeamTests : IAsyncLifetime
{
    private readonly List<MembershipChanged> changes = [];
    private PeopleDb people = null!;
    private Account administrator = null!;

    public async ValueTask InitializeAsync()
    {
        people = await PeopleDb.CreateAsync();
        administrator = await people.Db.AddAccountAsync("Ada", isPortalAdministrator: true);
        people.Memberships.Subscribe(changes.Add);
    }

    public ValueTask DisposeAsync() => people.DisposeAsync();

    [Fact]
    public async Task Its_maker_owns_it()
    {
        (await CreateAsync("Rocket 🚀", "rocket")).Value.ShouldBe("rocket");

        (await people.Teams.ForAccountAsync(administrator.Id, CancellationToken.None))
            .ShouldBe([new TeamSummary("rocket", "Rocket 🚀", TeamRole.Owner)]);
        changes.ShouldHaveSingleItem().AccountId.ShouldBe(administrator.Id);
        (await people.AuditAsync()).ShouldBe(["team.created"]);
    }

    [Fact]
    public async Task Only_portal_administrators_make_teams()
    {
        var somebody = await people.Db.AddAccountAsync("Eve");

        (await CreateAsync("Mine", "mine", somebody)).Code().ShouldBe("not-portal-administrator");
        (await people.Teams.ForAccountAsync(somebody.Id, CancellationToken.None)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "ok", "Name")]
    [InlineData("  ", "ok", "Name")]
    [InlineData("a\nb", "ok", "Name")]
    [InlineData("Team", "", "Slug")]
    [InlineData("Team", "Upper", "Slug")]
    [InlineData("Team", "-dash", "Slug")]
    [InlineData("Team", "two--dashes", "Slug")]
    [InlineData("Team", "../etc", "Slug")]
    [InlineData("Team", "new", "Slug")]
    [InlineData("Team", "settings", "Slug")]
    public async Task Refuses_what_cannot_be_a_name_or_an_address(string name, string slug, string field) =>
        (await CreateAsync(name, slug)).Problem.ShouldBeOfType<Problem.Invalid>().Field.ShouldBe(field);

    [Fact]
    public async Task Refuses_endless_names()
    {
        (await CreateAsync(new string('x', 81), "ok")).Code().ShouldBe("team-invalid");
        (await CreateAsync("Team", new string('x', 41))).Code().ShouldBe("team-invalid");
    }

    [Fact]
    public async Task Of_eight_who_want_one_address_one_gets_it()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => CreateAsync($"Team {i}", "wanted"))));

        results.Count(r => r.IsSuccess).ShouldBe(1);
        results.Where(r => !r.IsSuccess).ShouldAllBe(r => r.Code() == "slug-taken");
    }

    [Theory]
    [InlineData("Rocket Science", 1, "rocket-science")]
    [InlineData("New", 1, "new-team")]
    [InlineData("سفر", 1, "team-team")]
    [InlineData("Rocket", 2, "rocket-2")]
    public void Suggests_an_address_that_can_be_used(string name, int number, string slug)
    {
        TeamRules.SuggestSlug(name, number).ShouldBe(slug);
        new NewTeamValidator().Validate(new NewTeam(name, TeamRules.SuggestSlug(name, number))).IsValid.ShouldBeTrue();
    }

    [Fact]
    public void A_suggestion_is_never_too_long() => TeamRules.SuggestSlug(new string('x', 80), 12).ShouldBe(new string('x', 37) + "-12");

    [Fact]
    public async Task A_new_name_leaves_the_address_and_tells_everybody()
    {
        var owner = await people.Db.AddTeamAsync("rocket", administrator);

        (await RenameAsync(owner, "  Moon  ")).IsSuccess.ShouldBeTrue();

        (await people.Teams.ForAccountAsync(administrator.Id, CancellationToken.None)).ShouldBe([new TeamSummary("rocket", "Moon", TeamRole.Owner)]);
        changes.ShouldBe([new MembershipChanged(owner.TeamId, null)]);
        (await RenameAsync(owner, "Moon")).IsSuccess.ShouldBeTrue();
        (await people.AuditAsync()).ShouldBe(["team.renamed"]);
    }

    [Fact]
    public async Task Members_cannot_rename_and_nobody_can_use_a_name_that_is_none()
    {
        var owner = await people.Db.AddTeamAsync("rocket", administrator);

        (await RenameAsync(await people.JoinAsync(owner, TeamRole.Member), "Mine")).Code().ShouldBe("role-too-low");
        (await RenameAsync(await people.JoinAsync(owner, TeamRole.Admin), "Ours")).IsSuccess.ShouldBeTrue();
        (await RenameAsync(owner, "\0")).Code().ShouldBe("name-unsuitable");
    }

    private Task<Result<string>> CreateAsync(string name, string slug, Account? by = null) =>
        new CreateTeam(people.Db, people.Clock, people.Memberships).RunAsync((by ?? administrator).Id, new NewTeam(name, slug), CancellationToken.None);

    private Task<Result> RenameAsync(TeamAccess access, string name) =>
        new RenameTeam(people.Db, people.Clock, people.Memberships).RunAsync(access, name, CancellationToken.None);
}
