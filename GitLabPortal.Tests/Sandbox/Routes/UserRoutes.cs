namespace GitLabPortal.Tests.Sandbox;

internal static class UserRoutes
{
    public static readonly Route[] All =
    [
        new("GET", "user", Self) { Scopes = SelfScopes },
    ];

    public static Answer Self(ApiCall call) =>
        Json.Object(200, json => UserShape.WriteSelf(json, call.User, call.Server, call.World.Now));

    private static string[] SelfScopes(GitLabRelease release) =>
        release.Has(Capability.AiWorkflowsScope) ? ["read_user", "ai_workflows"] : ["read_user"];
}
