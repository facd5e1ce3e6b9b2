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

namespace GitLabPortal.Tests.Connections;

/// <summary>A GitLab that was moved to another address, and another GitLab that only pretends.</summary>
public sealed class ChangingAnAddressTests : IAsyncLifetime
{
    private ConnectionStage stage = null!;

    private static CancellationToken None => TestContext.Current.CancellationToken;

    /// <summary>The same server under another name.</summary>
    private string Moved => $"http://localhost:{stage.GitLab.Url.Port}";

    public async ValueTask InitializeAsync() => stage = await ConnectionStage.StartAsync();

    public async ValueTask DisposeAsync() => await stage.DisposeAsync();

    private Task<Result<IReadOnlyList<Finding>>> ChangeAsync(Guid connection, string address, string token, TeamAccess? access = null) =>
        stage.Get<ChangeAddress>().RunAsync(access ?? stage.Owner, connection, new NewAddress(address, AllowsPlainHttp: true, null), token, null, None);

    private async Task<Guid> ConnectWithProjectsAsync(TeamAccess? access = null, string? name = null)
    {
        var connection = await stage.ConnectAsync(access: access, name: name);
        await stage.SyncAsync(connection);
        var ids = await stage.ReadAsync(db => db.Set<RepositorySighting>().Where(s => s.ConnectionId == connection).OrderBy(s => s.RepositoryId).Select(s => s.RepositoryId).Take(3).ToListAsync());
        (await stage.Get<PickRepositories>().RunAsync(access ?? stage.Owner, ids, None)).Value!.Added.ShouldBe(3);
        return connection;
    }

    private Task<Connection> ReadAsync(Guid connection) => stage.ReadAsync(db => db.Set<Connection>().Include(c => c.Server).SingleAsync(c => c.Id == connection));

    private Task<List<(long, Guid)>> ProjectsAsync(Guid team) =>
        stage.ReadAsync(async db => (await db.Set<Project>().Where(p => p.TeamId == team).OrderBy(p => p.GitLabId).ToListAsync()).Select(p => (p.GitLabId, p.ServerId)).ToList());

    private async Task<TeamAccess> OtherTeamAsync() => await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Bob"));

