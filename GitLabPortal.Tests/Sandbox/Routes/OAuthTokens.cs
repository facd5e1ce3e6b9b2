using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>The token, revocation and userinfo endpoints (FACTS 5.2 to 5.5).</summary>
internal sealed class OAuthTokens(SandboxWorld world, ServerIdentity server)
{
    public Answer Issue(ReceivedRequest request, Parameters asked)
    {
        var grantType = asked["grant_type"];
        if (grantType is null)
            return Refused(400, "invalid_request", "Missing required parameter: grant_type.");
        if (grantType is not ("authorization_code" or "refresh_token"))
            return Refused(400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.");
        if (Client(request, asked) is not { } application)
            return Refused(401, "invalid_client", "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.");
        return grantType == "refresh_token" ? Refresh(application, asked) : Exchange(application, asked);
    }

    public Answer Revoke(ReceivedRequest request, Parameters asked)
    {
        var token = asked["token"] is { } secret ? world.FindTokenBySecret(secret) ?? world.FindTokenByRefreshSecret(secret) : null;
        if (Client(request, asked) is not { } application || (token is not null && token.Application != application))
            return Answer.Json(403, """{"error":"unauthorized_client","error_description":"You are not authorized to revoke this token"}""");
        if (token is not null)
            token.IsRevoked = token.IsRefreshRevoked = true;
        return Answer.Json(200, "{}");
    }

    public Answer UserInfo(ReceivedRequest request, Parameters parameters)
    {
        var header = request.Headers.Authorization.ToString();
        var secret = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : parameters["access_token"];
        if (secret is null || world.FindTokenBySecret(secret) is not { Kind: SandboxTokenKind.OAuth } token || !token.IsActiveAt(world.Now))
            return Refused(401, "invalid_token", "The access token is invalid");
        if (!token.Scopes.Contains("openid"))
            return Answer.Empty(403);

        var user = token.User;
        return Json.Object(200, json =>
        {
            json.WriteString("sub", $"{user.Id}");
            json.WriteString("sub_legacy", Deterministic.Hex($"sub:{user.Id}", 64));
            json.WriteString("name", user.Name);
            json.WriteString("nickname", user.Username);
            json.WriteString("preferred_username", user.Username);
            if (token.Scopes.Contains("email"))
            {
                json.WriteString("email", user.Email);
                json.WriteBoolean("email_verified", true);
            }

            json.WriteString("profile", $"{server.ExternalUrl}/{user.Username}");
            json.WriteString("picture", $"https://www.gravatar.example/avatar/{Deterministic.Hex(user.Email, 64)}?s=80&d=identicon");
            json.Strings("groups", world.Groups.Where(g => user.GroupLevels.ContainsKey(g.Id)).Select(g => g.FullPath));
        });
    }

    private Answer Exchange(SandboxApplication application, Parameters asked)
    {
        if (!asked.Has("code"))
            return Refused(400, "invalid_request", "Missing required parameter: code.");
        if (world.TakeGrant(asked["code"]) is not { } grant || grant.Application != application || grant.RedirectUri != asked["redirect_uri"] || !IsVerified(grant, asked["code_verifier"]))
            return InvalidGrant();
        return Pair(world.AddOAuthPair(application, grant.User, grant.Scopes, predecessor: null), grant.Nonce);
    }

    /// <summary>The old pair lives on until the new access token is used, so that a lost answer can be asked for again.</summary>
    private Answer Refresh(SandboxApplication application, Parameters asked)
    {
        if (world.FindTokenByRefreshSecret(asked["refresh_token"]) is not { } old || old.Application != application || old.IsRefreshRevoked)
            return InvalidGrant();
        return Pair(world.AddOAuthPair(application, old.User, old.Scopes, old), nonce: null);
    }

    private Answer Pair(SandboxToken token, string? nonce) => Json.Object(200, json =>
    {
        json.WriteString("access_token", token.Secret);
        json.WriteString("token_type", server.Release.Has(Capability.ReadTokenById) ? "Bearer" : "bearer");
        json.WriteNumber("expires_in", world.Settings.OAuthLifetimeInSeconds);
        json.WriteString("refresh_token", token.RefreshSecret);
        json.WriteString("scope", string.Join(' ', token.Scopes));
        json.WriteNumber("created_at", token.CreatedAt.ToUnixTimeSeconds());
        if (token.Scopes.Contains("openid"))
            json.WriteString("id_token", IdTokens.Make(token, server, nonce));
    }).With("Cache-Control", "no-store").With("Pragma", "no-cache");

    private static bool IsVerified(SandboxGrant grant, string? verifier)
    {
        if (grant.Challenge is not { } challenge)
            return true;
        if (verifier is null)
            return false;
        return challenge == (grant.ChallengeMethod == "S256" ? Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) : verifier);
    }

    private SandboxApplication? Client(ReceivedRequest request, Parameters asked)
    {
        var (id, secret) = (asked["client_id"], asked["client_secret"]);
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            var buffer = new byte[header.Length];
            if (!Convert.TryFromBase64String(header[6..].Trim(), buffer, out var length))
                return null;
            var parts = Encoding.UTF8.GetString(buffer, 0, length).Split(':', 2);
            (id, secret) = (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null);
        }

        return world.FindApplication(id) is { } application && (application.Secret == secret || (!application.IsConfidential && secret is null)) ? application : null;
    }

    private static Answer InvalidGrant() => Refused(400, "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.");

    private static Answer Refused(int status, string error, string description) =>
        Answer.Json(status, $$"""{"error":"{{error}}","error_description":"{{description}}"}""")
            .With("WWW-Authenticate", $"Bearer realm=\"Doorkeeper\", error=\"{error}\", error_description=\"{description}\"");
}
