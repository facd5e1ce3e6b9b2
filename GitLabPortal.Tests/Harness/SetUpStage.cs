using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace GitLabPortal.Tests.Harness;

/// <summary>A portal with the team <c>rocket</c> and a GitLab that it does not know yet.</summary>
internal sealed class SetUpStage : IAsyncDisposable
{
    private SetUpStage(PortalApp portal, GitLabSandbox gitLab, TeamAccess access) => (Portal, GitLab, Access) = (portal, gitLab, access);

    public PortalApp Portal { get; }

    public GitLabSandbox GitLab { get; }

    public TeamAccess Access { get; }

    /// <summary>Where GitLab reaches the portal, too.</summary>
    public string PortalAddress => Portal.Address.GetLeftPart(UriPartial.Authority);

    public string BaseUrl => GitLab.Url.AbsoluteUri.TrimEnd('/');

    public SetUpOrder Order => new(new Actor(Access.AccountId, "Ada"), (_, _) => Task.FromResult<Result<TeamAccess>>(Access));

    public static async Task<SetUpStage> StartAsync(GitLabSandboxBuilder? gitLab = null)
    {
        var portal = await PortalApp.StartSetUpAsync("--Outbound:AllowedNetworks:0=127.0.0.0/8");
        return new(portal, await (gitLab ?? GitLabSandbox.WithProjects(20)).StartAsync(), await portal.AccessAsync());
    }

    public SandboxToken NewAdminToken(params string[] scopes) => GitLab.World.AddToken(GitLab.World.Root, scopes.Length > 0 ? scopes : ["api", "admin_mode"], expiresInDays: 1);

    public async Task<AdminToken> CheckAsync(SandboxToken? token = null, IServiceProvider? services = null)
    {
        var check = (services ?? Portal.Services).GetRequiredService<CheckAdminToken>();
        var result = await check.RunAsync(BaseUrl, NetworkPath.For(allowsPlainHttp: true), (token ?? NewAdminToken()).Secret, default);
        result.IsSuccess.ShouldBeTrue(result.Problem?.ToString());
        return result.Value;
    }

    /// <summary>Everything: application, bot, one group, token, connection of the team, system hook.</summary>
    public async Task<SetUpPlan> PlanAsync(AdminToken admin)
    {
        var draft = await Get<DraftPlan>().RunAsync(admin, PortalAddress, default);
        var group = GitLab.World.TopLevelGroups[0];
        return draft.Value! with { AsServiceAccount = false, ConnectTeam = Access.Slug, WithHook = true, Groups = [new(group.Id, group.FullPath)] };
    }

    public T Get<T>() where T : notnull => Portal.Services.GetRequiredService<T>();

    public async Task<T> ReadAsync<T>(Func<PortalDb, Task<T>> read)
    {
        await using var db = await Get<IDbContextFactory<PortalDb>>().CreateDbContextAsync();
        return await read(db);
    }

    /// <summary>What GitLab holds, apart from the tokens of its administrator.</summary>
    public string State() => string.Join('\n',
    [
        .. GitLab.World.Users.Select(u => $"user {u.Id} {u.Username} in {string.Join(',', u.GroupLevels.Select(g => $"{g.Key}:{g.Value}").Order())}"),
        .. GitLab.World.Applications.Select(a => $"application {a.Id} {a.Name}"),
        .. GitLab.World.Hooks.Select(h => $"hook {h.Id} {h.Url}"),
        .. GitLab.World.Tokens.Where(t => t.User != GitLab.World.Root && t.IsActiveAt(TimeProvider.System.GetUtcNow())).Select(t => $"token {t.Id} of {t.User.Username}"),
    ]);

    /// <summary>One of each, and all of it works.</summary>
    public async Task ShouldBeCompleteAsync(SetUpPlan plan)
    {
        var application = GitLab.World.Applications.ShouldHaveSingleItem();
        application.RedirectUris.ShouldBe([plan.RedirectUri]);
        application.Scopes.ShouldBe(SetUpPlan.ApplicationScopes);
        application.IsConfidential.ShouldBeTrue();
        var bot = GitLab.World.Users.Where(u => u.Username.StartsWith("gitlabportal-bot", StringComparison.Ordinal)).ShouldHaveSingleItem();
        bot.GroupLevels.ShouldHaveSingleItem().Value.ShouldBe(SetUpPlan.ReporterLevel);
        var token = GitLab.World.Tokens.Where(t => t.User == bot && t.IsActiveAt(TimeProvider.System.GetUtcNow())).ShouldHaveSingleItem();
        token.Scopes.ShouldBe(SetUpPlan.BotScopes);

        var connection = await ReadAsync(db => db.Set<Connection>().SingleAsync());
        (connection.TokenId, connection.TokenUsername, connection.Status).ShouldBe((token.Id, bot.Username, ConnectionStatus.Working));
        var hook = await ReadAsync(db => db.Set<SystemHook>().SingleAsync());
        GitLab.World.Hooks.ShouldHaveSingleItem().Url.ShouldBe($"{PortalAddress}/hooks/gitlab/{hook.Id:N}");
        (hook.GitLabHookId, hook.IsFromSetUp, hook.ConnectionId).ShouldBe((GitLab.World.Hooks[0].Id, true, connection.Id));
        var known = await ReadAsync(db => db.Set<ServerApplication>().Where(a => a.State == ApplicationState.Current).SingleAsync());
        known.ClientId.ShouldBe(application.ClientId);
        (await Get<CheckApplication>().RunAsync(known.Id, default)).Value.ShouldBe(ApplicationState.Current);
        var setUp = await ReadAsync(db => db.Set<ServerSetUp>().Include(s => s.Receipts).SingleAsync());
        setUp.State.ShouldBe(SetUpState.Done);
        setUp.ProtectedBotToken.ShouldBeNull();
        setUp.Receipts.ShouldAllBe(r => r.State == ReceiptState.Done);
    }

    /// <summary>Nothing of it is left in the portal.</summary>
    public async Task ShouldBeGoneAsync()
    {
        (await ReadAsync(db => db.Set<Connection>().CountAsync())).ShouldBe(0);
        (await ReadAsync(db => db.Set<ServerApplication>().CountAsync())).ShouldBe(0);
        (await ReadAsync(db => db.Set<SystemHook>().CountAsync())).ShouldBe(0);
        (await ReadAsync(db => db.Set<Server>().CountAsync())).ShouldBe(0);
    }

    public async ValueTask DisposeAsync()
    {
        await Portal.DisposeAsync();
        await GitLab.DisposeAsync();
    }
}
