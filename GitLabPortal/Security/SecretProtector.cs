using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace GitLabPortal.Security;

/// <summary>A secret in clear. It has no readable text form, so that it cannot slip into a log or a message.</summary>
public sealed class Secret(string value)
{
    /// <summary>The clear text. Only for the line that sends or protects it.</summary>
    public string Reveal() => value;

    public override string ToString() => "••••••••";
}

/// <summary>The encrypted form of a secret and the key that it needs.</summary>
public sealed record ProtectedSecret(string CipherText, Guid KeyId)
{
    public override string ToString() => "••••••••";
}

/// <summary>The one place that encrypts and decrypts secrets at rest (ASP.NET Core Data Protection, a purpose per row).</summary>
public sealed class SecretProtector(IDataProtectionProvider provider, IKeyManager keys)
{
    /// <param name="row">What the secret belongs to, e.g. <c>connection:0198…</c>; a cipher text copied to another row is useless.</param>
    public ProtectedSecret Protect(Secret secret, string row)
    {
        var cipher = provider.CreateProtector("secret", row).Protect(Encoding.UTF8.GetBytes(secret.Reveal()));
        return new ProtectedSecret(Convert.ToBase64String(cipher), KeyIdOf(cipher));
    }

    /// <summary>The clear text, or null when its key is lost: the secret must be entered again.</summary>
    public Secret? Reveal(string cipherText, string row)
    {
        try
        {
            var clear = provider.CreateProtector("secret", row).Unprotect(Convert.FromBase64String(cipherText));
            return new Secret(Encoding.UTF8.GetString(clear));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether the key ring still has the key.</summary>
    public bool HasKey(Guid keyId) => keys.GetAllKeys().Any(k => k.KeyId == keyId && !k.IsRevoked);

    // The cipher text starts with a 4-byte magic header and the 16-byte key id (Data Protection's documented payload format).
    private static Guid KeyIdOf(byte[] cipher) => new(cipher.AsSpan(4, 16));
}
