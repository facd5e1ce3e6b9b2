using System.Collections.Concurrent;
using System.Threading.Channels;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>
/// Asks GitLab from time to time whether the people who sign in with it are still welcome there, and whether it still knows the portal's
/// applications. Of an application also when somebody set out: GitLab never tells the portal that it showed an error.
/// </summary>
public sealed partial class SignInWatch(
    IDbContextFactory<PortalDb> contexts, CheckIdentity checkIdentity, CheckApplication checkApplication, IOptions<SignInOptions> options, TimeProvider time,
    ILogger<SignInWatch> logger) : BackgroundService
{
    private const int AtOnce = 4;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(20);

    private readonly Channel<Guid> asked = Channel.CreateBounded<Guid>(new BoundedChannelOptions(50) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> lastAsked = new();

    /// <summary>Looks after the server's application soon, at most three times a minute however often visitors set out.</summary>
    public void LookAfter(Guid serverId)
    {
        var now = time.GetUtcNow();
        if (lastAsked.TryGetValue(serverId, out var last) && now - last < Rest) return;
        lastAsked[serverId] = now;
        asked.Writer.TryWrite(serverId);
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

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(KeepRoundsAsync(stoppingToken), AnswerAsync(stoppingToken));

    private async Task KeepRoundsAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.Value.CheckInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken)) await TryAsync(RunRoundAsync, cancellationToken);
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        await foreach (var server in asked.Reader.ReadAllAsync(cancellationToken)) await TryAsync(ct => LookAsync(server, ct), cancellationToken);
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

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The next round tries again; without this one bad row would end all checks.
            LogFailed(e);
        }
    }

    [LoggerMessage(LogLevel.Error, "A check of GitLab sign-ins failed; the next one comes in time")]
    private partial void LogFailed(Exception exception);
}
