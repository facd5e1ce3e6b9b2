namespace GitLabPortal.Tests.Sandbox;

/// <summary>Creating users, service accounts and their tokens (FACTS 3.2).</summary>
internal static class PeopleRoutes
{
    public static readonly Route[] All =
    [
        new("GET", "users", List) { Scopes = static _ => ["read_user"] },
        new("POST", "users", Create) { Access = Access.Admin },
        new("GET", "users/:id", call => WithUser(call, user => Json.Object(200, json =>
        {
            if (call.Caller.HasAdminPowers)
                UserShape.WriteSelf(json, user, call.Server, call.World.Now, asAdmin: true);
            else
                UserShape.WriteBasicProperties(json, user, call.Server);
        }))) { Scopes = static _ => ["read_user"] },
        new("DELETE", "users/:id", call => WithUser(call, user =>
        {
            call.World.Delete(user);
            return Answer.Empty(204);
        })) { Access = Access.Admin },
        new("POST", "users/:user_id/personal_access_tokens", call => CreateToken(call, isImpersonation: false)) { Access = Access.Admin },
        new("POST", "users/:user_id/impersonation_tokens", call => CreateToken(call, isImpersonation: true)) { Access = Access.Admin },
        new("POST", "user/personal_access_tokens", CreateOwnToken) { Since = Capability.SelfServiceTokens },
        new("GET", "service_accounts", ListServiceAccounts) { Access = Access.Admin, InCoreSince = Capability.ServiceAccountsInCore },
        new("POST", "service_accounts", CreateServiceAccount) { Access = Access.Admin, InCoreSince = Capability.ServiceAccountsInCore },
    ];

    private static Answer List(ApiCall call)
    {
        var (page, perPage) = Paging.Read(call.Parameters);
        if (call.Parameters.Complaint is { } complaint)
            return complaint;
        if (call.World.Settings.OffsetLimit is var limit and > 0 && (long)page * perPage > limit)
            return Answers.OffsetTooDeep(limit, "User");
        var found = call.World.Users
            .Where(u => call.Parameters["username"] is not { Length: > 0 } name || string.Equals(u.Username, name, StringComparison.OrdinalIgnoreCase))
            .Where(u => call.Parameters["search"] is not { Length: > 0 } text || u.Username.Contains(text, StringComparison.OrdinalIgnoreCase) || u.Name.Contains(text, StringComparison.OrdinalIgnoreCase)
                || (call.Caller.HasAdminPowers && string.Equals(u.Email, text, StringComparison.OrdinalIgnoreCase)))
            .OrderByDescending(u => u.Id)
            .ToList();
        return Json.Array(found.Skip((page - 1) * perPage).Take(perPage), (json, user) =>
        {
            json.WriteStartObject();
            UserShape.WriteBasicProperties(json, user, call.Server);
            json.WriteEndObject();
        }).WithOffsetHeaders(call, page, perPage, found.Count, [new("page", "1"), new("per_page", "20")]);
    }

    private static Answer Create(ApiCall call)
    {
        var asked = call.Parameters;
        foreach (var name in (ReadOnlySpan<string>)["email", "name", "username"])
        {
            if (!asked.Has(name))
                asked.Complain($"{name} is missing");
        }

        if (!asked.Has("password") && !asked.Has("reset_password") && !asked.Has("force_random_password"))
            asked.Complain("password, reset_password, force_random_password are missing, at least one parameter must be provided");
        if (asked.Complaint is { } complaint)
            return complaint;
        if (asked["password"] is { Length: < 8 })
            return Answer.Json(400, """{"message":{"password":["is too short (minimum is 8 characters)"]}}""");
        var username = asked["username"]!;
        if (call.World.FindUserByEmail(asked["email"]!) is not null)
            return Answers.Message(409, "Email has already been taken");
        if (call.World.FindUser(username) is not null)
            return Answers.Message(409, "Username has already been taken");
        if (call.World.FindNamespace(username) is not null)
            return Answer.Json(400, """{"message":{"username":["has already been taken"]}}""");

        var state = asked.Flag("skip_confirmation") is true ? SandboxUserState.Active : SandboxUserState.Unconfirmed;
        var user = call.World.AddUser(username, asked["name"], admin: asked.Flag("admin") is true, external: asked.Flag("external") is true, state);
        call.World.SetEmail(user, asked["email"]!);
        user.Note = asked["note"];
        return Json.Object(201, json => UserShape.WriteSelf(json, user, call.Server, call.World.Now, asAdmin: true));
    }

