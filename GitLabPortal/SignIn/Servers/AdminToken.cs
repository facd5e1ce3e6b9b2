using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;

namespace GitLabPortal.SignIn;

/// <summary>A GitLab administrator's token that works as one. It lives in memory for the time of a set-up and is never stored.</summary>
public sealed class AdminToken
{
    private readonly Secret token;
    private readonly GitLabClients clients;

    internal AdminToken(GitLabClients clients, Secret token, string baseUrl, NetworkPath path) =>
        (this.clients, this.token, BaseUrl, Path) = (clients, token, baseUrl, path);

    public string BaseUrl { get; }

    /// <summary>How its calls travel.</summary>
    public NetworkPath Path { get; }

    public required string Username { get; init; }

    public required GitLabMetadata Version { get; init; }

    public required bool OffersServiceAccounts { get; init; }

    public GitLabClient Client() => clients.For(BaseUrl, token, Path, maxRetries: 1);

    /// <summary>Tells GitLab to revoke it. A token that is dead already is as good.</summary>
    public async Task<Result> RevokeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Client().Tokens.RevokeSelfAsync(cancellationToken);
            return Result.Success;
        }
        catch (GitLabUnauthorizedException)
        {
            return Result.Success;
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }

    public override string ToString() => $"{nameof(AdminToken)} {{ Username = {Username} }}";
}

/// <summary>Finds out whether a pasted token can set up a server. Changes nothing.</summary>
public sealed class CheckAdminToken(GitLabClients clients)
{
    public const string TooOld = "setup-gitlab-too-old";

    public async Task<Result<AdminToken>> RunAsync(string baseUrl, NetworkPath path, string pasted, CancellationToken cancellationToken)
    {
        var read = PastedToken.Read(new Secret(pasted));
        if (!read.IsSuccess) return read.Problem;
        var client = clients.For(baseUrl, read.Value, path, maxRetries: 1);
        try
        {
            var version = await client.Metadata.GetAsync(cancellationToken);
            if (!version.IsAtLeast(15, 5)) return Refuse(TooOld, $"This GitLab is {version.Version}", "Automatic set-up needs GitLab 15.5, whose tokens can tell their scopes and revoke themselves.", "Use the manual way below: it works with every version.");

            var self = await client.Tokens.GetSelfAsync(cancellationToken);
            var user = await client.Users.GetCurrentAsync(cancellationToken);
            if (!user.IsAdmin) return Refuse("setup-not-admin", "Not an administrator's token", $"It belongs to @{user.Username}, who is no administrator of this GitLab.", "Sign in to GitLab as an administrator and create the token there.");
            if (!self.Scopes.Contains("api")) return Refuse("setup-scope-missing", "The token lacks the scope api", $"It has {Words(self.Scopes)}.", "Create another token with the scopes api and admin_mode.");
            if (!await client.Applications.MayListAsync(cancellationToken))
                return Refuse("setup-admin-mode", "GitLab refuses administrator calls", "Admin Mode is on, and the token lacks the scope admin_mode.", "Create another token with the scopes api and admin_mode. GitLab offers admin_mode to administrators only.");

            return new AdminToken(clients, read.Value, baseUrl, path)
            {
                Username = user.Username,
                Version = version,
                OffersServiceAccounts = await client.Administration.OffersServiceAccountsAsync(cancellationToken),
            };
        }
        catch (Exception e) when (GitLabFailures.ToFinding(e) is { } finding)
        {
            return new Problem.Refused(finding.Code, "This token cannot be used.", [finding]);
        }
    }

    private static Problem.Refused Refuse(string code, string title, string seen, string fix) =>
        new(code, "This token cannot be used.", [Finding.Failed(code, title, seen, fix, FixOwner.You)]);

    private static string Words(IReadOnlyList<string> scopes) => scopes.Count == 0 ? "no scopes" : string.Join(", ", scopes.Where(s => s.Length <= 40).Take(12));
}
