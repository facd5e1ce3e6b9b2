using System.Diagnostics;
using GitLabPortal.Tests.Harness;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(BrowserFixture))]

namespace GitLabPortal.Tests.Harness;

/// <summary>
/// One browser for all tests that need one. It takes, in this order: the path in <c>GITLABPORTAL_TEST_BROWSER</c>, an installed
/// Chromium, Chrome or Edge, Playwright's own download, and on Debian as root <c>apt-get install chromium</c>. Without any of them
/// the browser tests fail and say what to install.
/// </summary>
public sealed class BrowserFixture : IAsyncDisposable
{
    private static readonly string[] Flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    // Generous, in milliseconds: a machine that is busy elsewhere makes a test slow, never red.
    private const float Patience = 30_000;

    private readonly SemaphoreSlim gate = new(1, 1);
    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>A fresh context: no cookies, the given size and colours.</summary>
    public async Task<IBrowserContext> NewContextAsync(int width = 1280, int height = 800, ColorScheme colours = ColorScheme.Light)
    {
        var running = await RunningBrowserAsync();
        var context = await running.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = colours,
            ReducedMotion = ReducedMotion.Reduce,
            Locale = "en-GB",
        });
        context.SetDefaultTimeout(Patience);
        return context;
    }

    private async Task<IBrowser> RunningBrowserAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (browser is not null) return browser;
            playwright ??= await Playwright.CreateAsync();
            Assertions.SetDefaultExpectTimeout(Patience);
            return browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = await FindAsync(), Args = Flags });
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<string> FindAsync()
    {
        if (Environment.GetEnvironmentVariable("GITLABPORTAL_TEST_BROWSER") is { Length: > 0 } configured)
        {
            return File.Exists(configured) ? configured : throw new FileNotFoundException($"GITLABPORTAL_TEST_BROWSER names {configured}, which is not there.");
        }

        if (Installed() is { } installed) return installed;
        if (playwright!.Chromium.ExecutablePath is { Length: > 0 } downloaded && File.Exists(downloaded)) return downloaded;
        await InstallOnDebianAsync();
        return Installed() ?? throw new FileNotFoundException(
            "The browser tests need Chromium, Chrome or Edge. Install one (on Debian or Ubuntu: apt-get install chromium), " +
            "or name its executable in the environment variable GITLABPORTAL_TEST_BROWSER.");
    }

    private static string? Installed()
    {
        string[] names = OperatingSystem.IsWindows()
            ? ["chrome.exe", "msedge.exe"]
            : ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "microsoft-edge-stable"];
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(
        [
            "/usr/bin", "/snap/bin", "/Applications/Google Chrome.app/Contents/MacOS", "/Applications/Chromium.app/Contents/MacOS",
            @"C:\Program Files\Google\Chrome\Application", @"C:\Program Files (x86)\Microsoft\Edge\Application",
        ]);
        return folders.SelectMany(folder => names.Append("Google Chrome").Append("Chromium").Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    private static async Task InstallOnDebianAsync()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/etc/debian_version") || !string.Equals(Environment.UserName, "root", StringComparison.Ordinal)) return;
        foreach (var arguments in new[] { "update", "install -y --no-install-recommends chromium" })
        {
            var start = new ProcessStartInfo("apt-get", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
            using var process = Process.Start(start)!;
            await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync(), process.WaitForExitAsync());
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
        gate.Dispose();
    }
}
