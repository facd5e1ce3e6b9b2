using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>A sandbox GitLab in a process of its own, so that its work is not mistaken for the portal's.</summary>
internal sealed partial class SandboxProcess : IAsyncDisposable
{
    private readonly Process process;
    private int warmUps;

    private SandboxProcess(Process process, string address) => (this.process, Address) = (process, address);

    public string Address { get; }

    /// <param name="options">As the command <c>sandbox</c> takes them.</param>
    public static async Task<SandboxProcess> StartAsync(params string[] options)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["sandbox", .. options]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        // It lives for seconds: compiling its code a second time would only take the cores from what is measured.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        var started = Process.Start(start)!;
        var line = await started.StandardOutput.ReadLineAsync() ?? "";
        if (AddressPattern().Match(line) is not { Success: true } match)
            throw new InvalidOperationException($"The sandbox did not start: {line} {await started.StandardError.ReadToEndAsync()}");
        while (await started.StandardOutput.ReadLineAsync() is { } next && !next.StartsWith("Press", StringComparison.Ordinal))
        {
            // The tokens; their secrets are known.
        }

        return new SandboxProcess(started, match.Value);
    }

    /// <summary>The processor time that it took so far.</summary>
    public TimeSpan Work
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Lets it compile what listing projects takes, for an account whose requests are counted apart.</summary>
    public async Task WarmUpAsync(string secret, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("PRIVATE-TOKEN", secret);
        foreach (var paging in (string[])["order_by=id&sort=asc", "order_by=id&sort=desc", "pagination=keyset&order_by=id&sort=asc&id_after=1"])
        {
            await http.GetByteArrayAsync(new Uri($"{Address}/api/v4/projects?{paging}&per_page=100"), cancellationToken);
            warmUps++;
        }
    }

    /// <summary>Ends it; says how many requests it answered since it was warm, and how many of them it refused for their number.</summary>
    public async Task<(int Requests, int Refused)> StopAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        var rest = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        var match = CountPattern().Match(rest);
        return (int.Parse(match.Groups["all"].Value, CultureInfo.InvariantCulture) - warmUps, int.Parse(match.Groups["refused"].Value, CultureInfo.InvariantCulture));
    }

    public ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
        return ValueTask.CompletedTask;
    }

    [GeneratedRegex(@"http://\S+", RegexOptions.NonBacktracking)]
    private static partial Regex AddressPattern();

    [GeneratedRegex(@"Answered (?<all>\d+) requests, (?<refused>\d+) of them", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CountPattern();
}
