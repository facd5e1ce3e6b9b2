namespace GitLabPortal.Tests.Sandbox;

/// <summary>What the path and verb of a call lead to on a given release.</summary>
internal sealed record RouteMatch(Route? Route, Dictionary<string, string> Values, IReadOnlyList<string> AllowedVerbs, bool IsKnownSomewhere);

/// <summary>All API routes. Fixed segments stand before parameters, as in GitLab.</summary>
internal static class RouteTable
{
    private static readonly Route[] Routes =
    [
        .. MetadataRoutes.All,
        .. UserRoutes.All,
        .. PeopleRoutes.All,
        .. ApplicationRoutes.All,
        .. MemberRoutes.All,
        .. HookRoutes.All,
        .. TokenRoutes.All,
        .. ProjectListRoutes.All,
        .. ProjectRoutes.All,
        .. GroupRoutes.All,
        .. ResourceTokenRoutes.All,
    ];

    public static RouteMatch Find(string method, string[] segments, GitLabRelease release)
    {
        var verb = method is "HEAD" ? "GET" : method;
        List<string> allowed = [];
        var known = false;
        foreach (var route in Routes)
        {
            if (route.Match(segments) is not { } values)
                continue;
            known = true;
            if (!route.ExistsIn(release))
                continue;
            if (route.Method == verb)
                return new RouteMatch(route, values, [], IsKnownSomewhere: true);
            if (!allowed.Contains(route.Method))
                allowed.Add(route.Method);
        }

        if (allowed.Contains("GET"))
            allowed.Insert(allowed.IndexOf("GET") + 1, "HEAD");
        if (allowed.Count > 0)
            allowed.Insert(0, "OPTIONS");
        return new RouteMatch(Route: null, [], allowed, known);
    }
}
