namespace GitLabPortal.Tests.Harness;

/// <summary>Time that moves only when a test says so. Timers fire on the thread pool.</summary>
public sealed class ManualClock(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private DateTimeOffset now = start;

    public ManualClock() : this(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return now;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    /// <summary>When the next timer is due; null when nothing waits.</summary>
    public DateTimeOffset? NextTimer
    {
        get
        {
            lock (gate) return timers.Count == 0 ? null : timers.Min(t => t.At);
        }
    }

    /// <summary>In one go: whoever is woken by it sees the time at the end, never one on the way, however fast or slow threads are.</summary>
    public void Advance(TimeSpan by)
    {
        List<ManualTimer> fired = [];
        lock (gate)
        {
            now += by;
            while (timers.Where(t => t.At <= now).MinBy(t => t.At) is { } due)
            {
                due.Next();
                fired.Add(due);
            }
        }

        foreach (var timer in fired) timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;

        public DateTimeOffset At { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            this.period = period;
            var isDueNow = false;
            lock (clock.gate)
            {
                clock.timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    At = clock.now + dueTime;
                    isDueNow = dueTime == TimeSpan.Zero;
                    if (!isDueNow || period > TimeSpan.Zero) clock.timers.Add(this);
                }
            }

            if (isDueNow) Fire();
            return true;
        }

        /// <summary>Under the clock's gate.</summary>
        public void Next()
        {
            clock.timers.Remove(this);
            if (period <= TimeSpan.Zero) return;
            At += period;
            clock.timers.Add(this);
        }

        public void Fire() => ThreadPool.QueueUserWorkItem(_ => callback(state));

        public void Dispose()
        {
            lock (clock.gate) clock.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
