namespace GitLabPortal.Tests.Sandbox;

/// <summary>What an administrator can switch on the sandbox server, at start or while it runs.</summary>
public sealed class SandboxSettings
{
    /// <summary>Admin Mode: an admin's token needs the scope admin_mode for admin powers.</summary>
    public bool AdminMode { get; set; }
    public bool PersonalAccessTokensDisabled { get; set; }
    public bool ImpersonationDisabled { get; set; }

    /// <summary>An EE package may run without a licence: then it refuses what only licences have.</summary>
    public bool IsLicensed { get; set; } = true;

    /// <summary>People must have accepted terms before any call works.</summary>
    public bool TermsEnforced { get; set; }
    public bool TokenExpiryRequired { get; set; } = true;

    /// <summary>Fixed at two hours before 19.1.</summary>
    public int OAuthLifetimeInSeconds { get; set; } = 7200;
    public int MaximumTokenLifetimeInDays { get; set; } = 365;

    /// <summary>19.x: instances may forbid rotating tokens that are not fine-grained.</summary>
    public bool LegacyTokenRotationDisabled { get; set; }

    /// <summary>Maintenance mode with this message; null means off. Reads go on working.</summary>
    public string? MaintenanceMessage { get; set; }

    /// <summary>Whether the caller's address may read /-/health and its siblings. From another machine it normally may not.</summary>
    public bool MonitoringAllowed { get; set; }

    /// <summary>GitLab.com limits deep offsets of anonymous project lists; self-managed servers do not by default.</summary>
    public int? AnonymousProjectOffsetLimit { get; set; }

    /// <summary>Deep offsets of group and user lists are refused past this; 0 means never.</summary>
    public int OffsetLimit { get; set; } = 50_000;

    /// <summary>The server-wide limit per caller, off on self-managed servers unless set; requests that pass carry RateLimit headers from 18.6 on.</summary>
    public SandboxThrottle? Throttle { get; set; }

    /// <summary>Admin area, network, outbound requests: whether system hooks may go to the local network. On unless somebody forbids it.</summary>
    public bool LocalRequestsFromSystemHooks { get; set; } = true;

    /// <summary>The default branch name of new repositories; also reported for empty ones.</summary>
    public string DefaultBranchName { get; set; } = "main";
    public string BrandTitle { get; set; } = "GitLab";
}
