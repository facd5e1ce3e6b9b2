using System.Globalization;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;

namespace GitLabPortal.Connections;

/// <summary>Says in findings what the passport means for this connection. Only a list that fails refuses a living token.</summary>
internal sealed class TokenJudge(TokenEvidence evidence, TokenPassport passport, TokenCheckRequest request, TimeProvider time)
{
    private const int SoonDays = 30;

    public void Judge(FindingLog log)
    {
        if (Account() is { } account) log.Add(account);
        if (AdminMode() is { } adminMode) log.Add(adminMode);
        log.Add(Version());
        if (Scopes() is { } scopes) log.Add(scopes);
        if (Expiry() is { } expiry) log.Add(expiry);
        if (LinkHost() is { } host) log.Add(host);
        if (evidence.List.Worked) log.Add(Repositories());
    }

    private Finding? Account()
    {
        if (evidence.User.Value is not { } user)
            return evidence.User.Error is GitLabForbiddenException
                ? TokenCodes.AccountUnknown.Saw("The token may not read whose it is.")
                : TokenCodes.AccountUnknown.Saw("GitLab did not tell whose token it is.");
        if (user.IsAdmin && passport.AdminModeBlocks != true) return TokenCodes.Administrator.Saw($"@{user.Username} is an administrator of this GitLab.");
        return passport.IsBot
            ? TokenCodes.Account.Saw($"The token belongs to the bot account @{user.Username}.")
            : TokenCodes.Person.Saw($"The token belongs to @{user.Username}, which looks like a person's account.");
    }

    private Finding? AdminMode() => passport.AdminModeBlocks == true
        ? TokenCodes.AdminMode.Saw($"@{passport.Username} is an administrator, but GitLab refuses administrator calls with this token. Most likely Admin Mode is on and the token lacks the scope admin_mode.")
        : null;

    private Finding Version()
    {
        if (evidence.Metadata.Value is not { } metadata) return TokenCodes.VersionUnknown.Saw("The token may not read GitLab's version.");
        var edition = metadata.IsEnterprise switch { true => ", Enterprise Edition", false => ", Community Edition", null => "" };
        return metadata.Number() is not null && !metadata.IsAtLeast(13, 12)
            ? TokenCodes.TooOld.Saw($"GitLab {metadata.Version}{edition}.")
            : TokenCodes.Version.Saw($"GitLab {metadata.Version}{edition}.");
    }

    private Finding? Scopes()
    {
        if (!passport.ScopesKnown) return TokenCodes.ScopesUnknown.Saw("GitLab does not tell the token's scopes.");
        var canWrite = passport.Scopes.Contains("api", StringComparer.Ordinal);
        if (!request.ReadOnly && !canWrite)
        {
            var missing = passport.Capabilities.Where(c => c.State is CapabilityState.Cannot && c.Detail.Contains("scope api", StringComparison.Ordinal)).Select(c => c.Name.ToLowerInvariant());
            return TokenCodes.ReadsOnly.Saw($"The token has the scopes {List(passport.Scopes)}. It could not {string.Join(" or ", missing)}.");
        }

        return request.ReadOnly && canWrite ? TokenCodes.Wider.Saw($"The token has the scopes {List(passport.Scopes)}, and you chose read-only.") : null;
    }

    private Finding? Expiry()
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

    private Finding? LinkHost() => evidence.List.Value?.LinkHost is { } host
        ? ServerCodes.AddressDiffers.Saw($"GitLab's own links name {host}, you are at {request.Address.Authority}.")
        : null;

    private Finding Repositories()
    {
        var visible = passport.VisibleRepositories ?? 0;
        if (visible == 0) return TokenCodes.NoRepositories.Saw("The token works, but no repository is visible to its account.");
        if (request.Coverage is ConnectionCoverage.Memberships && passport.MemberRepositories == 0)
            return TokenCodes.NoRepositories.Saw($"The token's account is a member of no repository ({Count(visible, passport.VisibleIsLowerBound)} are visible to it).");
        var privates = passport.PrivateRepositories is { } number ? $", {Count(number, evidence.Private.Value?.IsLowerBound ?? false)} of them private" : "";
        return TokenCodes.Lists.Saw($"The token sees {Count(visible, passport.VisibleIsLowerBound)} {(visible == 1 ? "repository" : "repositories")}{privates}.");
    }

    private static string Count(int number, bool isLowerBound) =>
        string.Create(CultureInfo.InvariantCulture, $"{(isLowerBound ? "more than " : "")}{number:N0}");

    private static string List(IEnumerable<string> scopes) => string.Join(", ", scopes.Take(30));
}
