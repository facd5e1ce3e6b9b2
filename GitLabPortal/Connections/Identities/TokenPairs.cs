using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>The one place that packs a pair of tokens into an identity's row and takes it out again.</summary>
public sealed class TokenPairs(SecretProtector secrets, TimeProvider time)
{
    /// <param name="AccessToken">For API calls.</param>
    /// <param name="RefreshToken">Null when GitLab gave none.</param>
    public sealed record Pair(Secret AccessToken, Secret? RefreshToken);

    /// <summary>Encrypted, with what the row says beside it.</summary>
    public sealed record Packed(string CipherText, Guid KeyId, DateTimeOffset ExpiresAt, string Scopes);

    public Packed Pack(Guid identityId, OAuthPair pair)
    {
        var cipher = secrets.Protect(new Secret($"{pair.AccessToken}\n{pair.RefreshToken}"), GitLabIdentity.Row(identityId));
        return new(cipher.CipherText, cipher.KeyId, time.GetUtcNow() + pair.Lifetime, string.Join(' ', pair.Scopes));
    }

    /// <summary>Null when GitLab took the tokens back or their key is lost.</summary>
    public Pair? Open(GitLabIdentity identity)
    {
        if (identity.ProtectedTokens is null || secrets.Reveal(identity.ProtectedTokens, GitLabIdentity.Row(identity.Id)) is not { } both) return null;
        var parts = both.Reveal().Split('\n', 2);
        return new(new Secret(parts[0]), parts is [_, { Length: > 0 } refresh] ? new Secret(refresh) : null);
    }

    /// <summary>Puts a pair that was just given into the row. A refresh that is under way will see the new version and leave it alone.</summary>
    public void Put(GitLabIdentity identity, OAuthPair pair)
    {
        var packed = Pack(identity.Id, pair);
        (identity.ProtectedTokens, identity.TokenKeyId) = (packed.CipherText, packed.KeyId);
        (identity.AccessExpiresAt, identity.Scopes) = (packed.ExpiresAt, packed.Scopes);
        (identity.RefreshingBy, identity.RefreshingUntil) = (null, null);
        identity.PairVersion++;
    }
}
