namespace GitLabPortal.Tests.Sandbox;

/// <summary>Reading, revoking and rotating personal access tokens (FACTS 2.3 and 2.8).</summary>
internal static class TokenRoutes
{
    public static readonly Route[] All =
    [
        new("GET", "personal_access_tokens", List),
        new("GET", "personal_access_tokens/self", ReadSelf) { AnyScope = true, Since = Capability.ReadTokenSelf },
        new("DELETE", "personal_access_tokens/self", RevokeSelf) { AnyScope = true, Since = Capability.RevokeSelfWithAnyScope },
        new("DELETE", "personal_access_tokens/self", RevokeSelf) { Since = Capability.RevokeSelf },
        new("GET", "personal_access_tokens/:id", ReadById) { Since = Capability.ReadTokenById },
        new("DELETE", "personal_access_tokens/:id", RevokeById),
        new("POST", "personal_access_tokens/self/rotate", RotateSelf) { Scopes = SelfRotate, IsRotation = true, Since = Capability.RotateTokenSelf },
        new("POST", "personal_access_tokens/:id/rotate", RotateById) { IsRotation = true, Since = Capability.RotateTokenById },
        new("GET", "personal_access_tokens/self/associations", Associations) { AnyScope = true, Since = Capability.TokenAssociations },
    ];

    private static string[] SelfRotate(GitLabRelease release) => release.Has(Capability.SelfRotateScope) ? ["self_rotate"] : [];

    private static Answer List(ApiCall call)
    {
        var owner = call.Parameters.Number("user_id");
        var revoked = call.Parameters.Flag("revoked");
        var state = call.Parameters.Choice("state", "", "active", "inactive");
        var (page, perPage) = Paging.Read(call.Parameters);
        if (call.Parameters.Complaint is { } complaint)
            return complaint;
        if (!call.Caller.HasAdminPowers)
        {
            if (owner is { } other && other != call.User.Id)
                return Answers.Unauthorized();
            owner = call.User.Id;
        }

        var now = call.World.Now;
        var tokens = call.World.Tokens
            .Where(t => t.Kind is not SandboxTokenKind.OAuth and not SandboxTokenKind.Impersonation && (owner is null || t.User.Id == owner))
            .Where(t => revoked is null || t.IsRevoked == revoked)
            .Where(t => state.Length == 0 || t.IsActiveAt(now) == (state == "active"))
            .OrderByDescending(t => t.Id)
            .ToList();
        return Json.Array(tokens.Skip((page - 1) * perPage).Take(perPage), (json, token) =>
        {
            json.WriteStartObject();
            TokenShape.Write(json, token, call);
            json.WriteEndObject();
        }).WithOffsetHeaders(call, page, perPage, tokens.Count, [new("page", "1"), new("per_page", "20")]);
    }

    private static Answer ReadSelf(ApiCall call) => call.Token.Kind is SandboxTokenKind.OAuth ? NotAPersonalToken() : Read(call, call.Token);

    private static Answer ReadById(ApiCall call)
    {
        if (NotANumber(call) is { } complaint)
            return complaint;
        var token = FindById(call);
        if (token is not null && (token.User == call.User || call.Caller.HasAdminPowers))
            return Read(call, token);

        // On 15.1 to 15.4 "self" lands here: a perfectly good token is answered 401.
        return call.Caller.HasAdminPowers && call.Release.Has(Capability.MissingTokenIs404ForAdmins) ? Answers.NotFound() : Answers.Unauthorized();
    }

    private static Answer RevokeSelf(ApiCall call)
    {
        if (call.Token.Kind is SandboxTokenKind.OAuth)
            return NotAPersonalToken();
        if (call.Token.Kind is SandboxTokenKind.Impersonation && !call.Caller.HasAdminPowers)
            return Answers.BadRequest("Not permitted to revoke");
        call.World.Revoke(call.Token);
        return Answer.Empty(204);
    }

    private static Answer RevokeById(ApiCall call)
    {
        if (NotANumber(call) is { } complaint)
            return complaint;
        var token = FindById(call);
        if (token is null)
            return call.Caller.HasAdminPowers ? Answers.NotFound() : Answers.Unauthorized();
        if (token.User != call.User && !call.Caller.HasAdminPowers)
            return Answers.BadRequest("Not permitted to revoke");
        call.World.Revoke(token);
        return Answer.Empty(204);
    }

    private static Answer RotateSelf(ApiCall call) => Rotate(call, call.Token);

    private static Answer RotateById(ApiCall call)
    {
        if (NotANumber(call) is { } complaint)
            return complaint;
        var token = FindById(call);
        if (token is not null && (token.User == call.User || call.Caller.HasAdminPowers))
            return Rotate(call, token);
        return call.Caller.HasAdminPowers ? Answers.NotFound() : Answers.Unauthorized();
    }

    internal static Answer Rotate(ApiCall call, SandboxToken token, bool isResource = false)
    {
        if (call.Token.Kind is SandboxTokenKind.OAuth)
            return Answers.Message(405, "405 Method Not Allowed");

        var wanted = call.Release.Has(Capability.RotationExpiry) ? call.Parameters.Date("expires_at") : null;
        if (call.Parameters.Complaint is { } complaint)
            return complaint;
        if (call.World.Settings.LegacyTokenRotationDisabled)
            return Answers.BadRequest("Rotation of legacy personal access tokens is disabled. Use a fine-grained token instead.");
        if (token.IsRevoked)
            return Answers.BadRequest("Token already revoked");

        var settings = call.World.Settings;
        var today = DateOnly.FromDateTime(call.World.Now.UtcDateTime);
        var latest = today.AddDays(settings.MaximumTokenLifetimeInDays);
        if (settings.TokenExpiryRequired && wanted > latest)
            return Answers.BadRequest($"Expiration date must be before {Json.Date(latest)}");

        var expiry = wanted ?? (settings.TokenExpiryRequired ? today.AddDays(Math.Min(7, settings.MaximumTokenLifetimeInDays)) : null);
        var rotated = call.World.Rotate(token, expiry);
        return Json.Object(200, json =>
        {
            if (isResource)
                TokenShape.WriteResource(json, rotated, call, withSecret: true);
            else
                TokenShape.Write(json, rotated, call, withSecret: true);
        });
    }

    private static Answer Associations(ApiCall call) => call.Token.Kind is SandboxTokenKind.OAuth
        ? NotAPersonalToken()
        : Json.Object(200, json => AssociationsShape.Write(json, call));

    private static Answer Read(ApiCall call, SandboxToken token) =>
        Json.Object(200, json => TokenShape.Write(json, token, call, withAddresses: true));

    private static Answer NotAPersonalToken() => Answers.BadRequest("This endpoint requires token type to be a personal access token");

    private static SandboxToken? FindById(ApiCall call) => call.PathNumber("id") is { } id ? call.World.FindToken(id) : null;

    private static Answer? NotANumber(ApiCall call) =>
        call.Release.Has(Capability.IntegerPathParameters) && call.PathNumber("id") is null ? Answers.Invalid("id is invalid") : null;
}
