using System.Globalization;

namespace GitLabPortal.Tests.Sandbox;

public sealed partial class SandboxWorld
{
    private static readonly HashSet<string> PersonalOnlyScopes = ["read_user", "sudo", "admin_mode", "read_service_ping"];

    private static readonly HashSet<string> PersonalScopes =
    [
        .. PersonalOnlyScopes, "api", "read_api", "create_runner", "manage_runner", "k8s_proxy", "self_rotate", "read_repository", "write_repository",
        "read_registry", "write_registry", "read_virtual_registry", "write_virtual_registry", "ai_features",
    ];

    private readonly Dictionary<string, SandboxToken> _tokensBySecret = new(StringComparer.Ordinal);
    private readonly Dictionary<long, SandboxToken> _tokens = [];
    private long _lastTokenId;

    public IReadOnlyList<SandboxToken> Tokens => Read(() => _tokens.Values.ToList());

    /// <param name="user">Whose token; a service account's tokens are of that kind.</param>
    /// <param name="scopes">GitLab's scope names.</param>
    /// <param name="expiresInDays">0 or less makes a token that is dead already; null one that never expires.</param>
    /// <param name="name">Shown by /personal_access_tokens/self.</param>
    /// <param name="secret">For a token of a given form; otherwise GitLab's own form.</param>
    /// <param name="description">From 17.7 on.</param>
    public SandboxToken AddToken(
        SandboxUser user,
        IReadOnlyList<string> scopes,
        int? expiresInDays = 365,
        string? name = null,
        string? secret = null,
        string? description = null) =>
        Write(() => Keep(new SandboxToken
        {
            Id = ++_lastTokenId,
            Secret = secret ?? NewSecret(),
            Name = name ?? "portal",
            Description = description,
            User = user,
            Kind = user.Kind is SandboxUserKind.ServiceAccount ? SandboxTokenKind.ServiceAccount : SandboxTokenKind.Personal,
            Scopes = scopes,
            CreatedAt = Now,
            ExpiresAt = InDays(expiresInDays),
        }));

    public SandboxToken AddImpersonationToken(SandboxUser user, IReadOnlyList<string> scopes, int? expiresInDays = 365) =>
        Write(() => Keep(new SandboxToken
        {
            Id = ++_lastTokenId,
            Secret = NewSecret(),
            Name = "impersonation",
            User = user,
            Kind = SandboxTokenKind.Impersonation,
            Scopes = scopes,
            CreatedAt = Now,
            ExpiresAt = InDays(expiresInDays),
        }));

    /// <summary>An OAuth access token: 64 hexadecimal digits, two hours by default, not accepted in PRIVATE-TOKEN.</summary>
    public SandboxToken AddOAuthToken(SandboxUser user, IReadOnlyList<string> scopes, TimeSpan? lifetime = null) =>
        Write(() => Keep(new SandboxToken
        {
            Id = ++_lastTokenId,
            Secret = Deterministic.Hex($"oauth:{_secretSeed}:{_lastTokenId.ToString(CultureInfo.InvariantCulture)}", 64),
            Name = "oauth",
            User = user,
            Kind = SandboxTokenKind.OAuth,
            Scopes = scopes,
            CreatedAt = Now,
            ExpiresAtInstant = Now + (lifetime ?? TimeSpan.FromHours(2)),
        }));

    /// <summary>A project access token with its bot user. GitLab offers neither read_user nor admin scopes for it.</summary>
    public SandboxToken AddProjectToken(SandboxProject project, IReadOnlyList<string> scopes, int accessLevel = 40, int? expiresInDays = 365, string? secret = null) =>
        Write(() =>
        {
            var bot = AddResourceBot("project", project.Id, SandboxUserKind.ProjectBot);
            bot.ProjectLevels[project.Id] = accessLevel;
            return KeepResourceToken(bot, scopes, SandboxTokenKind.Project, project.Id, accessLevel, expiresInDays, secret);
        });

    public SandboxToken AddGroupToken(SandboxGroup group, IReadOnlyList<string> scopes, int accessLevel = 40, int? expiresInDays = 365, string? secret = null) =>
        Write(() =>
        {
            var bot = AddResourceBot("group", group.Id, SandboxUserKind.GroupBot);
            bot.GroupLevels[group.Id] = accessLevel;
            return KeepResourceToken(bot, scopes, SandboxTokenKind.Group, group.Id, accessLevel, expiresInDays, secret);
        });

    public void Revoke(SandboxToken token) => Write(() => token.IsRevoked = true);

    /// <summary>The old token is dead at once; the new one has a new id and the same name, scopes and user.</summary>
    public SandboxToken Rotate(SandboxToken token, DateOnly? expiresAt) => Write(() =>
    {
        token.IsRevoked = true;
        return Keep(new SandboxToken
        {
            Id = ++_lastTokenId,
            Secret = NewSecret(),
            Name = token.Name,
            Description = token.Description,
            User = token.User,
            Kind = token.Kind,
            Scopes = token.Scopes,
            CreatedAt = Now,
            ExpiresAt = expiresAt,
            ResourceId = token.ResourceId,
            AccessLevel = token.AccessLevel,
            Family = token.Family,
        });
    });

    internal static bool IsPersonalScope(string scope) => PersonalScopes.Contains(scope);

    internal SandboxToken? FindToken(long id) => Read(() => _tokens.GetValueOrDefault(id));

    internal SandboxToken? FindTokenBySecret(string secret) => _tokensBySecret.GetValueOrDefault(secret);

    /// <summary>A replayed token gives its thief away: every later token of the family dies.</summary>
    internal void RevokeFamily(SandboxToken token) => Write(() =>
    {
        foreach (var member in token.Family)
            member.IsRevoked = true;
    });

    private SandboxUser AddResourceBot(string resource, long id, SandboxUserKind kind)
    {
        var salt = Deterministic.Hex($"bot:{resource}:{id}:{_lastUserId}", 32);
        return AddUser($"{resource}_{id}_bot_{salt}", $"{resource} token", kind: kind);
    }

    private SandboxToken KeepResourceToken(
        SandboxUser bot, IReadOnlyList<string> scopes, SandboxTokenKind kind, long resourceId, int accessLevel, int? expiresInDays, string? secret)
    {
        if (scopes.FirstOrDefault(PersonalOnlyScopes.Contains) is { } impossible)
            throw new ArgumentException($"GitLab does not offer the scope {impossible} for a {kind} token.", nameof(scopes));

        return Keep(new SandboxToken
        {
            Id = ++_lastTokenId,
            Secret = secret ?? NewSecret(),
            Name = $"{kind} token",
            User = bot,
            Kind = kind,
            Scopes = scopes,
            CreatedAt = Now,
            ExpiresAt = InDays(expiresInDays),
            ResourceId = resourceId,
            AccessLevel = accessLevel,
        });
    }

    private SandboxToken Keep(SandboxToken token)
    {
        token.Family.Add(token);
        _tokens.Add(token.Id, token);
        _tokensBySecret.Add(token.Secret, token);
        return token;
    }

    private string NewSecret()
    {
        var body = Deterministic.Token($"{_secretSeed}:{_lastTokenId.ToString(CultureInfo.InvariantCulture)}", 20);
        return _release.Has(Capability.DefaultTokenPrefix) ? "glpat-" + body : body;
    }

    private DateOnly? InDays(int? days) => days is { } count ? DateOnly.FromDateTime(Now.UtcDateTime).AddDays(count) : null;
}
