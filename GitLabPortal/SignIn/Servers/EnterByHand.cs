using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;

namespace GitLabPortal.SignIn;

/// <summary>Connects a team with a token that exists, through the same checks and the same use case as the wizard's.</summary>
public sealed class ConnectWithToken(WholeCheck check, ConnectServer connect)
{
    public async Task<Result<Guid>> RunAsync(TeamAccess access, ReachedServer reached, Secret token, CancellationToken cancellationToken)
    {
        var seen = await check.RunAsync(reached.BaseUrl, reached.Path, address => new(address, token, ReadOnly: false, reached.Path, ConnectionCoverage.Everything), null, cancellationToken);
        var server = seen.Server;
        if (seen.Token is not { } report) return new Problem.Refused("setup-server-refused", "The server cannot be connected.", server.Findings);
        if (!report.CanConnect || report.Passport is not { } passport) return new Problem.Refused("setup-token-refused", "The bot's token cannot be used.", report.Findings);
        return await connect.RunAsync(
            access, new(server, token, passport, report.Findings, ReadOnly: false, reached.Path) { BrowserUrl = reached.BrowserUrl }, new(null, ConnectionCoverage.Everything, []), cancellationToken);
    }
}

/// <summary>A server that was found, and how.</summary>
/// <param name="BaseUrl">As the portal calls it.</param>
/// <param name="Path">How its calls travel.</param>
/// <param name="BrowserUrl">As people call it, if that differs.</param>
public sealed record ReachedServer(string BaseUrl, NetworkPath Path, string? BrowserUrl)
{
    public bool AllowsPlainHttp => Path.PlainHttp is PlainHttp.ToPrivateAddresses;

    public string AddressForPeople => BrowserUrl ?? BaseUrl;
}

/// <summary>What a GitLab admin brings who made it by hand.</summary>
public sealed record MadeByHand(ReachedServer Server, string? ClientId, Secret ClientSecret, string RedirectUri);

/// <summary>Takes an application that was made by hand, after GitLab has said that it knows it by this secret.</summary>
public sealed class EnterByHand(GitLabClients clients, RegisterApplication register)
{
    public async Task<Result> RunAsync(Actor actor, MadeByHand made, CancellationToken cancellationToken)
    {
        var (id, secret) = (made.ClientId?.Trim() ?? "", made.ClientSecret.Reveal().Trim());
        if (id.Length is 0 or > 200 || id.Any(c => c is < '!' or > '~')) return new Problem.Invalid("application-id-missing", "Enter the Application ID that GitLab shows.", "ClientId");
        if (secret.Length is 0 or > 1000 || secret.Any(c => c is < '!' or > '~')) return new Problem.Invalid("application-secret-missing", "Enter the secret that GitLab shows.", "ClientSecret");
        try
        {
            if (!await clients.OAuth(made.Server.BaseUrl, made.Server.Path).KnowsAsync(new(id, secret), made.RedirectUri, cancellationToken))
                return new Problem.Invalid("application-unknown", "GitLab does not know an application with this id and secret. Copy both again from its page.", "ClientId");
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }

        var registered = await register.RunAsync(
            actor,
            new(made.Server.BaseUrl, GitLabId: null, id, new Secret(secret), made.RedirectUri, SetUpPlan.ApplicationScopes, made.Server.AllowsPlainHttp)
            {
                Network = new(made.Server.Path.Authorities?.Pem, made.Server.BrowserUrl),
            },
            cancellationToken);
        return registered.IsSuccess ? Result.Success : registered.Problem;
    }
}

/// <summary>The same plan as commands and as clicks, for admins who keep their token to themselves. Holds no secret.</summary>
public static class ManualSteps
{
    public static string Script(string baseUrl, string redirectUri) => $$"""
        # Asks for an admin token without showing it; needs the scopes api and admin_mode (if your GitLab has it).
        read -rsp 'Admin token: ' GITLAB_TOKEN; echo
        api() { curl --silent --show-error --fail-with-body --header @<(printf 'PRIVATE-TOKEN: %s' "$GITLAB_TOKEN") --header 'Content-Type: application/json' "$@"; }

        # 1. The application by which people sign in. Copy application_id and secret from the answer.
        api '{{baseUrl}}/api/v4/applications' --data '{"name":"GitLabPortal","redirect_uri":"{{redirectUri}}","scopes":"{{string.Join(' ', SetUpPlan.ApplicationScopes)}}","confidential":true}'

        # 2. A bot user. Copy its id from the answer.
        api '{{baseUrl}}/api/v4/users' --data '{"username":"gitlabportal-bot","name":"GitLabPortal bot","email":"gitlabportal-bot@noreply.invalid","force_random_password":true,"skip_confirmation":true}'

        # 3. Its token. Put the bot's id in place of BOT_ID; copy token from the answer.
        api '{{baseUrl}}/api/v4/users/BOT_ID/personal_access_tokens' --data '{"name":"GitLabPortal","scopes":["{{string.Join("\",\"", SetUpPlan.BotScopes)}}"]}'
        unset GITLAB_TOKEN

        # The system hook for instant updates is not made here: its secret is the portal's alone. Turn it on in the connection's card
        # (with an administrator's token), or let the set-up make it.
        """;
}