    [Fact]
    public async Task Asks_for_the_token_again_and_keeps_every_repository_and_project()
    {
        var connection = await ConnectWithProjectsAsync();
        var (repositories, projects) = (await stage.ReadAsync(db => db.Set<Repository>().OrderBy(r => r.Id).Select(r => r.Id).ToListAsync()), await ProjectsAsync(stage.Owner.TeamId));
        var checkedAddress = await stage.Get<ChangeAddress>().CheckAsync(stage.Owner, connection, new(Moved + "/users/sign_in", AllowsPlainHttp: true, null), null, None);
        checkedAddress.Value!.Address!.BaseUrl.ShouldBe(Moved);
        stage.GitLab.Requests.Clear();

        (await ChangeAsync(connection, Moved, "")).Problem.ShouldBeOfType<Problem.Invalid>();
        stage.GitLab.Requests.Where(r => r.TokenId is not null).ShouldBeEmpty();
        var changed = await ChangeAsync(connection, Moved, stage.NewToken().Secret);

        changed.IsSuccess.ShouldBeTrue(changed.Problem?.Message);
        (await ReadAsync(connection)).Server!.BaseUrl.ShouldBe(Moved);
        await stage.SyncAsync(connection);
        (await stage.ReadAsync(db => db.Set<Repository>().OrderBy(r => r.Id).Select(r => r.Id).ToListAsync())).ShouldBe(repositories);
        (await ProjectsAsync(stage.Owner.TeamId)).ShouldBe(projects);
        (await stage.CountAsync<Server>()).ShouldBe(1);
        (await stage.ReadAsync(db => db.Set<AuditEvent>().SingleAsync(e => e.Action == "connection.address-changed"))).Subject.ShouldContain(Moved);
        // What is stored is the new token, for the new address.
        (await stage.Get<CheckConnection>().RunAsync(stage.Owner, connection, null, None)).Value!.Where(f => f.Status is FindingStatus.Failed).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_GitLab_is_refused_and_nothing_changes()
    {
        var connection = await ConnectWithProjectsAsync();
        await using var other = await GitLabSandbox.Version("18.9.0-ee").StartAsync();
        var twin = other.World.AddUser("portal-bot");
        while (twin.Id < stage.Bot.Id) twin = other.World.AddUser($"portal-bot-{twin.Id}");
        var group = other.World.AddGroup("elsewhere");
        for (var i = 0; i < 60; i++) other.World.AddProject(group, $"p{i}");
        other.World.AddMember(twin, group);
        twin.Id.ShouldBe(stage.Bot.Id);

        var refused = (await ChangeAsync(connection, other.Url.AbsoluteUri, other.World.AddToken(twin, ["api"], expiresInDays: 90).Secret)).Problem.ShouldBeOfType<Problem.Refused>();

        refused.Code.ShouldBe("server-differs");
        refused.Findings.Single().Seen.ShouldContain("0 have the same number and path");
        (await ReadAsync(connection)).Server!.BaseUrl.ShouldBe(stage.BaseUrl);
        (await stage.Get<CheckConnection>().RunAsync(stage.Owner, connection, null, None)).Value!.Where(f => f.Status is FindingStatus.Failed).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_token_of_somebody_else_is_refused()
    {
        var connection = await ConnectWithProjectsAsync();
        var grace = stage.GitLab.World.AddUser("grace");
        stage.GitLab.World.AddMemberOfEveryGroup(grace);

        var refused = await ChangeAsync(connection, Moved, stage.GitLab.World.AddToken(grace, ["api"], expiresInDays: 90).Secret);

        refused.Problem.ShouldBeOfType<Problem.Refused>().Findings.Single().Seen.ShouldContain("The token belongs to @grace");
        (await ReadAsync(connection)).Server!.BaseUrl.ShouldBe(stage.BaseUrl);
    }

    [Fact]
    public async Task Renames_and_deletions_meanwhile_do_not_make_it_another_server()
    {
        var connection = await ConnectWithProjectsAsync();
        var seen = await stage.ReadAsync(db => db.Set<RepositorySighting>().OrderBy(s => s.RepositoryId).Select(s => s.Repository!.GitLabId).ToListAsync());
        stage.GitLab.World.Rename(stage.GitLab.World.Projects.Single(p => p.Id == seen[0]), "renamed-meanwhile");

        (await ChangeAsync(connection, Moved, stage.NewToken().Secret)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_that_another_team_uses_stays_theirs_and_the_teams_projects_go_along()
    {
        var bob = await OtherTeamAsync();
        var theirs = await ConnectWithProjectsAsync(bob);
        var ours = await ConnectWithProjectsAsync();
        var (before, theirProjects) = (await ProjectsAsync(stage.Owner.TeamId), await ProjectsAsync(bob.TeamId));

        (await ChangeAsync(ours, Moved, stage.NewToken().Secret)).IsSuccess.ShouldBeTrue();
        await stage.SyncAsync(ours);

        var moved = await ReadAsync(ours);
        moved.Server!.BaseUrl.ShouldBe(Moved);
        (await ReadAsync(theirs)).Server!.BaseUrl.ShouldBe(stage.BaseUrl);
        (await ProjectsAsync(bob.TeamId)).ShouldBe(theirProjects);
        (await ProjectsAsync(stage.Owner.TeamId)).ShouldBe([.. before.Select(p => (p.Item1, moved.ServerId))]);
        var page = await stage.ReadAsync(db => db.Set<Project>().CountAsync(p => p.TeamId == stage.Owner.TeamId
            && db.Set<RepositorySighting>().Any(s => s.ConnectionId == ours && s.Repository!.ServerId == p.ServerId && s.Repository.GitLabId == p.GitLabId)));
        page.ShouldBe(3);
        (await stage.ReadAsync(db => db.Set<RepositorySighting>().CountAsync(s => s.ConnectionId == theirs))).ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task Projects_that_another_connection_of_the_team_sees_at_the_old_address_stay_there()
    {
        var first = await ConnectWithProjectsAsync();
        var second = await stage.ConnectAsync(name: "Second");
        await stage.SyncAsync(second);
        var before = await ProjectsAsync(stage.Owner.TeamId);

        (await ChangeAsync(first, Moved, stage.NewToken().Secret)).IsSuccess.ShouldBeTrue();
        (await ProjectsAsync(stage.Owner.TeamId)).ShouldBe(before);
        (await ChangeAsync(second, Moved, stage.NewToken().Secret)).IsSuccess.ShouldBeTrue();

        var server = (await ReadAsync(first)).ServerId;
        (await ReadAsync(second)).ServerId.ShouldBe(server);
        (await ProjectsAsync(stage.Owner.TeamId)).ShouldBe([.. before.Select(p => (p.Item1, server))]);
    }

    [Fact]
    public async Task A_teams_greyed_projects_are_reason_enough_to_leave_the_row_alone()
    {
        var bob = await OtherTeamAsync();
        var theirs = await ConnectWithProjectsAsync(bob);
        var ours = await stage.ConnectAsync();
        (await stage.Get<RemoveConnection>().RunAsync(bob, theirs, None)).IsSuccess.ShouldBeTrue();
        var greyed = await ProjectsAsync(bob.TeamId);

        (await ChangeAsync(ours, Moved, stage.NewToken().Secret)).IsSuccess.ShouldBeTrue();

        (await ProjectsAsync(bob.TeamId)).ShouldBe(greyed);
        (await stage.ReadAsync(db => db.Set<Server>().OrderBy(s => s.BaseUrl).Select(s => s.BaseUrl).ToListAsync())).ShouldBe(((string[])[stage.BaseUrl, Moved]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("our server", "address-invalid")]
    [InlineData("glpat-abcdefghij0123456789", "url-is-token")]
    [InlineData("http://localhost:1", "address-refused")]
    public async Task Says_what_is_wrong_with_the_address_before_it_asks_for_a_token(string address, string code)
    {
        var connection = await stage.ConnectAsync();

        var refused = (await stage.Get<ChangeAddress>().CheckAsync(stage.Owner, connection, new NewAddress(address, AllowsPlainHttp: true, null), null, None)).Problem!;

        refused.Code.ShouldBe(code);
        refused.Message.ShouldNotContain("abcdefghij");
        (await stage.Get<ChangeAddress>().CheckAsync(stage.Owner, connection, new NewAddress(stage.BaseUrl, AllowsPlainHttp: true, null), null, None)).Problem!.Code.ShouldBe("address-same");
    }

    [Fact]
    public async Task Members_cannot_change_it()
    {
        var connection = await stage.ConnectAsync();
        var team = await stage.ReadAsync(db => db.Set<Team>().SingleAsync());
        var member = await stage.Database.AddMemberAsync(team, await stage.Database.AddAccountAsync("Mia"), TeamRole.Member);

        (await ChangeAsync(connection, Moved, stage.NewToken().Secret, member)).Problem.ShouldBeOfType<Problem.Forbidden>();
        (await ReadAsync(connection)).Server!.BaseUrl.ShouldBe(stage.BaseUrl);
    }
}
