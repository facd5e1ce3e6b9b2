using System.Security.Claims;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Teams;

public sealed class TeamAuthorizerTests : IAsyncLifetime
{
    private PeopleDb people = null!;
    private TeamAccess owner = null!;

    public async ValueTask InitializeAsync()
    {
        people = await PeopleDb.CreateAsync();
        owner = await people.Db.AddTeamAsync("rocket", await people.Db.AddAccountAsync("Ada"));
    }

    public ValueTask DisposeAsync() => people.DisposeAsync();

    [Theory]
    [InlineData(TeamRole.Member, TeamRole.Member, true)]
    [InlineData(TeamRole.Member, TeamRole.Admin, false)]
    [InlineData(TeamRole.Member, TeamRole.Owner, false)]
    [InlineData(TeamRole.Admin, TeamRole.Member, true)]
    [InlineData(TeamRole.Admin, TeamRole.Admin, true)]
    [InlineData(TeamRole.Admin, TeamRole.Owner, false)]
    [InlineData(TeamRole.Owner, TeamRole.Member, true)]
    [InlineData(TeamRole.Owner, TeamRole.Admin, true)]
    [InlineData(TeamRole.Owner, TeamRole.Owner, true)]
    public async Task A_role_includes_the_ones_below_it(TeamRole has, TeamRole needs, bool isAllowed)
    {
        var person = has == TeamRole.Owner ? owner : await people.JoinAsync(owner, has);

        var access = await AskAsync(person.AccountId, "rocket", needs);

        access.IsSuccess.ShouldBe(isAllowed);
        if (isAllowed) access.Value!.Role.ShouldBe(has);
        else access.Problem.ShouldBeOfType<Problem.Forbidden>();
    }

    [Fact]
    public async Task A_team_one_is_not_in_and_a_team_there_is_not_look_alike()
    {
        var stranger = await people.Db.AddAccountAsync("Eve");

        var hidden = await AskAsync(stranger.Id, "rocket", TeamRole.Member);
        var missing = await AskAsync(stranger.Id, "nowhere", TeamRole.Member);

        hidden.Problem.ShouldBeOfType<Problem.NotFound>();
        missing.Problem.ShouldBe(hidden.Problem);
    }

    [Fact]
    public async Task Portal_administrators_are_not_in_every_team()
    {
        var administrator = await people.Db.AddAccountAsync("Root", isPortalAdministrator: true);

        (await AskAsync(administrator.Id, "rocket", TeamRole.Member)).Code().ShouldBe("team-not-found");
    }

    [Fact]
    public async Task Somebody_who_is_not_signed_in_is_in_no_team()
    {
        var nobody = new ClaimsPrincipal(new ClaimsIdentity());
        var nonsense = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "x' OR 1=1 --")]));

        (await people.Authorizer.AuthorizeAsync(nobody, "rocket", TeamRole.Member, CancellationToken.None)).Code().ShouldBe("team-not-found");
        (await people.Authorizer.AuthorizeAsync(nonsense, "rocket", TeamRole.Member, CancellationToken.None)).Code().ShouldBe("team-not-found");
    }

    private Task<Result<TeamAccess>> AskAsync(Guid accountId, string slug, TeamRole needs) => people.Authorizer.AuthorizeAsync(
        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, accountId.ToString())], "test")), slug, needs, CancellationToken.None);
}
