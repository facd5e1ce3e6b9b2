using GitLabPortal.GitLab;
using GitLabPortal.Tests.Sandbox;
using GitLabPortal.Tests.Security;

namespace GitLabPortal.Tests.GitLab;

internal static class GitLabClients
{
    /// <summary>A client of the sandbox through the outbound guard, without retries unless asked for.</summary>
    public static GitLabClient ClientOf(this TestOutbound outbound, GitLabSandbox gitlab, string? token, GitLabRetry? retry = null, TimeProvider? time = null) =>
        new(outbound.Http.Shared(allowsPlainHttp: true), gitlab.Url, token, time ?? TimeProvider.System, retry ?? GitLabRetry.None);

    public static (GitLabSandbox, SandboxToken) WithToken(this GitLabSandbox gitlab, params string[] scopes)
    {
        var bot = gitlab.World.AddUser("portal-bot");
        gitlab.World.AddMemberOfEveryGroup(bot);
        return (gitlab, gitlab.World.AddToken(bot, scopes: scopes.Length == 0 ? ["api"] : scopes));
    }
}

/// <summary>A clock whose waits end at once and are remembered.</summary>
internal sealed class HurriedTime : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<TimeSpan> waits = [];

    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (gate) return [.. waits];
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            lock (gate) waits.Add(dueTime);
            dueTime = TimeSpan.Zero;
        }

        return base.CreateTimer(callback, state, dueTime, period);
    }
}
