namespace GitLabPortal.Tests.Sandbox;

/// <summary>One ready-made token of each kind that a connection can meet, with the same text in every run.</summary>
public static class SandboxTokenSet
{
    public const string Good = "good";
    public const string ReadOnly = "read-only";
    public const string ReadUser = "read-user";
    public const string Expired = "expired";
    public const string Revoked = "revoked";
    public const string Admin = "admin";
    public const string ProjectToken = "project";
    public const string GroupToken = "group";
    public const string Blocked = "blocked";

    private static readonly string[] ApiScopes = ["api", "read_user", "read_repository"];
    private static readonly string[] ReadScopes = ["read_api", "read_user", "read_repository"];

    /// <summary>What the token of a kind looks like, also in another process.</summary>
    public static string SecretOf(string kind) => "glpat-" + Deterministic.Token("sandbox token: " + kind, 20);

    public static IReadOnlyList<(string Kind, SandboxToken Token)> Make(SandboxWorld world)
    {
        var bot = world.AddUser("portal-bot", "Portal bot");
        world.AddMemberOfEveryGroup(bot);
        var blocked = world.AddUser("blocked-user", "Blocked user");
        var group = world.TopLevelGroups is { Count: > 0 } groups ? groups[0] : world.AddGroup("sandbox", "Sandbox");
        var project = world.Projects is { Count: > 0 } projects ? projects[0] : world.AddProject(group, "hello-world", "Hello world");

        (string Kind, SandboxToken Token)[] tokens =
        [
            (Good, world.AddToken(bot, ApiScopes, expiresInDays: 90, name: "portal", secret: SecretOf(Good))),
            (ReadOnly, world.AddToken(bot, ReadScopes, expiresInDays: 90, secret: SecretOf(ReadOnly))),
            (ReadUser, world.AddToken(bot, ["read_user"], expiresInDays: 90, secret: SecretOf(ReadUser))),
            (Expired, world.AddToken(bot, ApiScopes, expiresInDays: -1, secret: SecretOf(Expired))),
            (Revoked, world.AddToken(bot, ApiScopes, expiresInDays: 90, secret: SecretOf(Revoked))),
            (Admin, world.AddToken(world.Root, [.. ApiScopes, "admin_mode"], expiresInDays: 90, secret: SecretOf(Admin))),
            (ProjectToken, world.AddProjectToken(project, ["api", "read_repository"], secret: SecretOf(ProjectToken))),
            (GroupToken, world.AddGroupToken(group, ["api", "read_repository"], secret: SecretOf(GroupToken))),
            (Blocked, world.AddToken(blocked, ApiScopes, expiresInDays: 90, secret: SecretOf(Blocked))),
        ];
        world.Revoke(tokens.First(t => t.Kind == Revoked).Token);
        world.Block(blocked);
        return tokens;
    }
}
