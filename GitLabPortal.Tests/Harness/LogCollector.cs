using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace GitLabPortal.Tests.Harness;

/// <summary>Keeps every log line with its exception, so that a test can look for what must not be there.</summary>
public sealed class LogCollector : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyCollection<string> Lines => [.. lines];

    /// <summary>Keeps nothing from now on, for whoever measures: writing down every line at every level costs more than the portal does.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Forgets it all, for whoever measures memory.</summary>
    public void Clear() => lines.Clear();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
        // The lines outlive the host that wrote them.
    }

    private sealed class Logger(LogCollector collector, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => !collector.IsPaused;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!collector.IsPaused) collector.lines.Enqueue($"{logLevel} {category} {formatter(state, exception)} {exception}");
        }
    }
}
