using GitLabPortal.Connections;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

public sealed class CaringForAConnectionTests
{
    [Fact]
    public async Task A_new_token_takes_the_place_of_the_old_one_and_nothing_else_changes()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var id = await stage.ConnectAsync(name: "Main");
        var fresh = stage.NewToken();

        var result = await stage.Get<ReplaceToken>().RunAsync(stage.Owner, id, $"  {fresh.Secret}\n", null, default);

        result.IsSuccess.ShouldBeTrue(result.Problem?.Message);
        var connection = await stage.ReadAsync(db => db.Set<Connection>().SingleAsync());
        connection.Name.ShouldBe("Main");
        connection.TokenId.ShouldBe(fresh.Id);
        stage.Get<SecretProtector>().Reveal(connection.ProtectedToken, ConnectionTokens.Row(id))!.Reveal().ShouldBe(fresh.Secret);
    }

    [Fact]
    public async Task A_new_token_that_cannot_do_the_job_is_refused_and_the_old_one_stays()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var first = stage.NewToken();
        var id = await stage.ConnectAsync(first);

        var result = await stage.Get<ReplaceToken>().RunAsync(stage.Owner, id, stage.NewToken("read_user").Secret, null, default);

        result.Problem.ShouldBeOfType<Problem.Refused>().Findings.ShouldContain(f => f.Status == FindingStatus.Failed);
        var connection = await stage.ReadAsync(db => db.Set<Connection>().SingleAsync());
        stage.Get<SecretProtector>().Reveal(connection.ProtectedToken, ConnectionTokens.Row(id))!.Reveal().ShouldBe(first.Secret);
    }

    [Fact]
    public async Task A_check_notices_that_the_token_was_revoked_on_GitLab()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var token = stage.NewToken();
        var id = await stage.ConnectAsync(token);
        stage.GitLab.World.Revoke(token);

        var result = await stage.Get<CheckConnection>().RunAsync(stage.Owner, id, null, default);

        result.Value!.ShouldContain(f => f.Status == FindingStatus.Failed);
        var connection = await stage.ReadAsync(db => db.Set<Connection>().SingleAsync());
        connection.Status.ShouldBe(ConnectionStatus.TokenRefused);
        connection.StatusText.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_check_with_a_lost_key_says_what_to_enter_again()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var id = await stage.ConnectAsync();
        await stage.ReadAsync(db => db.Set<Connection>().ExecuteUpdateAsync(s => s.SetProperty(c => c.ProtectedToken, "AAAA")));

        var result = await stage.Get<CheckConnection>().RunAsync(stage.Owner, id, null, default);

        result.Value!.Single().Code.ShouldBe("token-lost");
        (await stage.ReadAsync(db => db.Set<Connection>().SingleAsync())).Status.ShouldBe(ConnectionStatus.TokenLost);
    }

    [Fact]
    public async Task A_check_picks_up_an_upgraded_GitLab_and_clears_an_old_trouble()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var id = await stage.ConnectAsync();
        await stage.ReadAsync(db => db.Set<Connection>().ExecuteUpdateAsync(s => s.SetProperty(c => c.Status, ConnectionStatus.Unreachable).SetProperty(c => c.StatusText, "x")));
        await stage.ReadAsync(db => db.Set<Server>().ExecuteUpdateAsync(s => s.SetProperty(x => x.Version, "17.0.0")));

        (await stage.Get<CheckConnection>().RunAsync(stage.Owner, id, null, default)).IsSuccess.ShouldBeTrue();

        var connection = await stage.ReadAsync(db => db.Set<Connection>().Include(c => c.Server).SingleAsync());
        connection.Status.ShouldBe(ConnectionStatus.Working);
        connection.StatusText.ShouldBeNull();
        connection.Server!.Version.ShouldBe("18.9.0-ee");
    }

    [Theory]
    [InlineData("", "name-missing")]
    [InlineData("  ", "name-missing")]
    [InlineData("a\u0007b", "name-control")]
    public async Task A_name_that_cannot_be_shown_is_refused(string name, string code)
    {
        await using var stage = await ConnectionStage.StartAsync();
        var id = await stage.ConnectAsync(name: "Main");

        (await stage.Get<RenameConnection>().RunAsync(stage.Owner, id, name, default)).Problem!.Code.ShouldBe(code);
        (await stage.Get<RenameConnection>().RunAsync(stage.Owner, id, new string('x', 10_000), default)).Problem!.Code.ShouldBe("name-too-long");
        (await stage.ReadAsync(db => db.Set<Connection>().SingleAsync())).Name.ShouldBe("Main");
    }

    [Fact]
    public async Task A_name_in_any_script_is_taken_but_not_twice()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var first = await stage.ConnectAsync(name: "Main");
        await stage.ConnectAsync(name: "Другой 🚀");

        (await stage.Get<RenameConnection>().RunAsync(stage.Owner, first, "Другой 🚀", default)).Problem.ShouldBeOfType<Problem.Conflict>();
        (await stage.Get<RenameConnection>().RunAsync(stage.Owner, first, "مستودع", default)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task Another_team_can_neither_see_nor_touch_it()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var id = await stage.ConnectAsync();
        var stranger = await stage.Database.AddTeamAsync("beta", await stage.Database.AddAccountAsync("Eve"));

        (await stage.Get<ConnectionQueries>().ForTeamAsync(stranger, default)).ShouldBeEmpty();
        (await stage.Get<RemoveConnection>().RunAsync(stranger, id, default)).Problem.ShouldBeOfType<Problem.NotFound>();
        (await stage.Get<RenameConnection>().RunAsync(stranger, id, "mine", default)).Problem.ShouldBeOfType<Problem.NotFound>();
        (await stage.Get<CheckConnection>().RunAsync(stranger, id, null, default)).Problem.ShouldBeOfType<Problem.NotFound>();
        (await stage.Get<ReplaceToken>().RunAsync(stranger, id, stage.NewToken().Secret, null, default)).Problem.ShouldBeOfType<Problem.NotFound>();
        (await stage.CountAsync<Connection>()).ShouldBe(1);
    }

    [Fact]
    public async Task Removing_it_forgets_the_token_and_says_so_in_the_audit()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var id = await stage.ConnectAsync(name: "Main");

        (await stage.Get<RemoveConnection>().RunAsync(stage.Owner, id, default)).IsSuccess.ShouldBeTrue();

        (await stage.CountAsync<Connection>()).ShouldBe(0);
        (await stage.CountAsync<Server>()).ShouldBe(1);
        (await stage.ReadAsync(db => db.Set<GitLabPortal.Data.AuditEvent>().OrderBy(e => e.Id).LastAsync())).Action.ShouldBe("connection.removed");
        (await stage.Get<RemoveConnection>().RunAsync(stage.Owner, id, default)).Problem.ShouldBeOfType<Problem.NotFound>();
    }
}
