using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Signed identity tokens. One key per process is enough: nobody outlives it.</summary>
internal static class IdTokens
{
    private const string KeyId = "sandbox";
    private static readonly Lazy<RSA> Key = new(static () => RSA.Create(2048));

    /// <summary>As a JSON Web Key.</summary>
    public static string PublicKey
    {
        get
        {
            var key = Key.Value.ExportParameters(includePrivateParameters: false);
            return JsonSerializer.Serialize(new
            {
                kty = "RSA",
                kid = KeyId,
                e = Base64Url.EncodeToString(key.Exponent),
                n = Base64Url.EncodeToString(key.Modulus),
                use = "sig",
                alg = "RS256",
            });
        }
    }

    public static string Make(SandboxToken token, ServerIdentity server, string? nonce)
    {
        var header = Part(new { typ = "JWT", alg = "RS256", kid = KeyId });
        var issued = token.CreatedAt.ToUnixTimeSeconds();
        var body = Part(new
        {
            iss = server.ExternalUrl,
            sub = $"{token.User.Id}",
            aud = token.Application!.ClientId,
            exp = issued + 120,
            iat = issued,
            nonce,
            name = token.User.Name,
            nickname = token.User.Username,
            preferred_username = token.User.Username,
        });
        var signature = Key.Value.SignData(Encoding.ASCII.GetBytes($"{header}.{body}"), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{header}.{body}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Part<T>(T value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
}
