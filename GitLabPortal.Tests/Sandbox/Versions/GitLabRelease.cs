using System.Globalization;

namespace GitLabPortal.Tests.Sandbox;

/// <summary>A GitLab version such as "18.9.0-ee" and everything that depends on it. The table below is the only place that knows release numbers.</summary>
internal sealed class GitLabRelease
{
    private static readonly Dictionary<Capability, (int Major, int Minor)> Since = new()
    {
        [Capability.Always] = (0, 0),
        [Capability.Topics] = (14, 0),
        [Capability.DefaultTokenPrefix] = (14, 5),
        [Capability.SystemHookEditing] = (14, 9),
        [Capability.RevokeSelf] = (15, 0),
        [Capability.ReadTokenById] = (15, 1),
        [Capability.Metadata] = (15, 2),
        [Capability.MissingTokenIs404ForAdmins] = (15, 3),
        [Capability.RevokeSelfWithAnyScope] = (15, 4),
        [Capability.ReadTokenSelf] = (15, 5),
        [Capability.VersionMirrorsMetadata] = (15, 5),
        [Capability.EnterpriseInMetadata] = (15, 6),
        [Capability.UpdatedAtFilter] = (15, 10),
        [Capability.AnswersCarryMeta] = (16, 0),
        [Capability.HookAlertStatus] = (16, 0),
        [Capability.TokensMustExpire] = (16, 0),
        [Capability.RotateTokenById] = (16, 0),
        [Capability.AdminModeForTokens] = (16, 1),
        [Capability.RotationReuseDetection] = (16, 3),
        [Capability.SelfServiceTokens] = (16, 5),
        [Capability.RotationExpiry] = (16, 6),
        [Capability.UserSettingsTokenPage] = (16, 7),
        [Capability.MovedProjectsRedirect] = (16, 7),
        [Capability.RotateTokenSelf] = (16, 10),
        [Capability.RenewApplicationSecret] = (16, 11),
        [Capability.AiFeaturesScope] = (16, 11),
        [Capability.HookNames] = (17, 1),
        [Capability.TokenAssociations] = (17, 4),
        [Capability.HookIdempotencyKey] = (17, 4),
        [Capability.KasProxyUrl] = (17, 6),
        [Capability.TokenDescription] = (17, 7),
        [Capability.SelfRotateScope] = (17, 9),
        [Capability.LastUsedIps] = (17, 10),
        [Capability.ActiveFilter] = (18, 0),
        [Capability.DelayedDeletionForAll] = (18, 0),
        [Capability.AiWorkflowsScope] = (18, 0),
        [Capability.AuthorizationServerMetadata] = (18, 3),
        [Capability.RateLimitHeadersEverywhere] = (18, 6),
        [Capability.GranularTokens] = (19, 0),
        [Capability.SignedHooks] = (19, 0),
        [Capability.AiWorkflowsMayReadVersion] = (19, 0),
        [Capability.ServiceAccountsInCore] = (19, 0),
        [Capability.IntegerPathParameters] = (19, 3),
    };

    /// <summary>The releases that the product is tried against.</summary>
    public static readonly IReadOnlyList<string> Profiles = ["13.12.15", "15.4.6-ee", "16.6.10-ee", "16.11.10", "17.11.7-ee", "18.9.0-ee", "19.3.0-ee"];

    private readonly (int Major, int Minor) _number;

    public GitLabRelease(string text)
    {
        Text = text;
        var parts = text.Split('-')[0].Split('.');
        _number = (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
        IsEnterprise = text.EndsWith("-ee", StringComparison.Ordinal);
    }

    public string Text { get; }

    /// <summary>True for an EE package; says nothing about a licence.</summary>
    public bool IsEnterprise { get; }

    /// <summary>A short commit id that is stable for a version.</summary>
    public string Revision => Deterministic.Hex("revision:" + Text, 11);

    public bool Has(Capability capability) => Since[capability].CompareTo(_number) <= 0;

    public bool HasDelayedDeletion => IsEnterprise || Has(Capability.DelayedDeletionForAll);
}
