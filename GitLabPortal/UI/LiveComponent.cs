using Microsoft.AspNetCore.Components;

namespace GitLabPortal.UI;

/// <summary>A component that waits for things: all of it ends when the page is left.</summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource lifetime = new();

    /// <summary>Cancelled when the component goes away.</summary>
    protected CancellationToken Lifetime { get; }

    protected LiveComponent() => Lifetime = lifetime.Token;

    /// <summary>Renders again, from any thread; does nothing once the component is gone.</summary>
    protected void Refresh() => _ = RunOnRendererAsync(() =>
    {
        StateHasChanged();
        return Task.CompletedTask;
    });

    /// <summary>Runs on the renderer's thread, from any thread; does nothing once the component is gone.</summary>
    protected async Task RunOnRendererAsync(Func<Task> work)
    {
        if (Lifetime.IsCancellationRequested) return;
        try
        {
            await InvokeAsync(() => Lifetime.IsCancellationRequested ? Task.CompletedTask : work());
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            // The page was left meanwhile.
        }
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing || lifetime.IsCancellationRequested) return;
        lifetime.Cancel();
        lifetime.Dispose();
    }
}
