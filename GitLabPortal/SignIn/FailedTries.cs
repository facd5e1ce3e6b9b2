using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using GitLabPortal.Kernel;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>
/// Slows down whoever guesses, by the address they come from. Only what failed counts, so that an office behind one address can sign
/// in every morning. Guessing one account's password is stopped sooner, by its lock.
/// </summary>
public sealed class FailedTries(IOptions<SignInOptions> options) : IDisposable
{
    public static readonly Problem TooMany = new Problem.Forbidden(
        "too-many-failures", "Too many tries from your network were wrong. Wait a minute, then try again.");

    private readonly PartitionedRateLimiter<string> limiter = PartitionedRateLimiter.Create<string, string>(
        source => RateLimitPartition.GetFixedWindowLimiter(source, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = options.Value.FailuresPerMinute,
            Window = TimeSpan.FromMinutes(1),
        }),
        StringComparer.Ordinal);

    /// <param name="context">Null inside a circuit, which has no address: all circuits share one account.</param>
    public bool AreTooMany(HttpContext? context)
    {
        using var lease = limiter.AttemptAcquire(SourceOf(context?.Connection.RemoteIpAddress), permitCount: 0);
        return !lease.IsAcquired;
    }

    public void Count(HttpContext? context) => limiter.AttemptAcquire(SourceOf(context?.Connection.RemoteIpAddress)).Dispose();

    public void Dispose() => limiter.Dispose();

    /// <summary>An IPv6 customer has a whole /64 to choose addresses from.</summary>
    internal static string SourceOf(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }
}
