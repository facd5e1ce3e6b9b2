using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections;

public sealed class ConnectingAServerTests
{
    private static readonly Action Ignore = () => { };

    [Fact]
    public async Task Saves_the_connection_with_what_the_checks_found_and_an_audit_event()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var token = stage.NewToken();

        var id = await stage.ConnectAsync(token);

        var connection = await stage.ReadAsync(db => db.Set<Connection>().Include(c => c.Server).SingleAsync());
        connection.Id.ShouldBe(id);
        connection.Server!.BaseUrl.ShouldBe(stage.BaseUrl);
        connection.Server.Version.ShouldBe("18.9.0-ee");
        connection.TokenId.ShouldBe(token.Id);
        connection.TokenUsername.ShouldBe("portal-bot");
        connection.TokenScopes.ShouldBe("api read_user read_repository");
        connection.Status.ShouldBe(ConnectionStatus.Working);
        var audit = await stage.ReadAsync(db => db.Set<AuditEvent>().SingleAsync());
        audit.Action.ShouldBe("connection.created");
        audit.ActorName.ShouldBe("Ada");
    }

    [Fact]
    public async Task Keeps_the_token_encrypted_and_nowhere_else_in_the_database()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var token = stage.NewToken();

        await stage.ConnectAsync(token);

        await stage.ReadAsync(async db => await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)"));
        var bytes = await File.ReadAllBytesAsync(stage.Database.File);
        System.Text.Encoding.Latin1.GetString(bytes).ShouldNotContain(token.Secret);
        System.Text.Encoding.Latin1.GetString(bytes).ShouldContain("portal-bot");
    }

    [Fact]
    public async Task Asks_before_a_token_travels_over_plain_http()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var wizard = stage.NewWizard();
        wizard.Url = stage.BaseUrl;

        (await wizard.CheckServerAsync(stage.Owner, Ignore, default)).ShouldBeFalse();

        wizard.ServerFindings.ShouldContain(f => f.Code == ConnectionStage.PlainHttpNeedsTick);
        wizard.NeedsPlainHttpConsent.ShouldBeTrue();
        (await wizard.CheckTokenAsync(stage.NewToken().Secret, Ignore, default)).ShouldBeFalse();
        stage.GitLab.Requests.Count(r => r.TokenId is not null).ShouldBe(0);
    }

    [Theory]
    [InlineData("read_user")]
    [InlineData("read_repository")]
    [InlineData("self_rotate")]
    public async Task Refuses_a_token_that_cannot_list_repositories_and_stores_nothing(string scope)
    {
        await using var stage = await ConnectionStage.StartAsync();
        var wizard = await AtTheTokenAsync(stage);

        (await wizard.CheckTokenAsync(stage.NewToken(scope).Secret, Ignore, default)).ShouldBeFalse();

        wizard.TokenFindings.ShouldContain(f => f.Status == FindingStatus.Failed && f.Fix.Length > 0);
        (await wizard.ConnectAsync(stage.Owner, default)).Problem!.Code.ShouldBe("token-missing");
        (await stage.CountAsync<Connection>()).ShouldBe(0);
        (await stage.CountAsync<AuditEvent>()).ShouldBe(0);
    }

    [Fact]
    public async Task Tells_an_expired_a_revoked_and_an_unknown_token_apart()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var expired = stage.GitLab.World.AddToken(stage.Bot, ["api"], expiresInDays: 0);
        var revoked = stage.NewToken();
        stage.GitLab.World.Revoke(revoked);
        var wizard = await AtTheTokenAsync(stage);

        var codes = new List<string>();
        foreach (var text in new[] { expired.Secret, revoked.Secret, "glpat-aaaaaaaaaaaaaaaaaaaa" })
        {
            (await wizard.CheckTokenAsync(text, Ignore, default)).ShouldBeFalse();
            codes.Add(wizard.TokenFindings.First(f => f.Status == FindingStatus.Failed).Code);
        }

        codes.Distinct(StringComparer.Ordinal).Count().ShouldBe(3, string.Join(", ", codes));
    }

    [Fact]
    public async Task Warns_before_the_same_server_is_connected_a_second_time_and_then_allows_it()
    {
        await using var stage = await ConnectionStage.StartAsync();
        await stage.ConnectAsync();
        var wizard = stage.NewWizard();
        (wizard.Url, wizard.AllowPlainHttp) = (stage.BaseUrl, true);

        (await wizard.CheckServerAsync(stage.Owner, Ignore, default)).ShouldBeFalse();
        wizard.ServerFindings.ShouldContain(f => f.Code == "already-connected");
        (await wizard.CheckServerAsync(stage.Owner, Ignore, default)).ShouldBeTrue();
        await wizard.CheckTokenAsync(stage.NewToken().Secret, Ignore, default);
        (await wizard.ConnectAsync(stage.Owner, default)).IsSuccess.ShouldBeTrue();

        (await stage.ReadAsync(db => db.Set<Connection>().Select(c => c.Name).OrderBy(n => n).ToListAsync())).ShouldBe(["127.0.0.1", "127.0.0.1 2"]);
        (await stage.CountAsync<Server>()).ShouldBe(1);
    }

    [Fact]
    public async Task Two_tabs_that_connect_the_same_token_at_once_make_one_connection()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var token = stage.NewToken();
        var wizards = new List<ConnectWizard>();
        for (var i = 0; i < 4; i++)
        {
            var wizard = await AtTheTokenAsync(stage);
            (await wizard.CheckTokenAsync(token.Secret, Ignore, default)).ShouldBeTrue();
            wizards.Add(wizard);
        }

        var results = await Task.WhenAll(wizards.Select(w => Task.Run(() => w.ConnectAsync(stage.Owner, default))));

        results.Count(r => r.IsSuccess).ShouldBe(1);
        results.Where(r => !r.IsSuccess).ShouldAllBe(r => r.Problem is Problem.Conflict);
        (await stage.CountAsync<Connection>()).ShouldBe(1);
        (await stage.CountAsync<AuditEvent>()).ShouldBe(1);
    }

    [Fact]
    public async Task Refuses_somebody_who_was_demoted_while_the_wizard_was_open()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var team = await stage.ReadAsync(db => db.Set<Team>().SingleAsync());
        var admin = await stage.Database.AddMemberAsync(team, await stage.Database.AddAccountAsync("Bea"), TeamRole.Admin);
        var wizard = await AtTheTokenAsync(stage, admin);
        await wizard.CheckTokenAsync(stage.NewToken().Secret, Ignore, default);
        await stage.ReadAsync(db => db.Set<TeamMember>().Where(m => m.AccountId == admin.AccountId).ExecuteUpdateAsync(s => s.SetProperty(m => m.Role, TeamRole.Member)));

        var result = await wizard.ConnectAsync(admin, default);

        result.Problem.ShouldBeOfType<Problem.Forbidden>();
        (await stage.CountAsync<Connection>()).ShouldBe(0);
    }

    [Fact]
    public async Task Restricts_to_groups_that_the_token_sees()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var wizard = await AtTheTokenAsync(stage);
        await wizard.CheckTokenAsync(stage.NewToken().Secret, Ignore, default);
        wizard.Coverage = ConnectionCoverage.Groups;

        (await wizard.ConnectAsync(stage.Owner, default)).Problem!.Code.ShouldBe("no-group");
        var groups = (await wizard.FindGroupsAsync(null, default)).Value!;
        groups.ShouldNotBeEmpty();
        wizard.Groups.Add(new ChosenGroup(groups[0].Id, groups[0].FullPath));
        (await wizard.ConnectAsync(stage.Owner, default)).IsSuccess.ShouldBeTrue();

        (await stage.ReadAsync(db => db.Set<ConnectionGroup>().SingleAsync())).GitLabGroupId.ShouldBe(groups[0].Id);
    }

    [Theory]
    [InlineData("13.12.0")]
    [InlineData("15.4.0")]
    [InlineData("16.6.0")]
    [InlineData("16.11.0")]
    [InlineData("17.11.0")]
    [InlineData("19.3.0")]
    public async Task Connects_every_supported_version(string version)
    {
        await using var stage = await ConnectionStage.StartAsync(GitLabSandbox.Version(version).WithProjects(10));

        await stage.ConnectAsync();

        (await stage.ReadAsync(db => db.Set<Server>().SingleAsync())).Version.ShouldBe(version);
    }

    [Fact]
    public async Task Connects_a_server_below_a_relative_root_from_a_pasted_deep_link()
    {
        await using var stage = await ConnectionStage.StartAsync(GitLabSandbox.WithProjects(10).WithRelativeRoot("/tools/gitlab"));
        var wizard = stage.NewWizard();
        (wizard.Url, wizard.AllowPlainHttp) = ($" {stage.BaseUrl}/-/user_settings/personal_access_tokens?page=1#x ", true);

        (await wizard.CheckServerAsync(stage.Owner, Ignore, default)).ShouldBeTrue();

        wizard.Url.ShouldBe(stage.BaseUrl);
    }

    [Fact]
    public async Task Drops_user_and_password_of_a_pasted_address_at_once()
    {
        await using var stage = await ConnectionStage.StartAsync();
        var wizard = stage.NewWizard();
        wizard.Url = stage.BaseUrl.Replace("://", "://ada:hunter2@", StringComparison.Ordinal);

        await wizard.CheckServerAsync(stage.Owner, Ignore, default);

        wizard.Url.ShouldBe(stage.BaseUrl);
        wizard.ServerFindings.ShouldAllBe(f => !f.Seen.Contains("hunter2") && !f.Fix.Contains("hunter2"));
    }

    private static async Task<ConnectWizard> AtTheTokenAsync(ConnectionStage stage, TeamAccess? access = null)
    {
        var wizard = stage.NewWizard();
        (wizard.Url, wizard.AllowPlainHttp) = (stage.BaseUrl, true);
        (await wizard.CheckServerAsync(access ?? stage.Owner, Ignore, default)).ShouldBeTrue();
        return wizard;
    }
}
