using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Tests.Harness;
using GitLabPortal.Tests.Sandbox;
using Shouldly;

namespace GitLabPortal.Tests.Connections.Diagnosis.Causes;

/// <summary>Tokens of every kind and state, their accounts, what stands between them and the repositories, and the portal itself.</summary>
internal static class TokenCauses
{
    private const string Self = "/api/v4/personal_access_tokens/self";
    private const string Code = "/tools";
    private static readonly string[] Api = ["api"];

    public static readonly IReadOnlyDictionary<string, Cause> All = new Dictionary<string, Cause>(StringComparer.Ordinal)
    {
        ["request-rejected"] = s => s.InspectAsync(Fault.Custom(422, """{"error":"no"}""")),
        ["answer-is-a-page"] = s => s.InspectAsync(Fault.SsoLoginPage()),
        ["answer-redirects"] = s => s.InspectAsync(Fault.SsoRedirect()),
        ["answer-not-json"] = s => s.InspectAsync(Fault.Custom(200, "hello", "text/plain")),
        ["answer-wrong-shape"] = s => s.InspectAsync(Fault.Custom(200, "[]")),
        ["not-found"] = s => s.CallAsync(Api, c => c.Projects.GetAsync(123456, CauseStage.None)),
        ["route-unknown"] = s => s.InspectAsync(Fault.Custom(404, """{"error":"404 Not Found"}""")),

        ["token-empty"] = s => RubbishAsync(s, " "),
        ["token-too-long"] = s => RubbishAsync(s, new string('a', 4001)),
        ["token-characters"] = s => RubbishAsync(s, "my token is glpat-abc"),
        ["token-alive"] = s => s.InspectAsync(Api),
        ["token-not-accepted"] = s => RubbishAsync(s, "glpat-unknownunknownunkno"),
        ["token-expired"] = s => s.InspectAsync(Api, expiresInDays: -3),
        ["token-revoked"] = s => s.InspectAsync(Api, (g, _) => g.World.Revoke(g.World.Tokens[^1])),
        ["token-impersonation-off"] = async s =>
        {
            var gitlab = await s.GitLabAsync();
            var token = gitlab.World.AddImpersonationToken(CauseStage.Furnish(gitlab), Api);
            gitlab.World.Settings.ImpersonationDisabled = true;
            return await s.InspectAsync(gitlab, token.Secret);
        },
        ["token-needs-dpop"] = s => s.InspectAsync(Fault.Custom(401, """{"error":"dpop_error","error_description":"DPoP validation error: DPoP header is missing"}""")),
        ["token-is-oauth"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer(Self, Fault.Custom(400, """{"message":"400 Bad request - This endpoint requires token type to be a personal access token"}"""))),
        ["request-malformed"] = s => s.InspectAsync(Fault.Custom(400, "Bad Request", "text/plain")),
        ["token-scope-missing"] = s => s.CallAsync(["read_user"], c => c.Groups.ListAsync(null, 1, CauseStage.None)),
        ["token-permission-missing"] = s => s.CallAsync(Api, c => c.Groups.ListAsync(null, 1, CauseStage.None), g => g.Faults.Answer("/api/v4/groups", Granular("Group: Read"))),
        ["scopes-unknown"] = s => s.InspectAsync(Api, builder: GitLabSandbox.Version("15.4.6-ee")),
        ["token-reads-only"] = s => s.InspectAsync(["read_api"]),
        ["token-wider-than-needed"] = s => s.InspectAsync(["api", "sudo"]),
        ["token-expires-soon"] = s => s.InspectAsync(Api, expiresInDays: 20),
        ["token-never-expires"] = s => s.InspectAsync(Api, expiresInDays: null),
        ["token-expiry"] = s => s.InspectAsync(Api),
        ["token-fine-grained"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer(Self, Fault.Custom(200, """{"id":7,"name":"fine","revoked":false,"active":true,"scopes":["granular"],"granular":true,"user_id":2,"expires_at":null}""")), GitLabSandbox.Version("19.3.0-ee")),

        ["account-blocked"] = s => InStateAsync(s, SandboxUserState.Blocked),
        ["account-pending"] = s => InStateAsync(s, SandboxUserState.PendingApproval),
        ["account-deactivated"] = s => InStateAsync(s, SandboxUserState.Deactivated),
        ["account-terms"] = s => s.InspectAsync(Api, (g, _) => g.World.Settings.TermsEnforced = true),
        ["account-password-expired"] = s => InStateAsync(s, SandboxUserState.PasswordExpired),
        ["account-email-unconfirmed"] = s => InStateAsync(s, SandboxUserState.Unconfirmed),
        ["account-internal"] = s => InStateAsync(s, SandboxUserState.Internal),
        ["account-known"] = async s =>
        {
            var gitlab = await s.GitLabAsync();
            CauseStage.Furnish(gitlab);
            return await s.InspectAsync(gitlab, gitlab.World.AddProjectToken(gitlab.World.Projects[0], Api).Secret);
        },
        ["account-unknown"] = s => s.InspectAsync(["read_repository"]),
        ["token-of-a-person"] = s => s.InspectAsync(Api),
        ["token-of-an-administrator"] = s => AdministratorAsync(s, adminMode: false),
        ["admin-mode"] = s => AdministratorAsync(s, adminMode: true),

        ["forbidden"] = s => s.InspectAsync(Fault.Custom(403, """{"message":"403 Forbidden"}""")),
        ["gitlab-read-only"] = s => s.InspectAsync(Fault.Custom(403, """{"message":"You cannot perform write operations on a read-only instance"}""")),
        ["token-cannot-list"] = s => s.InspectAsync(["read_user"]),
        ["version-known"] = s => s.InspectAsync(Api),
        ["version-unknown"] = s => s.InspectAsync(["read_repository"]),
        ["gitlab-too-old"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer("/api/v4/version", Fault.Custom(200, """{"version":"13.5.1-ee","revision":"abc"}""")), GitLabSandbox.Version("13.12.15")),
        ["repositories-visible"] = s => s.InspectAsync(Api),
        ["no-repositories"] = async s =>
        {
            var gitlab = await s.GitLabAsync();
            return await s.InspectAsync(gitlab, gitlab.World.AddToken(gitlab.World.AddUser("lonely"), Api).Secret);
        },
        ["proxy-decodes-slashes"] = s => s.InspectAsync(Api, (g, _) => g.Faults.AnswerEverything(Fault.ProxyDecodesSlashes())),
        ["git-works"] = s => s.InspectAsync(Api),
        ["git-code-hidden"] = s => s.InspectAsync(Api, role: 10),
        ["git-http-off"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer(Code, Fault.Custom(403, "Git access over HTTP is not allowed", "text/plain"))),
        ["git-refuses-token"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer(Code, Fault.Custom(401, "HTTP Basic: Access denied.", "text/plain"))),
        ["git-blocked"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer(Code, Fault.SsoLoginPage())),
        ["git-fails"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer(Code, Fault.Custom(503, "Service Unavailable", "text/plain"))),
        ["rate-limit-known"] = s => s.InspectAsync(Api, (g, _) => g.World.Settings.Throttle = new SandboxThrottle(7200, TimeSpan.FromHours(1))),
        ["rate-limit-nearly-used"] = s => s.InspectAsync(Api, (g, _) => g.Faults.Answer("/api/v4/projects", Fault.Custom(200, "[]", "application/json", ("RateLimit-Limit", "120"), ("RateLimit-Observed", "7100"), ("RateLimit-Remaining", "100")))),

        ["already-connected"] = async s =>
        {
            var stage = s.Open(await ConnectionStage.StartAsync());
            await stage.ConnectAsync();
            var wizard = stage.NewWizard();
            (wizard.Url, wizard.AllowPlainHttp) = (stage.BaseUrl, true);
            await wizard.CheckServerAsync(stage.Owner, () => { }, CauseStage.None);
            return wizard.ServerFindings;
        },
        ["server-differs"] = async s =>
        {
            var stage = s.Open(await ConnectionStage.StartAsync());
            var connection = await stage.ConnectAsync();
            var other = s.Open(await GitLabSandbox.Version("18.9.0-ee").StartAsync());
            var token = other.World.AddToken(CauseStage.Furnish(other), Api, expiresInDays: 90).Secret;
            var changed = await stage.Get<ChangeAddress>().RunAsync(stage.Owner, connection, new NewAddress(other.Url.AbsoluteUri, AllowsPlainHttp: true, null), token, null, CauseStage.None);
            return changed.Problem.ShouldBeOfType<Problem.Refused>().Findings;
        },
        ["token-lost"] = async s =>
        {
            var stage = s.Open(await ConnectionStage.StartAsync());
            var connection = await stage.ConnectAsync();
            await using (var db = stage.Database.CreateDbContext())
            {
                var row = db.Set<Connection>().Single(c => c.Id == connection);
                row.ProtectedToken = "not readable any more";
                await db.SaveChangesAsync();
            }

            return (await stage.Get<CheckConnection>().RunAsync(stage.Owner, connection, null, CauseStage.None)).Value!;
        },

        ["portal-settings"] = s => PortalAsync(s),
        ["portal-data"] = s => PortalAsync(s),
        ["portal-data-refused"] = s => PortalAsync(s, "--Data:Directory=/proc/gitlabportal"),
        ["portal-address"] = s => PortalAsync(s, "--Portal:PublicUrl=https://portal.example"),
        ["portal-address-missing"] = s => PortalAsync(s),
        ["portal-address-plain"] = s => PortalAsync(s, "--Portal:PublicUrl=http://portal.example"),
        ["portal-egress-unknown"] = s => PortalAsync(s),
        ["portal-contact-missing"] = s => PortalAsync(s),
        ["portal-proxy"] = s => PortalAsync(s, $"--Outbound:ProxyUrl=http://127.0.0.1:{s.Open(Tests.Security.TestListener.Silent()).Port}"),
    };

    private static async Task<IReadOnlyList<Finding>> PortalAsync(CauseStage stage, params string[] settings)
    {
        using var run = new Cli.CommandRun();
        await run.RunAsync(["doctor", "--json", .. settings]);
        return Cli.DoctorTests.Findings(run);
    }

    private static Fault Granular(string permission) => Fault.Custom(403, $$"""{"error":"insufficient_granular_scope","error_description":"Access denied: This operation requires a fine-grained personal access token with the following project permissions: [{{permission}}]."}""");

    private static async Task<IReadOnlyList<Finding>> RubbishAsync(CauseStage stage, string token) => await stage.InspectAsync(await stage.GitLabAsync(), token);

    private static Task<IReadOnlyList<Finding>> InStateAsync(CauseStage stage, SandboxUserState state) => stage.InspectAsync(Api, (g, bot) => g.World.SetState(bot, state));

    private static async Task<IReadOnlyList<Finding>> AdministratorAsync(CauseStage stage, bool adminMode)
    {
        var gitlab = await stage.GitLabAsync(g => g.World.Settings.AdminMode = adminMode);
        return await stage.InspectAsync(gitlab, gitlab.World.AddToken(gitlab.World.Root, Api).Secret);
    }
}
