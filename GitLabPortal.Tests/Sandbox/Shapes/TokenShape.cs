using System.Text.Json;

namespace GitLabPortal.Tests.Sandbox;

internal static class TokenShape
{
    /// <param name="withAddresses">Only reading a single token lists the last addresses.</param>
    /// <param name="withSecret">Only the answer to creation and rotation carries the secret.</param>
    public static void Write(Utf8JsonWriter json, SandboxToken token, ApiCall call, bool withAddresses = false, bool withSecret = false)
    {
        var release = call.Release;
        json.WriteNumber("id", token.Id);
        json.WriteString("name", token.Name);
        json.WriteBoolean("revoked", token.IsRevoked);
        json.WriteString("created_at", Json.Time(token.CreatedAt));
        if (release.Has(Capability.TokenDescription))
            json.WriteString("description", token.Description);
        json.Strings("scopes", token.Scopes);
        json.WriteNumber("user_id", token.User.Id);
        json.WriteString("last_used_at", token.LastUsedAt is { } used ? Json.Time(used) : null);
        json.WriteBoolean("active", token.IsActiveAt(call.World.Now));
        if (release.Has(Capability.GranularTokens))
            json.WriteBoolean("granular", false);
        json.WriteString("expires_at", Json.Date(token.ExpiresAt));
        if (withAddresses && release.Has(Capability.LastUsedIps))
            json.Strings("last_used_ips", token.LastUsedAt is null ? [] : ["127.0.0.1"]);
        if (withSecret)
            json.WriteString("token", token.Secret);
    }

    public static void WriteResource(Utf8JsonWriter json, SandboxToken token, ApiCall call, bool withSecret = false)
    {
        Write(json, token, call, withSecret: withSecret);
        json.WriteNumber("access_level", token.AccessLevel ?? 40);
        json.WriteString("resource_type", token.Kind is SandboxTokenKind.Group ? "group" : "project");
        json.WriteNumber("resource_id", token.ResourceId ?? 0);
    }
}
