using System.Collections.Concurrent;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Scheduling;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>
/// Asks GitLab from time to time whether the people who sign in with it are still welcome there, and whether it still knows the portal's
/// applications. Of an application also when somebody set out: GitLab never tells the portal that it showed an error.
/// </summary>
public sealed class SignInWatch(
    IDbContextFactory<PortalDb> contexts, CheckIdentity checkIdentity, CheckApplication checkApplication, Schedule schedule, IOptions<SignInOptions> options,
    TimeProvider time) : IHostedService
{
    private const int AtOnce = 4;
    private const string Asked = "checking applications where somebody set out";
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<Guid, bool> asked = new();
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> lastAsked = new();

    /// <summary>Looks after the server's application soon, at most three times a minute however often visitors set out.</summary>
    public void LookAfter(Guid serverId)
    {
        var now = time.GetUtcNow();
        if (lastAsked.TryGetValue(serverId, out var last) && now - last < Rest) return;
        lastAsked[serverId] = now;
        asked[serverId] = true;
        schedule.Hurry(Asked);
    }

    /// <summary>Everybody and everything whose last check is an interval ago.</summary>
    public async Task RunRoundAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - (options.Value.CheckInterval * 0.9);
        List<Guid> identities, applications;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            identities = await db.Set<GitLabIdentity>().Where(i => i.State == IdentityState.Active && i.CheckedAt < before).Select(i => i.Id).ToListAsync(cancellationToken);
            applications = await db.Set<ServerApplication>().Where(a => a.State != ApplicationState.Old && (a.CheckedAt == null || a.CheckedAt < before)).Select(a => a.Id).ToListAsync(cancellationToken);
        }

        foreach (var application in applications) await checkApplication.RunAsync(application, cancellationToken);
        await Parallel.ForEachAsync(
            identities,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (identity, ct) => await checkIdentity.RunAsync(identity, ct));
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var interval = options.Value.CheckInterval;
        await schedule.AddAsync("checking sign-ins", RunRoundAsync, interval, interval, cancellationToken);
        await schedule.AddAsync(Asked, AnswerAsync, every: null, TimeSpan.Zero, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        foreach (var server in asked.Keys)
        {
            asked.TryRemove(server, out _);
            await LookAsync(server, cancellationToken);
        }
    }

    private async Task LookAsync(Guid serverId, CancellationToken cancellationToken)
    {
        List<Guid> applications;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            applications = await db.Set<ServerApplication>().Where(a => a.ServerId == serverId && a.State != ApplicationState.Old).Select(a => a.Id).ToListAsync(cancellationToken);
        }

        foreach (var application in applications) await checkApplication.RunAsync(application, cancellationToken);
    }
}
