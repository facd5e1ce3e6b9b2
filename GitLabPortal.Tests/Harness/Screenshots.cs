using Microsoft.Playwright;

namespace GitLabPortal.Tests.Harness;

/// <summary>With <c>GITLABPORTAL_TEST_SCREENSHOTS</c> set to a folder, the pages that tests visit are kept there to be looked at.</summary>
public static class Screenshots
{
    private static readonly string? Folder = Environment.GetEnvironmentVariable("GITLABPORTAL_TEST_SCREENSHOTS");

    public static async Task TakeAsync(IPage page, string name)
    {
        if (string.IsNullOrEmpty(Folder)) return;
        var dark = await page.EvaluateAsync<bool>("() => matchMedia('(prefers-color-scheme: dark)').matches");
        await page.ScreenshotAsync(new PageScreenshotOptions
        {
            Path = Path.Combine(Folder, $"{name}-{page.ViewportSize!.Width}-{(dark ? "dark" : "light")}.png"),
            FullPage = true,
        });
    }
}
