using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GitLabPortal.Security;

/// <summary>Random codes that stand in links and are good for one use.</summary>
public static class OneTimeCode
{
    private const int Bytes = 20;

    /// <summary>160 random bits in 27 characters that need no escaping in an address.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>What is stored in place of a code: SHA-256, upper-case hexadecimal. Enough for random codes, too weak for passwords.</summary>
    public static string Hash(string code) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(code)));

    /// <summary>Compares without telling by its duration how much of the code was right.</summary>
    public static bool Matches(string expected, string? given) =>
        CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(expected)),
            SHA256.HashData(Encoding.UTF8.GetBytes(given ?? "")));
}
