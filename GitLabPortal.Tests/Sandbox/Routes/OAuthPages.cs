using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>OpenID discovery and token information (FACTS 1.1 and 5.5).</summary>
internal sealed class OAuthPages(SandboxWorld world, ServerIdentity server)
{
    private static readonly string[] Scopes =
        ["api", "read_api", "read_user", "create_runner", "manage_runner", "k8s_proxy", "self_rotate", "read_repository", "write_repository", "ai_features", "sudo", "admin_mode", "read_service_ping", "openid", "profile", "email"];

    private readonly OAuthTokens _tokens = new(world, server);
    private readonly OAuthConsent _consent = new(world, server);

    public Answer? Handle(ReceivedRequest request, Parameters parameters) => (request.IsRead, request.Path) switch
    {
        (true, "/.well-known/openid-configuration") => Discovery(withRegistration: false),
        (true, "/.well-known/oauth-authorization-server") when server.Release.Has(Capability.AuthorizationServerMetadata) => Discovery(withRegistration: true),
        (true, "/.well-known/oauth-authorization-server") => Answer.Html(404, Pages.NotFound),
        (true, "/oauth/discovery/keys") => Answer.Json(200, $$"""{"keys":[{{IdTokens.PublicKey}}]}""").With("Cache-Control", "public, max-age=86400"),
        (true, "/.well-known/terraform.json") => Answer.Json(200, $$"""{"modules.v1":"{{server.RelativeRoot}}/api/v4/packages/terraform/modules/v1/"}"""),
        (true, "/oauth/token/info") => TokenInfo(request, parameters),
        (true, "/oauth/authorize") => _consent.Ask(request, parameters),
        (false, "/oauth/authorize") => _consent.Decide(request, parameters),
        (false, "/oauth/token") => _tokens.Issue(request, parameters),
        (false, "/oauth/revoke") => _tokens.Revoke(request, parameters),
        (_, "/oauth/userinfo") => _tokens.UserInfo(request, parameters),
        _ => null,
    };

    private Answer Discovery(bool withRegistration) => Json.Object(200, json =>
    {
        // Every address is built from the configured external_url, whatever name the request used.
        var issuer = server.ExternalUrl;
        json.WriteString("issuer", issuer);
        json.WriteString("authorization_endpoint", issuer + "/oauth/authorize");
        json.WriteString("token_endpoint", issuer + "/oauth/token");
        json.WriteString("revocation_endpoint", issuer + "/oauth/revoke");
        json.WriteString("introspection_endpoint", issuer + "/oauth/introspect");
        json.WriteString("userinfo_endpoint", issuer + "/oauth/userinfo");
        json.WriteString("jwks_uri", issuer + "/oauth/discovery/keys");
        if (withRegistration)
            json.WriteString("registration_endpoint", issuer + "/oauth/register");
        json.Strings("scopes_supported", Scopes);
        json.Strings("response_types_supported", ["code"]);
        json.Strings("response_modes_supported", ["query", "fragment", "form_post"]);
        json.Strings("grant_types_supported", ["authorization_code", "client_credentials", "refresh_token"]);
        json.Strings("token_endpoint_auth_methods_supported", ["client_secret_basic", "client_secret_post"]);
        json.Strings("subject_types_supported", ["public"]);
        json.Strings("id_token_signing_alg_values_supported", ["RS256"]);
        json.Strings("claim_types_supported", ["normal"]);
        json.Strings("claims_supported", ["iss", "sub", "aud", "exp", "iat", "sub_legacy", "name", "nickname", "preferred_username", "email", "email_verified", "website", "profile", "picture", "groups"]);
        json.Strings("code_challenge_methods_supported", ["plain", "S256"]);
    });

    private Answer TokenInfo(ReceivedRequest request, Parameters parameters)
    {
        var header = request.Headers.Authorization.ToString();
        var secret = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : parameters["access_token"];
        // Personal access tokens are not accepted here.
        if (secret is null || world.FindTokenBySecret(secret) is not { Kind: SandboxTokenKind.OAuth } token)
            return Refused("The access token is invalid");
        if (token.IsRevoked)
            return Refused("The access token was revoked");
        if (token.IsExpiredAt(world.Now))
            return Refused("The access token expired");

        return Json.Object(200, json =>
        {
            json.WriteNumber("resource_owner_id", token.User.Id);
            json.Strings("scope", token.Scopes);
            WriteLifetime(json, "expires_in", token);
            json.WriteStartObject("application");
            json.WriteString("uid", Deterministic.Hex("sandbox application", 64));
            json.WriteEndObject();
            json.WriteNumber("created_at", token.CreatedAt.ToUnixTimeSeconds());
            json.Strings("scopes", token.Scopes);
            WriteLifetime(json, "expires_in_seconds", token);
        });
    }

    private void WriteLifetime(Utf8JsonWriter json, string name, SandboxToken token)
    {
        if (token.ExpiresAtInstant is { } end)
            json.WriteNumber(name, (long)(end - world.Now).TotalSeconds);
        else
            json.WriteNull(name);
    }

    private static Answer Refused(string description) =>
        Answer.Json(401, $$"""{"error":"invalid_token","error_description":"{{description}}"}""")
            .With("WWW-Authenticate", $"Bearer realm=\"Doorkeeper\", error=\"invalid_token\", error_description=\"{description}\"");
}
