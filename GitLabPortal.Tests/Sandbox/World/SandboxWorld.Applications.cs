using System.Globalization;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>OAuth applications, their grants, and browsers that are signed in.</summary>
public sealed partial class SandboxWorld
{
    private readonly Dictionary<long, SandboxApplication> _applications = [];
    private readonly Dictionary<string, SandboxGrant> _grants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SandboxToken> _tokensByRefreshSecret = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SandboxUser> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _returnTargets = new(StringComparer.Ordinal);
    private long _lastApplicationId;
    private long _secretsMade;

    public IReadOnlyList<SandboxApplication> Applications => Read(() => _applications.Values.ToList());

    public SandboxApplication AddApplication(string name, string redirectUri, IReadOnlyList<string> scopes, bool confidential = true, bool trusted = false) => Write(() =>
    {
        var application = new SandboxApplication
        {
            Id = ++_lastApplicationId,
            ClientId = NewOpaque(64),
            Secret = NewApplicationSecret(),
            Name = name,
            RedirectUris = redirectUri.Split((char[])['\n', '\r', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Scopes = scopes,
            IsConfidential = confidential,
            IsTrusted = trusted,
        };
        _applications.Add(application.Id, application);
        return application;
    });

    /// <summary>Takes all grants and tokens of the application along.</summary>
    public void Delete(SandboxApplication application) => Write(() =>
    {
        _applications.Remove(application.Id);
        foreach (var token in _tokens.Values.Where(t => t.Application == application))
            token.IsRevoked = token.IsRefreshRevoked = true;
    });

    /// <summary>As when the user takes back the authorisation.</summary>
    public void RevokeOAuth(SandboxToken token) => Write(() => token.IsRevoked = token.IsRefreshRevoked = true);

    public void RenewSecret(SandboxApplication application) => Write(() => application.Secret = NewApplicationSecret());

    internal SandboxApplication? FindApplication(long id) => Read(() => _applications.GetValueOrDefault(id));

    internal SandboxApplication? FindApplication(string? clientId) => Read(() => _applications.Values.FirstOrDefault(a => a.ClientId == clientId));

    internal bool HasAuthorized(SandboxUser user, SandboxApplication application, IReadOnlyList<string> scopes) => Read(() =>
        _tokens.Values.Any(t => t.Application == application && t.User == user && !t.IsRevoked && scopes.All(t.Scopes.Contains)));

    internal string AddGrant(SandboxGrant grant) => Write(() =>
    {
        var code = NewOpaque(64);
        _grants.Add(code, grant);
        return code;
    });

    /// <summary>A code works once.</summary>
    internal SandboxGrant? TakeGrant(string? code) => Write(() => code is not null && _grants.Remove(code, out var grant) && grant.ExpiresAt > Now ? grant : null);

    internal SandboxToken AddOAuthPair(SandboxApplication application, SandboxUser user, IReadOnlyList<string> scopes, SandboxToken? predecessor) => Write(() =>
    {
        var token = Keep(new SandboxToken
        {
            Id = ++_lastTokenId,
            Secret = NewOpaque(64),
            RefreshSecret = NewOpaque(64),
            Name = "oauth",
            User = user,
            Kind = SandboxTokenKind.OAuth,
            Scopes = scopes,
            CreatedAt = Now,
            ExpiresAtInstant = Now.AddSeconds(Settings.OAuthLifetimeInSeconds),
            Application = application,
            Predecessor = predecessor,
        });
        _tokensByRefreshSecret.Add(token.RefreshSecret!, token);
        return token;
    });

    internal SandboxToken? FindTokenByRefreshSecret(string? secret) => Read(() => secret is null ? null : _tokensByRefreshSecret.GetValueOrDefault(secret));

    /// <summary>A browser's session; the target is where GitLab leads after signing in.</summary>
    internal string OpenSession(SandboxUser? user, string? returnTo) => Write(() =>
    {
        var session = NewOpaque(32);
        if (user is not null)
            _sessions[session] = user;
        if (returnTo is not null)
            _returnTargets[session] = returnTo;
        return session;
    });

    internal SandboxUser? UserOfSession(string? session) => Read(() => session is null ? null : _sessions.GetValueOrDefault(session));

    internal string? TakeReturnTarget(string? session) => Write(() => session is not null && _returnTargets.Remove(session, out var target) ? target : null);

    private string NewApplicationSecret() => "gloas-" + NewOpaque(64);

    private string NewOpaque(int length) =>
        Deterministic.Hex($"opaque:{_secretSeed}:{(++_secretsMade).ToString(CultureInfo.InvariantCulture)}", length);
}
