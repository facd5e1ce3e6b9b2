using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitLabPortal.Security;
using Microsoft.AspNetCore.DataProtection;

namespace GitLabPortal.SignIn;

/// <summary>What the person is after: signing in, or linking a GitLab account to the one they are signed in to.</summary>
public enum TripPurpose { SignIn, Link }

/// <summary>
/// A way to GitLab and back, as the browser that set out keeps it: encrypted, for a quarter of an hour, for one return. Without it an
/// answer of GitLab's is worthless, so nobody can be signed in by somebody else's link.
/// </summary>
public sealed record SignInTrip
{
    /// <summary>Comes back from GitLab with the code.</summary>
    public required string State { get; init; }

    /// <summary>Proves to GitLab that the code comes from whoever asked for it (PKCE).</summary>
    public required string Verifier { get; init; }

    public required TripPurpose Purpose { get; init; }

    public required Guid ServerId { get; init; }

    /// <summary>Null for an integration, whose application stands in the settings.</summary>
    public Guid? ApplicationId { get; init; }

    /// <summary>Exactly as it was sent to GitLab.</summary>
    public required string RedirectUri { get; init; }

    public required string ReturnUrl { get; init; }

    /// <summary>The code of an invitation that the person came by.</summary>
    public string? Invitation { get; init; }

    /// <summary>Whose account gets the link, and in which session; of <see cref="TripPurpose.Link"/>.</summary>
    public Guid? AccountId { get; init; }

    public Guid? SessionId { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    public override string ToString() => $"{nameof(SignInTrip)} {{ Purpose = {Purpose} }}";

    public static string NewVerifier() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}

/// <summary>Keeps trips in cookies, one for each, so that two tabs do not disturb each other.</summary>
public sealed class SignInTrips(IDataProtectionProvider provider, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    internal const string CookiePrefix = "gitlabportal.trip.";
    private const string Path = "/sign-in";
    private const int MaxTrips = 5;

    private readonly IDataProtector protector = provider.CreateProtector("sign-in-trip");

    public void Start(HttpContext context, SignInTrip trip)
    {
        foreach (var old in context.Request.Cookies.Keys.Where(k => k.StartsWith(CookiePrefix, StringComparison.Ordinal)).Skip(MaxTrips - 1)) Forget(context, old);
        var text = JsonSerializer.Serialize(trip, TripJson.Default.SignInTrip);
        context.Response.Cookies.Append(NameOf(trip.State), protector.Protect(text), new CookieOptions
        {
            HttpOnly = true,
            Secure = context.Request.IsHttps,
            // Lax: GitLab leads back by a link, which must carry it.
            SameSite = SameSiteMode.Lax,
            Path = Path,
            MaxAge = Lifetime,
            IsEssential = true,
        });
    }

    /// <summary>The trip that this browser began with this state. It counts once: the cookie is gone afterwards.</summary>
    public SignInTrip? Finish(HttpContext context, string? state)
    {
        if (state is not { Length: > 8 and <= 100 } || !state.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) return null;
        if (context.Request.Cookies[NameOf(state)] is not { Length: > 0 and <= 8000 } cookie) return null;
        Forget(context, NameOf(state));
        try
        {
            var trip = JsonSerializer.Deserialize(protector.Unprotect(cookie), TripJson.Default.SignInTrip);
            return trip is not null && OneTimeCode.Matches(trip.State, state) && trip.ExpiresAt > clock.GetUtcNow() ? trip : null;
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            return null;
        }
    }

    private static void Forget(HttpContext context, string name) => context.Response.Cookies.Delete(name, new CookieOptions { Path = Path });

    private static string NameOf(string state) => CookiePrefix + state[..8];
}

[JsonSerializable(typeof(SignInTrip))]
internal sealed partial class TripJson : JsonSerializerContext;
