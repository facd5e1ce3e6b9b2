using System.Text.RegularExpressions;
using System.Threading.Channels;
using Microsoft.Playwright;

namespace GitLabPortal.Tests.Journeys;

/// <summary>A page far away from its portal: what the portal sends it over its circuit arrives late, in order.</summary>
internal sealed class SlowAnswers : IAsyncDisposable
{
    private readonly Channel<(DateTimeOffset At, Action Deliver)> onTheirWay = Channel.CreateUnbounded<(DateTimeOffset, Action)>();
    private readonly Task delivering;

    private SlowAnswers() => delivering = DeliverAsync();

    /// <summary>Ask for it before the page is opened.</summary>
    public static async Task<SlowAnswers> OfAsync(IPage page, TimeSpan by)
    {
        var answers = new SlowAnswers();
        await page.RouteWebSocketAsync(new Regex("/_blazor"), browser =>
        {
            var portal = browser.ConnectToServer();
            portal.OnMessage(frame => answers.onTheirWay.Writer.TryWrite((TimeProvider.System.GetUtcNow() + by, () => Send(browser, frame))));
        });
        return answers;
    }

    public async ValueTask DisposeAsync()
    {
        onTheirWay.Writer.TryComplete();
        await delivering;
    }

    private static void Send(IWebSocketRoute browser, IWebSocketFrame frame)
    {
        if (frame.Binary is { } bytes) browser.Send(bytes);
        else if (frame.Text is { } text) browser.Send(text);
    }

    private async Task DeliverAsync()
    {
        await foreach (var (at, deliver) in onTheirWay.Reader.ReadAllAsync())
        {
            var wait = at - TimeProvider.System.GetUtcNow();
            if (wait > TimeSpan.Zero) await Task.Delay(wait);
            deliver();
        }
    }
}
