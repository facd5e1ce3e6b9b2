using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace GitLabPortal.Tests.Sandbox.Tests;

internal sealed record ReceivedHook(IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);

    public System.Text.Json.JsonElement Json => System.Text.Json.JsonDocument.Parse(Body).RootElement;
}

/// <summary>Somebody who is told by hooks.</summary>
internal sealed class HookReceiver : IAsyncDisposable
{
    private readonly List<ReceivedHook> received = [];
    private WebApplication app = null!;

    public string Url => app.Urls.First() + "/hook";

    public int Answer { get; set; } = 200;

    public IReadOnlyList<ReceivedHook> Received
    {
        get
        {
            lock (received)
                return [.. received];
        }
    }

    public static async Task<HookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        var receiver = new HookReceiver { app = builder.Build() };
        receiver.app.Urls.Add("http://127.0.0.1:0");
        receiver.app.Run(receiver.ReceiveAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        lock (received)
            received.Add(new ReceivedHook(context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        context.Response.StatusCode = Answer;
    }
}
