using System.Text.RegularExpressions;
using GitLabPortal.GitLab;

namespace GitLabPortal.Connections;

/// <summary>Turns the evidence into the passport: what the portal does × can or cannot × what is missing.</summary>
internal sealed partial class PassportWriter(TokenEvidence evidence, TokenCheckRequest request)
{
    private readonly GitLabUser? user = evidence.User.Value;
    private readonly GitLabMetadata? metadata = evidence.Metadata.Value;

    private IReadOnlyList<string> Scopes => evidence.Self is { IsGranular: false } self ? self.Scopes : [];

    private bool ScopesKnown => evidence.Self is { IsGranular: false, Scopes.Count: > 0 };

    public TokenPassport Write() => new()
    {
        Kind = Kind(user),
        TokenId = evidence.Self?.Id,
        TokenName = evidence.Self?.Name,
        Scopes = Scopes,
        ScopesKnown = ScopesKnown,
        ExpiresOn = evidence.Self?.ExpiresOn,
        UserId = user?.Id ?? evidence.Self?.UserId,
        Username = user?.Username,
        UserDisplayName = user?.Name,
        IsBot = user is not null && (user.IsBot || Kind(user) is not TokenKind.Personal),
        IsAdmin = user?.IsAdmin ?? false,
        AdminModeBlocks = evidence.AdminCalls.Worked ? !evidence.AdminCalls.Value : null,
        Version = metadata?.Version,
        IsEnterprise = metadata?.IsEnterprise,
        VisibleRepositories = evidence.Visible?.Count,
        VisibleIsLowerBound = evidence.Visible?.IsLowerBound ?? false,
        PrivateRepositories = evidence.Private.Value?.Count,
        MemberRepositories = evidence.Member.Value?.Count,
        Capabilities = [.. Capabilities()],
    };

    // By the names that GitLab gives to such users (FACTS 2.4); what the token itself looks like says nothing.
    private static TokenKind Kind(GitLabUser? user) => user switch
    {
        null => TokenKind.Unknown,
        _ when ProjectBot().IsMatch(user.Username) => TokenKind.Project,
        _ when GroupBot().IsMatch(user.Username) => TokenKind.Group,
        _ when user.Username.StartsWith("service_account_", StringComparison.Ordinal) => TokenKind.ServiceAccount,
        _ => TokenKind.Personal,
    };

    private IEnumerable<Capability> Capabilities()
    {
        yield return evidence.Self is not null
            ? new("Read the token's own data", CapabilityState.Can, "")
            : new("Read the token's own data", CapabilityState.Cannot, "GitLab offers it from 15.5 on");
        yield return Tried("Read who it belongs to", evidence.User, "read_user, read_api or api");
        yield return Tried("See the server's version", evidence.Metadata, "read_user, read_api or api");
        yield return Tried("List repositories", evidence.List, "read_api or api");
        yield return ReadOne();
        yield return Tried("List groups", evidence.Groups, "read_api or api");
        yield return ByScope("Clone over HTTPS", "read_repository", "write_repository", "read_api", "api");
        yield return ByScope("Read files", "read_repository", "read_api", "api");
        if (!request.ReadOnly)
        {
            yield return Webhooks();
            yield return Rotate();
        }

        yield return SeeEverything();
    }

    private static Capability Tried<T>(string name, Attempt<T> attempt, string scopes) => attempt switch
    {
        { Worked: true } => new(name, CapabilityState.Can, ""),
        { Error: GitLabForbiddenException { Reason: ForbiddenReason.InsufficientScope } e } =>
            new(name, CapabilityState.Cannot, $"needs the scope {(e.Scopes.Count > 0 ? GitLabFailures.Scopes(e).Replace(", ", " or ", StringComparison.Ordinal) : scopes)}"),
        { Error: GitLabForbiddenException { Permission: { } permission } } => new(name, CapabilityState.Cannot, $"needs the permission {permission}"),
        { Error: GitLabForbiddenException or GitLabUnauthorizedException or GitLabNotFoundException } => new(name, CapabilityState.Cannot, "GitLab refuses it"),
        { Error: not null } => new(name, CapabilityState.Unknown, "GitLab did not answer properly"),
        _ => new(name, CapabilityState.Unknown, "not tried"),
    };

    private Capability ReadOne()
    {
        const string Name = "Read one repository";
        if (evidence.One.WasMade) return Tried(Name, evidence.One, "read_api or api");
        if (!evidence.List.Worked) return Tried(Name, evidence.List, "read_api or api");
        // Listing and reading need the same scopes; with many repositories the request is spent on counting.
        return evidence.SawAll ? new(Name, CapabilityState.Unknown, "no repository is visible to try it with") : new(Name, CapabilityState.Can, "");
    }

    private Capability ByScope(string name, params string[] anyOf)
    {
        if (ScopesKnown)
            return Scopes.Any(s => anyOf.Contains(s, StringComparer.Ordinal)) ? new(name, CapabilityState.Can, "") : new(name, CapabilityState.Cannot, $"needs the scope {anyOf[0]}");
        // Listing works only with read_api or api, which are enough here too; fine-grained tokens have permissions of their own.
        return evidence.List.Worked && evidence.Self is null
            ? new(name, CapabilityState.Can, "")
            : new(name, CapabilityState.Unknown, "GitLab does not tell the token's scopes");
    }

    private Capability Webhooks()
    {
        const string Name = "Create webhooks";
        if (!ScopesKnown) return new(Name, CapabilityState.Unknown, "needs the scope api and the role Maintainer");
        return Scopes.Contains("api", StringComparer.Ordinal)
            ? new(Name, CapabilityState.Can, "where the account has the role Maintainer")
            : new(Name, CapabilityState.Cannot, "needs the scope api");
    }

    private Capability Rotate()
    {
        const string Name = "Renew itself before it expires";
        if (metadata?.Number() is not null && !metadata.IsAtLeast(16, 10)) return new(Name, CapabilityState.Cannot, "GitLab offers it from 16.10 on");
        if (!ScopesKnown) return new(Name, CapabilityState.Unknown, "needs the scope api or self_rotate");
        if (!Scopes.Contains("api", StringComparer.Ordinal) && !Scopes.Contains("self_rotate", StringComparer.Ordinal))
            return new(Name, CapabilityState.Cannot, metadata?.IsAtLeast(17, 9) == false ? "needs the scope api" : "needs the scope api or self_rotate");
        return metadata is null ? new(Name, CapabilityState.Unknown, "GitLab offers it from 16.10 on") : new(Name, CapabilityState.Can, "");
    }

    private Capability SeeEverything()
    {
        const string Name = "See every project of the server";
        if (user is null) return new(Name, CapabilityState.Unknown, "GitLab does not tell whose token it is");
        if (!user.IsAdmin) return new(Name, CapabilityState.Cannot, "needs an administrator's account");
        return evidence.AdminCalls switch
        {
            { Worked: true, Value: true } => new(Name, CapabilityState.Can, ""),
            { Worked: true } => new(Name, CapabilityState.Cannot, "needs the scope admin_mode, or a broader scope"),
            _ => new(Name, CapabilityState.Unknown, "GitLab did not answer properly"),
        };
    }

    [GeneratedRegex("^project_[0-9]+_bot", RegexOptions.NonBacktracking)]
    private static partial Regex ProjectBot();

    [GeneratedRegex("^group_[0-9]+_bot", RegexOptions.NonBacktracking)]
    private static partial Regex GroupBot();
}