    private static Answer WithUser(ApiCall call, Func<SandboxUser, Answer> handle) =>
        call.PathNumber("id") is { } id && call.World.FindUser(id) is { } user ? handle(user) : Answers.NotFound("User");

    private static Answer ListServiceAccounts(ApiCall call)
    {
        if (RefusesServiceAccounts(call))
            return Answers.Forbidden();
        var (page, perPage) = Paging.Read(call.Parameters);
        if (call.Parameters.Complaint is { } complaint)
            return complaint;
        var found = call.World.Users.Where(u => u.Kind is SandboxUserKind.ServiceAccount).ToList();
        return Json.Array(found.Skip((page - 1) * perPage).Take(perPage), (json, user) =>
        {
            json.WriteStartObject();
            UserShape.WriteBasicProperties(json, user, call.Server);
            json.WriteEndObject();
        }).WithOffsetHeaders(call, page, perPage, found.Count, [new("page", "1"), new("per_page", "20")]);
    }

    private static bool RefusesServiceAccounts(ApiCall call) => !call.World.Settings.IsLicensed && !call.Release.Has(Capability.ServiceAccountsInCore);

    private static Answer CreateServiceAccount(ApiCall call)
    {
        if (RefusesServiceAccounts(call))
            return Answers.Forbidden();
        var username = call.Parameters["username"] ?? $"service_account_{Deterministic.Hex($"service:{call.World.Users.Count}", 32)}";
        if (call.World.FindNamespace(username) is not null)
            return Answer.Json(400, """{"message":"Username has already been taken"}""");
        var user = call.World.AddServiceAccount(username, call.Parameters["name"]);
        return Json.Object(201, json =>
        {
            json.WriteNumber("id", user.Id);
            json.WriteString("username", user.Username);
            json.WriteString("name", user.Name);
            json.WriteString("email", user.Email);
        });
    }

    private static Answer CreateToken(ApiCall call, bool isImpersonation)
    {
        if (call.PathNumber("user_id") is not { } id || call.World.FindUser(id) is not { } user)
            return Answers.NotFound("User");
        if (Read(call, out var scopes, out var expiry) is { } complaint)
            return complaint;
        if (isImpersonation && expiry is null && call.World.Settings.TokenExpiryRequired)
            return Answer.Json(400, """{"message":{"expires_at":["can't be blank"]}}""");

        expiry ??= Latest(call);
        var token = isImpersonation
            ? call.World.AddImpersonationToken(user, scopes, DaysUntil(call, expiry))
            : call.World.AddToken(user, scopes, DaysUntil(call, expiry), call.Parameters["name"], description: call.Parameters["description"]);
        return Json.Object(201, json =>
        {
            TokenShape.Write(json, token, call, withSecret: true);
            if (isImpersonation)
                json.WriteBoolean("impersonation", true);
        });
    }

    /// <summary>Nobody can make an api token for oneself over the API.</summary>
    private static Answer CreateOwnToken(ApiCall call)
    {
        if (Read(call, out var scopes, out var expiry) is { } complaint)
            return complaint;
        if (scopes.Any(s => s is not ("k8s_proxy" or "self_rotate")))
            return Answers.Invalid("scopes does not have a valid value");
        var token = call.World.AddToken(call.User, scopes, DaysUntil(call, expiry ?? Latest(call)), call.Parameters["name"], description: call.Parameters["description"]);
        return Json.Object(201, json => TokenShape.Write(json, token, call, withSecret: true));
    }

    private static Answer? Read(ApiCall call, out IReadOnlyList<string> scopes, out DateOnly? expiry)
    {
        var asked = call.Parameters;
        scopes = asked.List("scopes");
        if (!asked.Has("name"))
            asked.Complain("name is missing");
        if (scopes.Count == 0)
            asked.Complain("scopes is missing");
        else if (!scopes.All(SandboxWorld.IsPersonalScope))
            asked.Complain("scopes does not have a valid value");
        expiry = asked.Date("expires_at");
        if (asked.Complaint is { } complaint)
            return complaint;
        return call.World.Settings.TokenExpiryRequired && Latest(call) is { } latest && expiry > latest
            ? Answers.Message(422, $"Expiration date must be before {Json.Date(latest)}")
            : null;
    }

    private static DateOnly? Latest(ApiCall call) => call.World.Settings.TokenExpiryRequired
        ? DateOnly.FromDateTime(call.World.Now.UtcDateTime).AddDays(call.World.Settings.MaximumTokenLifetimeInDays)
        : null;

    private static int? DaysUntil(ApiCall call, DateOnly? date) => date?.DayNumber - DateOnly.FromDateTime(call.World.Now.UtcDateTime).DayNumber;
}
