namespace GitLabPortal.Tests.Sandbox;

/// <summary>Access tokens of projects and groups. Without the right to read them the answer is 401, although the caller's token is fine.</summary>
internal static class ResourceTokenRoutes
{
    public static readonly Route[] All = [.. For("projects"), .. For("groups")];

    private static Route[] For(string resource) =>
    [
        new("GET", $"{resource}/:id/access_tokens", call => WithTokens(call, resource, tokens => Json.Array(tokens, (json, token) =>
        {
            json.WriteStartObject();
            TokenShape.WriteResource(json, token, call);
            json.WriteEndObject();
        }))),
        new("GET", $"{resource}/:id/access_tokens/:token_id", call => WithToken(call, resource, token => Json.Object(200, json => TokenShape.WriteResource(json, token, call)))),
        new("DELETE", $"{resource}/:id/access_tokens/:token_id", call => WithToken(call, resource, token =>
        {
            call.World.Revoke(token);
            return Answer.Empty(204);
        })),
        new("POST", $"{resource}/:id/access_tokens/self/rotate", call => TokenRoutes.Rotate(call, call.Token, isResource: true))
        {
            IsRotation = true,
            Since = Capability.SelfRotateScope,
            Scopes = static _ => ["self_rotate"],
        },
        new("POST", $"{resource}/:id/access_tokens/:token_id/rotate", call => WithToken(call, resource, token => TokenRoutes.Rotate(call, token, isResource: true)))
        {
            IsRotation = true,
            Since = Capability.RotateTokenById,
        },
    ];

    private static Answer WithTokens(ApiCall call, string resource, Func<IEnumerable<SandboxToken>, Answer> handle)
    {
        return resource == "projects"
            ? ProjectRoutes.WithProject(call, project => Of(project.Id, SandboxTokenKind.Project, call.Viewer.Level(project)))
            : GroupRoutes.WithGroup(call, group => Of(group.Id, SandboxTokenKind.Group, call.Viewer.GroupLevel(group)));

        Answer Of(long id, SandboxTokenKind kind, int level) => level < 40 && !call.Caller.HasAdminPowers
            ? Answers.Unauthorized()
            : handle(call.World.Tokens.Where(t => t.Kind == kind && t.ResourceId == id));
    }

    private static Answer WithToken(ApiCall call, string resource, Func<SandboxToken, Answer> handle) => WithTokens(call, resource, tokens =>
        tokens.FirstOrDefault(t => t.Id == call.PathNumber("token_id")) is { } token ? handle(token) : Answers.NotFound());
}
