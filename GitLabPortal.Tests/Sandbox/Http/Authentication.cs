using Microsoft.AspNetCore.Http;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>Circumstances that a fault may impose on single requests.</summary>
[Flags]
internal enum Circumstance
{
    None = 0,
    PersonalAccessTokensDisabled = 1,
    TermsNotAccepted = 2,
    CallerBlocked = 4,
    ProxyDecodesSlashes = 8,
    Maintenance = 16,
}

/// <summary>GitLab's rules for tokens on API calls, in GitLab's order (FACTS 2.1 and 2.2).</summary>
internal sealed class Authentication(SandboxWorld world, ServerIdentity server)
{
    private static readonly string[] TokenParameters = ["private_token", "access_token", "bearer_token", "job_token"];

    /// <summary>Finds the token without judging it, so that the request log can name it.</summary>
    public SandboxToken? Identify(ReceivedRequest request, Parameters parameters) => Find(Presented(request, parameters));

    /// <returns>A refusal, or null with the caller.</returns>
    public Answer? Check(ReceivedRequest request, Parameters parameters, Route route, Circumstance circumstances, out Caller caller)
    {
        caller = Caller.Anonymous;
        if (BearerOf(request.Headers) is not null && (parameters.Has("access_token") || parameters.Has("bearer_token")))
            return Answers.TwoTokens();

        if (Presented(request, parameters) is not { } presented)
            return route.Access is Access.Anyone ? null : Answers.Unauthorized();

        // A bad token is refused even where no token would have been fine.
        if (Find(presented) is not { } token || IsSwitchedOff(token, circumstances))
            return Answers.Unauthorized();

        var now = world.Now;
        if (token.IsExpiredAt(now))
            return Answers.Expired();
        if (token.IsRevoked)
        {
            if (route.IsRotation && server.Release.Has(Capability.RotationReuseDetection))
                world.RevokeFamily(token);
            return Answers.Revoked();
        }

        if (ReasonAgainst(token.User, circumstances) is { } reason)
            return Answers.Forbidden(reason);

        if (!IsInScope(token, route, request, out var listed))
            return Answers.InsufficientScope(listed);

        if (token.Kind is SandboxTokenKind.Impersonation && world.Settings.ImpersonationDisabled)
            return Answers.ImpersonationDisabled();

        // GitLab writes this at most every ten minutes.
        if (token.LastUsedAt is not { } last || now - last >= TimeSpan.FromMinutes(10))
            token.LastUsedAt = now;

        // Refreshing leaves the old pair alive until the new one is used for the first time.
        if (token.Predecessor is { } predecessor)
        {
            predecessor.IsRevoked = predecessor.IsRefreshRevoked = true;
            token.Predecessor = null;
        }

        caller = new Caller(token.User, token, HasAdminPowers(token));
        return route.Access is Access.Admin && !caller.HasAdminPowers ? Answers.Forbidden() : null;
    }

    public bool HasAdminPowers(SandboxToken token) => token.User.IsAdmin
        && (!world.Settings.AdminMode || !server.Release.Has(Capability.AdminModeForTokens) || token.Scopes.Contains("admin_mode"));

    /// <summary>Where the token stood, for the request log.</summary>
    public static string? SentAs(ReceivedRequest request, Parameters parameters) =>
        request.Headers.ContainsKey("PRIVATE-TOKEN") ? "PRIVATE-TOKEN"
        : request.Headers.Authorization.Count > 0 ? "Authorization"
        : request.Headers.ContainsKey("JOB-TOKEN") ? "JOB-TOKEN"
        : TokenParameters.FirstOrDefault(parameters.Has);

    private static PresentedToken? Presented(ReceivedRequest request, Parameters parameters)
    {
        if (request.Headers["PRIVATE-TOKEN"].ToString() is { Length: > 0 } header)
            return new PresentedToken(header, MayBeOAuth: false);
        if (parameters["private_token"] is { Length: > 0 } parameter)
            return new PresentedToken(parameter, MayBeOAuth: false);
        if ((BearerOf(request.Headers) ?? parameters["access_token"] ?? parameters["bearer_token"]) is { Length: > 0 } bearer)
            return new PresentedToken(bearer, MayBeOAuth: true);
        if ((request.Headers["JOB-TOKEN"].ToString() is { Length: > 0 } job ? job : parameters["job_token"]) is { Length: > 0 } jobToken)
            return new PresentedToken("no such job: " + jobToken, MayBeOAuth: false);
        return null;
    }

    private static string? BearerOf(IHeaderDictionary headers) =>
        headers.Authorization.ToString() is { } value && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value[7..].Trim() : null;

    private SandboxToken? Find(PresentedToken? presented) =>
        presented is not null && world.FindTokenBySecret(presented.Secret) is { } token && (token.Kind is not SandboxTokenKind.OAuth || presented.MayBeOAuth)
            ? token
            : null;

    private bool IsSwitchedOff(SandboxToken token, Circumstance circumstances) =>
        token.Kind is not SandboxTokenKind.OAuth
        && (world.Settings.PersonalAccessTokensDisabled || circumstances.HasFlag(Circumstance.PersonalAccessTokensDisabled));

    private string? ReasonAgainst(SandboxUser user, Circumstance circumstances)
    {
        if (circumstances.HasFlag(Circumstance.CallerBlocked))
            return "Your account has been blocked.";

        var url = server.ExternalUrl;
        return user.State switch
        {
            SandboxUserState.Blocked => "Your account has been blocked.",
            SandboxUserState.PendingApproval => "Your account is pending approval from your administrator and hence blocked.",
            SandboxUserState.Deactivated =>
                $"Your account has been deactivated by your administrator. Please log back in from a web browser to reactivate your account at {url}",
            SandboxUserState.Unconfirmed =>
                $"Your primary email address is not confirmed. Please check your inbox for the confirmation instructions. In case the link is expired, you can request a new confirmation email at {url}/users/confirmation/new",
            SandboxUserState.PasswordExpired => "Your password expired. Please access GitLab from a web browser to update your password.",
            SandboxUserState.Internal => "This action cannot be performed by internal users",
            _ when !user.IsBot && (circumstances.HasFlag(Circumstance.TermsNotAccepted) || (world.Settings.TermsEnforced && !user.HasAcceptedTerms)) =>
                $"You (@{user.Username}) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at {url}.",
            _ => null,
        };
    }

    private bool IsInScope(SandboxToken token, Route route, ReceivedRequest request, out IReadOnlyList<string> listed)
    {
        string[] own = route.Scopes(server.Release);
        listed = [.. own, "api", "read_api"];
        if (route.AnyScope || token.Scopes.Contains("api"))
            return true;

        // read_api is listed for writes too, where it does not help.
        return (request.IsRead && token.Scopes.Contains("read_api")) || own.Any(token.Scopes.Contains);
    }

    private sealed record PresentedToken(string Secret, bool MayBeOAuth);
}
