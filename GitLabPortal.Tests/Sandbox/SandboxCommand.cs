using System.Globalization;
using System.Runtime.InteropServices;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>The sandbox in its own process: <c>dotnet run --project GitLabPortal.Tests -- sandbox --projects 5000</c>.</summary>
public static class SandboxCommand
{
    private const string Usage =
        "sandbox [--port N] [--projects N] [--version V] [--relative-root R] [--external-url URL] [--latency MS] [--workers N] [--limit N] [--admin-mode] [--prepared]";

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var isPrepared = args.Contains("--prepared", StringComparer.Ordinal);
        if (Read([.. args.Where(a => a != "--prepared")]) is not { } builder)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        await using var gitlab = await builder.WithFixedSecrets().StartAsync();
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTermination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

        SandboxToken? admin = null;
        // Scripts wait for this line, then read the ones below.
        await Console.Out.WriteLineAsync($"Sandbox GitLab listening on {gitlab.Url.AbsoluteUri.TrimEnd('/')}");
        foreach (var (kind, token) in SandboxTokenSet.Make(gitlab.World))
        {
            if (isPrepared && kind == SandboxTokenSet.Admin)
                admin = token;
            await Console.Out.WriteLineAsync($"token {kind,-13} {token.Secret}  {string.Join(',', token.Scopes)} (@{token.User.Username})");
        }

        if (admin is not null)
            gitlab.Prepare(admin);
        await Console.Out.WriteLineAsync("Press Ctrl-C to stop.");
        await Console.Out.FlushAsync(CancellationToken.None);

        await Task.Delay(Timeout.InfiniteTimeSpan, interrupted.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Console.Out.WriteLineAsync($"Answered {gitlab.Requests.Count()} requests, {gitlab.Requests.Count(r => r.Status == 429)} of them with 429.");
        foreach (var route in gitlab.Requests.Undeclared)
            await Console.Error.WriteLineAsync($"GitLab has no such route: {route}");
        // By hand, curious requests are no failed test.
        gitlab.ForgetUndeclared();
        return 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            interrupted.Cancel();
        }
    }

    private static GitLabSandboxBuilder? Read(string[] args)
    {
        var builder = new GitLabSandboxBuilder();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--admin-mode")
            {
                builder.WithAdminMode();
                continue;
            }

            if (i + 1 == args.Length || Apply(builder, args[i], args[++i]) is false)
                return null;
        }

        return builder;
    }

    private static bool Apply(GitLabSandboxBuilder builder, string option, string value)
    {
        switch (option)
        {
            case "--version":
                builder.Version(value);
                return true;
            case "--relative-root":
                builder.WithRelativeRoot(value);
                return true;
            case "--external-url":
                builder.WithExternalUrl(value);
                return true;
        }

        if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        switch (option)
        {
            case "--port":
                builder.WithPort(number);
                return true;
            case "--projects":
                builder.WithProjects(number);
                return true;
            case "--workers":
                builder.WithWorkers(number);
                return true;
            case "--limit":
                builder.WithLimit(number);
                return true;
            case "--latency":
                builder.WithLatency(TimeSpan.FromMilliseconds(number));
                return true;
            default:
                return false;
        }
    }
}
