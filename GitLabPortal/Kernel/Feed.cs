namespace GitLabPortal.Kernel;

/// <summary>
/// Tells whoever listens in this process that something happened. Messages are hints to look again, never the truth itself: the
/// database is. A listener that throws does not stop the others.
/// </summary>
public class Feed<T>
{
    private readonly Lock gate = new();
    private Action<T>[] listeners = [];

    /// <summary>Listens until the result is disposed. The listener runs on the publisher's thread: return at once.</summary>
    public IDisposable Subscribe(Action<T> listener)
    {
        lock (gate) listeners = [.. listeners, listener];
        return new Subscription(this, listener);
    }

    public void Publish(T message)
    {
        foreach (var listener in listeners)
        {
            try
            {
                listener(message);
            }
            catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
            {
                // A page that is just being closed.
            }
        }
    }

    private sealed class Subscription(Feed<T> feed, Action<T> listener) : IDisposable
    {
        public void Dispose()
        {
            lock (feed.gate) feed.listeners = [.. feed.listeners.Where(l => !ReferenceEquals(l, listener))];
        }
    }
}
