using System.Net;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace GitLabPortal.Tests.Connections.Identities;

public sealed class RefreshingTokensTests : IAsyncLifetime
{
    private SignInStage stage = null!;
    private SandboxUser ann = null!;
    private Guid identity;

    public async ValueTask InitializeAsync()
    {
        stage = await SignInStage.StartAsync();
        await stage.OpenToEveryoneAsync();
        ann = stage.GitLab.World.AddUser("ann");
        await stage.SignInAsync(stage.OpenBrowser(), ann);
        identity = (await stage.IdentityAsync(ann))!.Id;
        // Setting out makes the portal look after its application, where tokens are asked for, too: it must not use up a test's fault.
        (await Eventually.ReadAsync(() => stage.ReadAsync(db => db.Set<ServerApplication>().Select(a => a.CheckedAt).SingleAsync()), at => at is not null)).ShouldNotBeNull();
    }

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    private IdentityTokens Tokens => stage.Get<IdentityTokens>();

    private int Refreshes => stage.GitLab.World.Tokens.Count(t => t.Application is not null && t.User == ann) - 1;

    [Fact]
    public async Task A_token_with_time_left_is_used_as_it_is()
    {
        (await Tokens.GetAsync(identity, default)).IsSuccess.ShouldBeTrue();

        Refreshes.ShouldBe(0);
    }

