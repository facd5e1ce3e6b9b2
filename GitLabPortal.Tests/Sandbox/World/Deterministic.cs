using System.Security.Cryptography;
using System.Text;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Repeatable randomness: the same words give the same value in every process, which scripts and snapshots rely on.</summary>
internal static class Deterministic
{
    private const string TokenAlphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";

    public static string Hex(string seed, int length) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(seed)))[..length];

    /// <summary>Characters of GitLab's classic token form.</summary>
    public static string Token(string seed, int length)
    {
        var hash = SHA512.HashData(Encoding.UTF8.GetBytes(seed));
        return string.Create(length, hash, static (span, bytes) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = TokenAlphabet[bytes[i % bytes.Length] & 63];
        });
    }

    /// <summary>A well-mixed 64-bit number for (seed, index, purpose): cheap enough for 100,000 projects.</summary>
    public static ulong Mix(int seed, long index, int purpose = 0)
    {
        var z = ((ulong)(uint)seed << 40) ^ ((ulong)index * 0x9E3779B97F4A7C15UL) ^ ((ulong)(uint)purpose * 0xD1B54A32D192ED03UL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
