namespace GitLabPortal.Repositories;

/// <summary>
/// How many requests at once a server bears. Begins low and doubles while answers come as fast as with few requests, then goes up one
/// by one; goes down when answers take longer (others wait, too) and by half when the server refuses or breaks down.
/// </summary>
internal sealed class RequestPace
{
    /// <summary>Left to whoever else uses the same account, where the server tells what is left.</summary>
    public const int Reserve = 20;

    private const double Flat = 1.6;
    private const double Rising = 2.4;

    /// <summary>Below this, times say more about this machine than about the server.</summary>
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(25);

    private readonly int ceiling;
    private TimeSpan quickest = TimeSpan.MaxValue;
    private TimeSpan total;
    private int answers;
    private bool isFirstRise = true;

    /// <param name="ceiling">The most that the operator allows.</param>
    /// <param name="remembered">What the server bore before a pause; 0 when unknown.</param>
    public RequestPace(int ceiling, int remembered)
    {
        this.ceiling = ceiling;
        Limit = Math.Clamp(remembered == 0 ? 2 : remembered, 1, ceiling);
    }

    public int Limit { get; private set; }

    /// <summary>An answer came; judged by the average of as many as may be on their way at once.</summary>
    public void Answered(TimeSpan after)
    {
        total += after;
        if (++answers < Limit) return;

        var average = total / answers;
        (total, answers) = (TimeSpan.Zero, 0);
        if (average < quickest) quickest = average;
        if (average > (quickest * Rising) + Noise)
        {
            isFirstRise = false;
            Limit = Math.Max(1, Limit * 3 / 4);
        }
        else if (average <= (quickest * Flat) + Noise)
        {
            Limit = Math.Min(ceiling, isFirstRise ? Limit * 2 : Limit + 1);
        }
        else
        {
            isFirstRise = false;
        }
    }

    /// <summary>A refusal (429), a breakdown (5xx) or no answer at all.</summary>
    public void Refused()
    {
        isFirstRise = false;
        (total, answers) = (TimeSpan.Zero, 0);
        Limit = Math.Max(1, Limit / 2);
    }
}
