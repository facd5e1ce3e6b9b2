using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using GitLabPortal.Security;

namespace GitLabPortal.Repositories;

/// <summary>
/// The secrets that a hook and the portal share, both made from one random value: the token travels with each delivery and must not tell
/// the signing key.
/// </summary>
internal sealed class HookSecrets(Secret root)
{
    /// <summary>Old deliveries do not count: a recorded one cannot be sent again later. Clocks may differ a little.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const string SigningPrefix = "whsec_";

    /// <summary>The purpose that ties a cipher text to its hook.</summary>
    public static string Row(Guid hookId) => $"system-hook:{hookId:N}";

    public static Secret NewRoot() => new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    /// <summary>For GitLab's field <c>token</c>.</summary>
    public string Token => Convert.ToHexStringLower(Derive("token"));

    /// <summary>For GitLab's field <c>signing_token</c>.</summary>
    public string SigningToken => SigningPrefix + Convert.ToBase64String(Derive("signature"));

    /// <summary>Compares in a time that tells nothing about how much is right.</summary>
    public bool IsToken(string presented) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(presented)), SHA256.HashData(Encoding.UTF8.GetBytes(Token)));

    /// <summary>Whether GitLab signed this body lately (Standard Webhooks; several signatures may stand side by side).</summary>
    public bool IsSigned(string id, string timestamp, string signatures, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs(now.ToUnixTimeSeconds() - seconds) > Tolerance.TotalSeconds) return false;

        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var right = Encoding.ASCII.GetBytes("v1," + Convert.ToBase64String(HMACSHA256.HashData(Derive("signature"), signed)));
        var isSigned = false;
        foreach (var one in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries)) isSigned |= CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), right);
        return isSigned;
    }

    private byte[] Derive(string purpose) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(root.Reveal()), Encoding.UTF8.GetBytes(purpose));
}
