using System.Globalization;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>Says in findings what the passport means for this connection. Only a list that fails refuses a living token.</summary>
internal sealed class TokenJudge(TokenEvidence evidence, TokenPassport passport, TokenCheckRequest request, TimeProvider time)
{
    private const int SoonDays = 30;

    /// <summary>Scopes that nothing in the portal uses. admin_mode is not among them: an administrator may want to see every project.</summary>
    private static readonly string[] NeverNeeded =
        ["sudo", "k8s_proxy", "create_runner", "manage_runner", "write_repository", "read_registry", "write_registry", "read_virtual_registry", "write_virtual_registry", "ai_features", "read_service_ping"];

    public Finding? Account()
    {
        if (evidence.User.Value is not { } user)
            return evidence.User.Error is GitLabForbiddenException
                ? AccountCodes.AccountUnknown.Saw("The token may not read whose it is.")
                : AccountCodes.AccountUnknown.Saw("GitLab did not tell whose token it is.");
        if (user.IsAdmin && passport.AdminModeBlocks != true) return AccountCodes.Administrator.Saw($"@{user.Username} is an administrator of this GitLab.");
        return passport.IsBot
            ? AccountCodes.Account.Saw($"The token belongs to the bot account @{user.Username}.")
            : AccountCodes.Person.Saw($"The token belongs to @{user.Username}, which looks like a person's account.");
    }

    public Finding? AdminMode() => passport.AdminModeBlocks == true
        ? AccountCodes.AdminMode.Saw($"@{passport.Username} is an administrator, but GitLab refuses administrator calls with this token. Most likely Admin Mode is on and the token lacks the scope admin_mode.")
        : null;

    public Finding Version()
    {
        if (evidence.Metadata.Value is not { } metadata) return AccessCodes.VersionUnknown.Saw("The token may not read GitLab's version.");
        var edition = metadata.IsEnterprise switch { true => ", Enterprise Edition", false => ", Community Edition", null => "" };
        return metadata.Number() is not null && !metadata.IsAtLeast(13, 12)
            ? AccessCodes.TooOld.Saw($"GitLab {metadata.Version}{edition}.")
            : AccessCodes.Version.Saw($"GitLab {metadata.Version}{edition}.");
    }

    public Finding? FineGrained() => evidence.Self is { IsGranular: true }
        ? TokenCodes.FineGrained.Saw("The token has permissions instead of scopes.")
        : null;

    public Finding? Scopes()
    {
        if (evidence.Self is { IsGranular: true }) return null;
        if (!passport.ScopesKnown) return TokenCodes.ScopesUnknown.Saw("GitLab does not tell the token's scopes.");
        var canWrite = passport.Scopes.Contains("api", StringComparer.Ordinal);
        if (!request.ReadOnly && !canWrite)
        {
            var missing = passport.Capabilities.Where(c => c.State is CapabilityState.Cannot && c.Detail.Contains("scope api", StringComparison.Ordinal)).Select(c => c.Name.ToLowerInvariant());
            return TokenCodes.ReadsOnly.Saw($"The token has the scopes {List(passport.Scopes)}. It could not {string.Join(" or ", missing)}.");
        }

        if (request.ReadOnly && canWrite) return TokenCodes.Wider.Saw($"The token has the scopes {List(passport.Scopes)}, and you chose read-only.");
        var unused = passport.Scopes.Intersect(NeverNeeded, StringComparer.Ordinal).ToList();
        return unused.Count > 0
            ? TokenCodes.Wider.Saw($"The portal never uses {List(unused)}.", request.ReadOnly ? null : "Create a token with the scopes api, read_user and read_repository only.")
            : null;
    }

    public Finding? Expiry()
    {
        if (evidence.Self is null) return null;
        if (passport.ExpiresOn is not { } date) return TokenCodes.NeverExpires.Saw("GitLab gives no expiry date for the token.");
        var days = date.DayNumber - DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).DayNumber;
        var text = string.Create(CultureInfo.InvariantCulture, $"The token ends on {date:yyyy-MM-dd} at 00:00 UTC, {(days == 1 ? "in 1 day" : $"in {days} days")}.");
        return days switch
        {
            // GitLab would have refused it; the clocks may differ by hours.
            <= 0 => TokenCodes.ExpiresSoon.Saw(string.Create(CultureInfo.InvariantCulture, $"The token ends on {date:yyyy-MM-dd} at 00:00 UTC, which is now by this portal's clock.")),
            <= SoonDays => TokenCodes.ExpiresSoon.Saw(text),
            _ => TokenCodes.Expires.Saw(text),
        };
    }

    public Finding? LinkHost() => evidence.List.Value?.LinkHost is { } host
        ? ServerCodes.AddressDiffers.Saw($"GitLab's own links name {host}, you are at {request.Address.Authority}.")
        : null;

    public Finding? RateLimit()
    {
        if (evidence.List.Value?.RateLimit is not { } limit) return null;
        var text = string.Create(CultureInfo.InvariantCulture, $"GitLab limits the token's account to about {limit.PerMinute:N0} requests a minute; {limit.Remaining:N0} are left in the present period.");
        // GitLab tells the limit by the minute and the rest by its real period: only observed and remaining belong together.
        return limit.Remaining * 10L < limit.Observed + (long)limit.Remaining ? AccessCodes.LimitNearlyUsed.Saw(text) : AccessCodes.Limits.Saw(text);
    }

    public Finding Repositories()
    {
        var visible = passport.VisibleRepositories ?? 0;
        if (visible == 0) return AccessCodes.NoRepositories.Saw("The token works, but no repository is visible to its account.");
        if (request.Coverage is ConnectionCoverage.Memberships && passport.MemberRepositories == 0)
            return AccessCodes.NoRepositories.Saw($"The token's account is a member of no repository ({Count(visible, passport.VisibleIsLowerBound)} are visible to it).");
        var privates = passport.PrivateRepositories is { } number ? $", {Count(number, evidence.Private.Value?.IsLowerBound ?? false)} of them private" : "";
        return AccessCodes.Lists.Saw($"The token sees {Count(visible, passport.VisibleIsLowerBound)} {(visible == 1 ? "repository" : "repositories")}{privates}.");
    }

    private static string Count(int number, bool isLowerBound) =>
        string.Create(CultureInfo.InvariantCulture, $"{(isLowerBound ? "more than " : "")}{number:N0}");

    private static string List(IEnumerable<string> scopes) => string.Join(", ", scopes.Take(30));
}
