using System.Diagnostics;
using System.Globalization;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Journeys;
using Microsoft.Playwright;

namespace GitLabPortal.Tests.Benchmarks;

/// <summary>
/// <c>bench grid [rows]</c>: a real browser scrolls through the catalogue, on and on and by jumps as with the scroll bar. How long is there
/// no row in the middle of the window, and does the server keep more and more?
/// </summary>
internal static class GridBenchmark
{
    private const int Jumps = 60;
    private const int Passes = 4;
    private const double PixelsPerSecond = 5_000;

    // Looks at every frame; "longest" is the longest time without a row in the middle of the window.
    private const string Watch =
        """
        () => {
          const watch = window.blankWatch = { longest: 0, since: null };
          const look = now => {
            const isRow = document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('tr')?.querySelector('[data-row]');
            if (isRow) watch.since = null;
            else { watch.since ??= now; watch.longest = Math.max(watch.longest, now - watch.since); }
            requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }
        """;

    public static async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var rows = args is [var given] ? int.Parse(given, CultureInfo.InvariantCulture) : 100_000;
        await using var browsers = new BrowserFixture();
        await using var journey = await Journey.StartSetUpAsync(browsers);
        await journey.Portal.FillAsync(rows, cancellationToken);
        var page = await journey.OpenSignedInAsync();
        await journey.GoAsync(page, "/team/rocket/repositories?archived=any");
        await page.Locator("[data-row]").First.WaitForAsync();
        journey.Portal.Logs.IsPaused = true;
        await page.EvaluateAsync(Watch);
        await JumpAsync(page, 0.5);

        var before = Memory(journey);
        await page.EvaluateAsync("() => scrollTo(0, 0)");
        await page.Locator("tr[aria-rowindex='2']").WaitForAsync();
        await page.EvaluateAsync("() => { window.blankWatch.longest = 0; }");
        var (steady, pages) = await ScrollAsync(page, TimeSpan.FromSeconds(20));
        var jumps = new Latencies();
        for (var i = 0; i < Jumps; i++) jumps.Add(TimeSpan.FromMilliseconds(await JumpAsync(page, (i * 37 % 100) / 100.0)));
        await page.EvaluateAsync("() => scrollTo(0, 0)");
        await page.Locator("tr[aria-rowindex='2']").WaitForAsync();
        var after = Memory(journey);

        Say($"{rows:N0} rows; {PixelsPerSecond:N0} pixels a second for 20 s ({pages:N0} pages): longest without a row {steady:N0} ms");
        Say($"jumps through all of it, without a row: {jumps}");
        Say($"memory of portal and circuit: {before / 1e6:N1} MB before, {after / 1e6:N1} MB after; rows in the page: {await page.Locator("[data-row]").CountAsync()}");
        for (var pass = 1; pass <= Passes; pass++)
        {
            var started = Stopwatch.GetTimestamp();
            var steps = await PassAsync(page);
            Say($"all of it, pass {pass}: {steps:N0} stops in {Stopwatch.GetElapsedTime(started).TotalSeconds:N0} s, {Memory(journey) / 1e6:N1} MB after it");
        }

        return 0;
    }

    /// <summary>From the first row to the last, as far each time as the server holds rows, and not on before there are some.</summary>
    private static async Task<int> PassAsync(IPage page)
    {
        await page.EvaluateAsync("() => scrollTo(0, 0)");
        await page.Locator("tr[aria-rowindex='2']").WaitForAsync();
        return await page.EvaluateAsync<int>(
            """
            async () => {
              const frame = () => new Promise(done => requestAnimationFrame(done));
              let stops = 0;
              // The first row in the middle of the window: above the table there is none to wait for.
              const top = document.querySelector('[data-grid] tbody').getBoundingClientRect().top + scrollY;
              for (let at = Math.max(0, top - innerHeight / 2 + 53); at < document.documentElement.scrollHeight - 2 * innerHeight; at += 100 * 53) {
                scrollTo(0, at);
                await frame();
                await frame();
                while (window.blankWatch.since !== null) await frame();
                stops++;
              }
              return stops;
            }
            """);
    }

    private static async Task<(double Longest, double Pages)> ScrollAsync(IPage page, TimeSpan duration)
    {
        var started = Stopwatch.GetTimestamp();
        await page.EvaluateAsync(
            """
            ([speed, duration]) => new Promise(done => {
              const begun = performance.now();
              const step = now => {
                scrollTo(0, (now - begun) / 1000 * speed);
                if (now - begun < duration) requestAnimationFrame(step); else done();
              };
              requestAnimationFrame(step);
            })
            """,
            new[] { PixelsPerSecond, duration.TotalMilliseconds });
        return (await page.EvaluateAsync<double>("() => window.blankWatch.longest"), Stopwatch.GetElapsedTime(started).TotalSeconds * PixelsPerSecond / 53 / 50);
    }

    /// <summary>Milliseconds until there is a row where the scroll bar was let go.</summary>
    private static async Task<double> JumpAsync(IPage page, double share)
    {
        await page.EvaluateAsync("share => { window.blankWatch.longest = 0; scrollTo(0, document.documentElement.scrollHeight * share); }", share);
        await page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        await page.WaitForFunctionAsync("() => window.blankWatch.since === null");
        return await page.EvaluateAsync<double>("() => window.blankWatch.longest");
    }

    private static long Memory(Journey journey)
    {
        // What was kept before the pause.
        journey.Portal.Logs.Clear();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Say(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));
}
