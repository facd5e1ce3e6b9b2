namespace GitLabPortal.Connections;

/// <summary>Says in one sentence who will see what.</summary>
public static class VisibilityText
{
    public static string Describe(TokenPassport passport, ConnectionCoverage coverage, IReadOnlyList<ChosenGroup> groups, int members)
    {
        var what = coverage switch
        {
            ConnectionCoverage.Memberships => "Every repository that the token's account is a member of",
            ConnectionCoverage.Groups when groups.Count == 0 => "Every repository of the groups you choose",
            ConnectionCoverage.Groups => $"Every repository of {string.Join(", ", groups.Select(g => g.FullPath))} that this token can see",
            _ => "Everything this token can see",
        };
        var whom = members == 1 ? "you, so far the only member of the team" : $"all {members:N0} members of the team";
        var many = coverage switch
        {
            ConnectionCoverage.Everything => Numbers(passport),
            ConnectionCoverage.Memberships when passport.MemberRepositories is { } count => $": {Repositories(count)}",
            _ => "",
        };
        return $"{what} becomes visible to {whom}{many}.";
    }

    public static string Count(int? count, bool isLowerBound) => count switch
    {
        null => "GitLab does not say how many repositories that are.",
        _ => isLowerBound ? $"More than {count:N0} repositories." : $"{Repositories(count.Value)}.",
    };

    private static string Numbers(TokenPassport passport)
    {
        if (passport.VisibleRepositories is not { } visible) return "";
        var all = passport.VisibleIsLowerBound ? $"more than {visible:N0} repositories" : Repositories(visible);
        return passport.PrivateRepositories is { } hidden ? $": {all}, {hidden:N0} of them private" : $": {all}";
    }

    private static string Repositories(int count) => count == 1 ? "1 repository" : $"{count:N0} repositories";
}
