using GitLabPortal.GitLab;
using GitLabPortal.Security;

namespace GitLabPortal.Connections;

/// <summary>Tells GitLab that nobody will use a pair of tokens any more. Without it a refresh token would be good for ever.</summary>
public sealed class RevokePair(ApplicationSecrets secrets, TokenPairs pairs, GitLabClients clients)
{
    /// <summary>The tokens that stood in this row. Its server is loaded.</summary>
    /// <returns>Whether GitLab was told, or had nothing to be told.</returns>
    public async Task<bool> RunAsync(GitLabIdentity identity)
    {
        if (pairs.Open(identity) is not { } pair) return true;
        var secret = await secrets.ForIdentityAsync(identity, CancellationToken.None);
        return secret.IsSuccess && await RunAsync(identity.Server!.BaseUrl, secret.Value, pair.AccessToken, pair.RefreshToken);
    }

    /// <summary>A pair that is in no row.</summary>
    public Task<bool> RunAsync(string baseUrl, ApplicationSecret secret, OAuthPair pair) =>
        RunAsync(baseUrl, secret, new(pair.AccessToken), pair.RefreshToken is { } refresh ? new Secret(refresh) : null);

    private async Task<bool> RunAsync(string baseUrl, ApplicationSecret secret, Secret access, Secret? refresh)
    {
        try
        {
            // Not the request's token: from here on nobody else knows these tokens.
            var oauth = clients.OAuth(baseUrl, secret.Path);
            await oauth.RevokeAsync(secret.Application, access.Reveal(), CancellationToken.None);
            if (refresh is not null) await oauth.RevokeAsync(secret.Application, refresh.Reveal(), CancellationToken.None);
            return true;
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is not null)
        {
            return false;
        }
    }
}
