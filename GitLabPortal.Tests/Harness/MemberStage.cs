using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.SignIn;
using GitLabPortal.Teams;
using GitLabPortal.Tests.Sandbox;
using Microsoft.EntityFrameworkCore;
using Shouldly;

namespace GitLabPortal.Tests.Harness;

/// <summary>A running portal whose team <c>rocket</c> has one connection, by an administrator's token, through which each member sees their own.</summary>
internal sealed class MemberStage : IAsyncDisposable
{
    private MemberStage(SignInStage signIn) => SignIn = signIn;

    public SignInStage SignIn { get; }

    public Guid Connection { get; private set; }

    public TeamAccess Admin { get; private set; } = null!;

    public SandboxWorld World => SignIn.GitLab.World;

    public T Get<T>() where T : notnull => SignIn.Get<T>();

    /// <param name="fill">Makes what is on GitLab before the first reading.</param>
    /// <param name="personal">Whether the admin has chosen that each member sees their own.</param>
    public static async Task<MemberStage> StartAsync(Action<SandboxWorld> fill, string? version = null, bool personal = true, params string[] settings)
    {
        var builder = GitLabSandbox.WithProjects(0);
        var stage = new MemberStage(await SignInStage.StartAsync(version is null ? builder : builder.Version(version), settings));
        fill(stage.World);
        await stage.SignIn.OpenToEveryoneAsync();
        stage.Admin = await stage.SignIn.Portal.AccessAsync();
        var connected = await stage.Get<ConnectWithToken>().RunAsync(
            stage.Admin, new(stage.SignIn.GitLabUrl, NetworkPath.For(allowsPlainHttp: true), null), new(stage.World.AddToken(stage.World.Root, ["api"]).Secret), CancellationToken.None);
        connected.IsSuccess.ShouldBeTrue(connected.Problem?.Message);
        stage.Connection = connected.Value;
        await stage.WhenReadAsync();
        if (personal) await stage.ChooseAsync(VisibilityChoice.Members);
        return stage;
    }

    public async Task ChooseAsync(VisibilityChoice choice, params ChosenGroup[] groups)
    {
        var chosen = await Get<ChooseVisibility>().RunAsync(Admin, Connection, choice, groups, CancellationToken.None);
        chosen.IsSuccess.ShouldBeTrue(chosen.Problem?.Message);
    }

    /// <summary>The catalogue has been read to its end.</summary>
    public async Task WhenReadAsync() =>
        (await Eventually.ReadAsync(() => SignIn.ReadAsync(db => db.Set<SyncRun>().OrderByDescending(r => r.StartedAt).Select(r => (SyncState?)r.State).FirstOrDefaultAsync()), s => s == SyncState.Completed))
            .ShouldBe(SyncState.Completed);

    /// <summary>The person signs in with GitLab and is in the team; what the person may open has been read.</summary>
    public async Task<TeamAccess> EnterAsync(SandboxUser user)
    {
        await SignIn.SignInAsync(SignIn.OpenBrowser(), user);
        await WhenViewedAsync(user);
        return await AccessAsync(user);
    }

    public async Task<TeamAccess> AccessAsync(SandboxUser user)
    {
        var account = (await SignIn.IdentityAsync(user))!.Account!;
        return await SignIn.Portal.AccessAsync(email: account.Email!);
    }

    public Task<MemberView?> ViewAsync(SandboxUser user) => SignIn.ReadAsync(async db =>
        await db.Set<MemberView>().AsNoTracking().SingleOrDefaultAsync(v => v.Identity!.GitLabUserId == user.Id));

    public async Task WhenViewedAsync(SandboxUser user) => (await Eventually.ReadAsync(() => ViewAsync(user), v => v?.CompletedAt is not null))?.CompletedAt.ShouldNotBeNull();

    /// <summary>Reads the person's list again now, waiting for whoever has the server.</summary>
    public async Task<MemberView> ReadAsync(SandboxUser user)
    {
        var identity = (await SignIn.IdentityAsync(user))!.Id;
        var since = TimeProvider.System.GetUtcNow();
        while (true)
        {
            var outcome = await Get<ReadMemberView>().RunAsync(identity, since, CancellationToken.None);
            var view = await ViewAsync(user);
            // When somebody else has the server, the outcome names a time that is not the view's; what that one read may be older than this call.
            if (view is not null && (outcome.RetryAt is null || outcome.RetryAt == view.RetryAt)) return view;
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }
    }

    /// <summary>The paths in the grid.</summary>
    public async Task<string[]> SeesAsync(TeamAccess person, string text = "") =>
        [.. (await Get<RepositoryQueries>().SearchAsync(person, new() { Text = text, Archived = ArchivedFilter.Any }, new(0, 1_000), CancellationToken.None)).Items.Select(r => r.FullPath).Order(StringComparer.Ordinal)];

    public ValueTask DisposeAsync() => SignIn.DisposeAsync();
}
