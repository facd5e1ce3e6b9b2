namespace GitLabPortal.Accounts;

/// <summary>Counts wrong passwords for addresses that have no account, in memory and no more than it can hold.</summary>
public sealed class UnknownAddresses(TimeProvider clock)
{
    internal const int Capacity = 10_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, (int Failures, DateTimeOffset Since)> tries = new(StringComparer.Ordinal);

    /// <summary>When the address may be tried again, if this try locked it or it was locked already.</summary>
    public DateTimeOffset? CountFailure(string normalizedEmail)
    {
        var now = clock.GetUtcNow();
        lock (gate)
        {
            var (failures, since) = tries.GetValueOrDefault(normalizedEmail);
            var isLocked = failures >= PasswordCheck.MaxFailures;
            if (isLocked && since + PasswordCheck.LockDuration > now) return since + PasswordCheck.LockDuration;

            if (isLocked) failures = 0;
            if (tries.Count >= Capacity && !tries.ContainsKey(normalizedEmail)) tries.Clear();
            tries[normalizedEmail] = (failures + 1, now);
            return failures + 1 >= PasswordCheck.MaxFailures ? now + PasswordCheck.LockDuration : null;
        }
    }
}