    [Fact]
    public async Task A_hundred_calls_at_once_on_an_expired_token_make_one_refresh()
    {
        await ExpireAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => Tokens.GetAsync(identity, default))));

        Refreshes.ShouldBe(1);
        results.ShouldAllBe(r => r.IsSuccess);
        results.Select(r => r.Value!.AccessToken.Reveal()).Distinct().Count().ShouldBe(1);
        await ShouldWorkAsync(results[0]);
    }

    [Fact]
    public async Task Two_processes_on_one_database_make_one_refresh()
    {
        await using var other = Processes.Open(stage.Portal.DataDirectory);
        await ExpireAsync();
        stage.GitLab.Faults.Answer("/oauth/token", 1, Fault.Delay(TimeSpan.FromMilliseconds(500)));

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() =>
            (i % 2 == 0 ? Tokens : other.GetRequiredService<IdentityTokens>()).GetAsync(identity, default))));

        Refreshes.ShouldBe(1);
        results.ShouldAllBe(r => r.IsSuccess);
        results.Select(r => r.Value!.AccessToken.Reveal()).Distinct().Count().ShouldBe(1);
    }

    /// <summary>Real processes of the operating system, with nothing in common but the data directory.</summary>
    [Fact]
    public async Task Two_processes_of_the_operating_system_make_one_refresh()
    {
        await using var first = await RefreshChild.StartAsync(stage.Portal.DataDirectory, identity);
        await using var second = await RefreshChild.StartAsync(stage.Portal.DataDirectory, identity);
        await ExpireAsync();
        var before = (await stage.IdentityAsync(ann))!.PairVersion;
        stage.GitLab.Requests.Clear();
        // Long enough for both to be at it.
        stage.GitLab.Faults.Answer("/oauth/token", 1, Fault.Delay(TimeSpan.FromSeconds(1)));

        var answers = await Task.WhenAll(first.RefreshAsync(), second.RefreshAsync());

        answers.ShouldBe([$"version {before + 1}", $"version {before + 1}"]);
        stage.GitLab.Requests.All.Count(r => r is { Method: "POST", Path: "/oauth/token", Status: 200 }).ShouldBe(1);
        Refreshes.ShouldBe(1);
        await ShouldWorkAsync(await Tokens.GetAsync(identity, default));
        Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_with_the_same_token()
    {
        await ExpireAsync();
        stage.GitLab.Faults.Answer("/oauth/token", 1, Fault.LostAnswer());

        var result = await Tokens.GetAsync(identity, default);

        await ShouldWorkAsync(result);
        Refreshes.ShouldBe(2);
        // The next one works too: what was saved is the newest pair.
        await ExpireAsync();
        await ShouldWorkAsync(await Tokens.GetAsync(identity, default));
    }

    [Fact]
    public async Task A_server_that_is_down_costs_nothing_but_this_call()
    {
        await ExpireAsync();
        stage.GitLab.Faults.Answer("/oauth/token", Fault.NginxBadGateway());

        (await Tokens.GetAsync(identity, default)).Problem.ShouldBeOfType<Problem.Upstream>();
        stage.GitLab.Faults.Clear();

        await ShouldWorkAsync(await Tokens.GetAsync(identity, default));
    }

    [Fact]
    public async Task A_process_that_died_while_refreshing_does_not_stop_the_others_for_long()
    {
        await ExpireAsync();
        await ChangeAsync(i => (i.RefreshingBy, i.RefreshingUntil) = (Guid.NewGuid(), TimeProvider.System.GetUtcNow().AddSeconds(1)));

        await ShouldWorkAsync(await Tokens.GetAsync(identity, default));
        Refreshes.ShouldBe(1);
    }

    [Fact]
    public async Task The_new_pair_is_saved_before_anybody_uses_it()
    {
        await ExpireAsync();

        var result = await Tokens.GetAsync(identity, default);

        var row = (await stage.IdentityAsync(ann))!;
        stage.Get<TokenPairs>().Open(row)!.AccessToken.Reveal().ShouldBe(result.Value!.AccessToken.Reveal());
        row.ProtectedTokens!.ShouldNotContain(result.Value.AccessToken.Reveal());
        row.RefreshingBy.ShouldBeNull();
    }

    [Fact]
    public async Task A_pair_that_GitLab_took_back_asks_for_a_new_sign_in()
    {
        foreach (var token in stage.GitLab.World.Tokens.Where(t => t.User == ann)) stage.GitLab.World.RevokeOAuth(token);
        await ExpireAsync();

        (await Tokens.GetAsync(identity, default)).Problem.ShouldBe(IdentityTokens.SignInAgain);
        (await Tokens.GetAsync(identity, default)).Problem.ShouldBe(IdentityTokens.SignInAgain);
    }

    [Fact]
    public async Task A_deleted_application_is_noted_and_nobody_is_signed_out_for_it()
    {
        var browser = stage.OpenBrowser();
        await stage.SignInAsync(browser, ann);
        stage.GitLab.World.Delete(stage.Application);
        await ExpireAsync();

        (await stage.Get<CheckIdentity>().RunAsync(identity, default)).Problem!.Code.ShouldBe("oauth-application-unknown");

        (await stage.ReadAsync(db => db.Set<ServerApplication>().Select(a => a.State).SingleAsync())).ShouldBe(ApplicationState.Missing);
        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whom_GitLab_blocks_is_out_with_the_next_check()
    {
        var browser = stage.OpenBrowser();
        await stage.SignInAsync(browser, ann);
        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
        stage.GitLab.World.Block(ann);
        await ChangeAsync(i => i.CheckedAt = DateTimeOffset.UnixEpoch);

        await stage.Get<GitLabPortal.SignIn.SignInWatch>().RunRoundAsync(default);

        (await browser.OpenAsync("/profile")).Location!.ShouldStartWith("/sign-in");
        (await stage.IdentityAsync(ann))!.State.ShouldBe(IdentityState.Blocked);
        (await Tokens.GetAsync(identity, default)).Problem.ShouldBe(IdentityTokens.Blocked);

        stage.GitLab.World.Unblock(ann);
        (await stage.SignInAsync(browser, ann)).Location.ShouldBe("/");
    }

    [Fact]
    public async Task Whom_GitLab_blocks_is_out_after_the_interval_though_nobody_asks()
    {
        stage.GitLab.World.Block(ann);
        await ChangeAsync(i => i.CheckedAt = DateTimeOffset.UnixEpoch);
        var clock = new ManualClock();
        await using var watch = await StartedWork.StartAsync(clock, schedule => ActivatorUtilities.CreateInstance<GitLabPortal.SignIn.SignInWatch>(stage.Portal.Services, schedule));

        // An interval, and more of them should the schedule have set its timer only after the first.
        var state = await Eventually.ReadAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMinutes(10));
                return (await stage.IdentityAsync(ann))!.State;
            },
            s => s == IdentityState.Blocked);

        state.ShouldBe(IdentityState.Blocked);
    }

    [Fact]
    public async Task Whom_GitLab_cannot_be_asked_about_stays()
    {
        var browser = stage.OpenBrowser();
        await stage.SignInAsync(browser, ann);
        await stage.GitLab.GoDownAsync();
        await ChangeAsync(i => i.CheckedAt = DateTimeOffset.UnixEpoch);

        await stage.Get<GitLabPortal.SignIn.SignInWatch>().RunRoundAsync(default);

        (await browser.OpenAsync("/profile")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task ShouldWorkAsync(Result<PersonToken> result)
    {
        result.IsSuccess.ShouldBeTrue(result.Problem?.Message);
        var user = await stage.Get<GitLabClients>().ForPerson(result.Value!.BaseUrl, result.Value.AccessToken, result.Value.Path).Users.GetCurrentAsync(default);
        user.Username.ShouldBe("ann");
    }

    private Task ExpireAsync() => ChangeAsync(i => i.AccessExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(-1));

    private async Task ChangeAsync(Action<GitLabIdentity> change)
    {
        await using var db = await stage.Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        change(await db.Set<GitLabIdentity>().SingleAsync(i => i.Id == identity));
        await db.SaveChangesAsync();
    }
}
