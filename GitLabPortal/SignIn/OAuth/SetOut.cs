using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>What the person wants there.</summary>
/// <param name="ReturnUrl">A path of this portal to lead to afterwards.</param>
/// <param name="Invitation">The code of an invitation that the person came by.</param>
/// <param name="AccountId">Whose account gets the link; null for signing in.</param>
/// <param name="SessionId">The session that asked for it.</param>
/// <param name="WithRepositories">The person lets the portal read their repositories, too.</param>
public sealed record TripWish(string ReturnUrl, string? Invitation = null, Guid? AccountId = null, Guid? SessionId = null, bool WithRepositories = false);

/// <summary>
/// Sends a browser to GitLab's consent page (authorization code, PKCE S256, state). GitLab shows its own errors and never calls back,
/// so what can be known before is looked at before: whether the application is still there and whether the portal's address fits.
/// </summary>
public sealed class SetOut(
    IDbContextFactory<PortalDb> contexts, ApplicationSecrets secrets, SignInTrips trips, IOptions<PortalOptions> portal, TimeProvider clock)
{
    public const string CallbackPath = IntegrationOptions.CallbackPath;

    public const string UserScope = "read_user";
    public const string ReadScope = GitLabIdentity.RepositoryScope;

    /// <returns>Where the browser has to go.</returns>
    public async Task<Result<Uri>> RunAsync(HttpContext context, Guid serverId, TripWish wish, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var application = await db.Set<ServerApplication>()
            .AsNoTracking()
            .Include(a => a.Server)
            .Where(a => a.ServerId == serverId && a.State != ApplicationState.Old)
            .OrderByDescending(a => a.CreatedAt)
            .FirstOrDefaultAsync(cancellationToken);
        if (application is null) return ApplicationSecrets.NotSetUp;
        if (application.State is ApplicationState.Missing) return Missing(application.Server!.AddressForPeople());
        var secret = secrets.Open(application);
        if (!secret.IsSuccess) return secret.Problem;

        var address = PortalAddress.Of(portal.Value, context.Request);
        if (AddressProblem(address, application.RedirectUri, context.Request) is { } problem) return problem;

        var needsGroups = await db.Set<ServerEntry>().AnyAsync(e => e.ServerId == serverId && e.Rule == JoinRule.Groups, cancellationToken);
        // The least that is of use: projects are read where they decide what members see, or where the person asks for it.
        var needsProjects = await db.Set<Connection>().AnyAsync(c => c.ServerId == serverId && c.Audience == ConnectionAudience.Members, cancellationToken);
        string[] scopes = (needsGroups || needsProjects || wish.WithRepositories) && application.Scopes.Split(' ').Contains(ReadScope) ? [UserScope, ReadScope] : [UserScope];
        return Start(context, application.Server!, application.Id, application.ClientId, application.RedirectUri, scopes, wish);
    }

    /// <summary>The same for connecting one's account as an integration, with the application of the operator's settings.</summary>
    public Result<Uri> RunForIntegration(HttpContext context, Server server, TripWish wish)
    {
        if (secrets.ForIntegration(server.BaseUrl) is not { } secret) return ApplicationSecrets.NotSetUp;
        if (AddressProblem(PortalAddress.Of(portal.Value, context.Request), secret.RedirectUri, context.Request) is { } problem) return problem;
        return Start(context, server, null, secret.Application.ClientId, secret.RedirectUri, [UserScope, ReadScope], wish);
    }

    public static Problem Missing(string baseUrl) => new Problem.Conflict(
        "application-missing", $"{baseUrl} no longer knows this portal: its application there was deleted or its secret renewed. A portal administrator can repair it on the page Servers. Until then sign in with your e-mail address and password, if you have one.");

    private static Problem.Conflict? AddressProblem(string address, string redirectUri, HttpRequest request)
    {
        var callback = address + CallbackPath;
        if (!string.Equals(callback, redirectUri, StringComparison.Ordinal))
        {
            return new(
                "portal-address-differs",
                $"The portal's address is {address} now, but GitLab knows it as {WithoutCallback(redirectUri)} and would refuse. A portal administrator can set up sign-in anew on the page Servers, or correct Portal:PublicUrl.");
        }

        // The way back leads to that host: a cookie of another one would not be there.
        return string.Equals(new Uri(redirectUri).Host, request.Host.Host, StringComparison.OrdinalIgnoreCase)
            ? null
            : new("portal-opened-elsewhere", $"You opened the portal at {request.Host}. Signing in with GitLab works at {address}: open it there.");
    }

    private static string WithoutCallback(string redirectUri) =>
        redirectUri.EndsWith(CallbackPath, StringComparison.Ordinal) ? redirectUri[..^CallbackPath.Length] : redirectUri;

    private Uri Start(HttpContext context, Server server, Guid? applicationId, string clientId, string redirectUri, string[] scopes, TripWish wish)
    {
        var trip = new SignInTrip
        {
            State = OneTimeCode.New(),
            Verifier = SignInTrip.NewVerifier(),
            Purpose = wish.AccountId is null ? TripPurpose.SignIn : TripPurpose.Link,
            ServerId = server.Id,
            ApplicationId = applicationId,
            RedirectUri = redirectUri,
            ReturnUrl = ReturnUrl.Local(wish.ReturnUrl),
            Invitation = wish.Invitation,
            AccountId = wish.AccountId,
            SessionId = wish.SessionId,
            ExpiresAt = clock.GetUtcNow() + SignInTrips.Lifetime,
        };
        trips.Start(context, trip);
        var query = QueryString.Create(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["client_id"] = clientId,
            ["redirect_uri"] = redirectUri,
            ["response_type"] = "code",
            ["scope"] = string.Join(' ', scopes),
            ["state"] = trip.State,
            ["code_challenge"] = trip.Challenge,
            ["code_challenge_method"] = "S256",
        });
        return new Uri($"{server.AddressForPeople()}/oauth/authorize{query}");
    }
}
