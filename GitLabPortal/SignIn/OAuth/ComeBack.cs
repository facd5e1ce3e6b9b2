using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>Somebody whom GitLab vouches for, as of this moment.</summary>
/// <param name="Server">Where; its id and GitLab's user id together are the identity.</param>
/// <param name="ApplicationId">Through which application; null for an integration.</param>
/// <param name="User">Who.</param>
/// <param name="Pair">The tokens that GitLab gave; null when those that the portal has already are worth more.</param>
/// <param name="GroupsOfEntry">Of the groups whose members may enter, the one that the person is in; null when in none or not looked at.</param>
public sealed record VouchedPerson(Server Server, Guid? ApplicationId, GitLabUser User, OAuthPair? Pair, string? GroupsOfEntry = null);

/// <summary>Trades what GitLab sent back for tokens and finds out who it is. Whoever is not let in leaves no token behind on GitLab.</summary>
public sealed class ComeBack(
    IDbContextFactory<PortalDb> contexts, ApplicationSecrets secrets, GitLabClients clients, IdentityTokens tokens, RevokePair revoke, EnterPortal enter, LinkIdentity link)
{
    public async Task<Result<Account>> RunAsync(SignInTrip trip, string code, CancellationToken cancellationToken)
    {
        var found = await FindAsync(trip, cancellationToken);
        if (!found.IsSuccess) return found.Problem;

        var (server, secret) = found.Value;
        var oauth = clients.OAuth(server.BaseUrl, secret.Path);
        try
        {
            var pair = await oauth.ExchangeAsync(secret.Application, code, trip.Verifier, trip.RedirectUri, cancellationToken);
            var result = await IdentifyAsync(trip, server, secret, pair, cancellationToken);
            if (!result.IsSuccess) await revoke.RunAsync(server.BaseUrl, secret, pair);
            return result;
        }
        catch (GitLabOAuthException e) when (e.Refusal is OAuthRefusal.UnknownApplication)
        {
            await MarkMissingAsync(trip, cancellationToken);
            return SetOut.Missing(server.AddressForPeople());
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }

    private async Task<Result<Account>> IdentifyAsync(SignInTrip trip, Server server, ApplicationSecret secret, OAuthPair pair, CancellationToken cancellationToken)
    {
        var client = clients.ForPerson(server.BaseUrl, new(pair.AccessToken), secret.Path);
        GitLabUser user;
        try
        {
            user = await client.Users.GetCurrentAsync(cancellationToken);
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }

        if (user.IsBot) return new Problem.Forbidden("identity-is-bot", "This GitLab account is a program's. Sign in to GitLab as yourself, then try again.");
        var person = new VouchedPerson(server, trip.ApplicationId, user, pair);
        var before = await IdentityAsync(server.Id, user.Id, cancellationToken);
        if (trip.Purpose is TripPurpose.SignIn && before is not null && await IsWorthMoreAsync(before, trip.ApplicationId, pair, cancellationToken)) person = person with { Pair = null };
        var result = trip.Purpose is TripPurpose.Link
            ? await link.RunAsync(trip.AccountId!.Value, person, cancellationToken)
            : await EnterAsync(trip, client, person, cancellationToken);
        if (!result.IsSuccess) return result;

        // One pair stays in the row; nobody holds the other one any more.
        if (person.Pair is null) await revoke.RunAsync(server.BaseUrl, secret, pair);
        else if (before is not null) await revoke.RunAsync(before);
        return result;
    }

    private async Task<Result<Account>> EnterAsync(SignInTrip trip, GitLabClient client, VouchedPerson person, CancellationToken cancellationToken)
    {
        var group = await enter.NeedsGroupAsync(person, cancellationToken) is { Count: > 0 } groups ? await FirstGroupAsync(client, groups, person.User.Id, cancellationToken) : null;
        return await enter.RunAsync(person with { GroupsOfEntry = group }, trip.Invitation, cancellationToken);
    }

    private async Task<GitLabIdentity?> IdentityAsync(Guid serverId, long gitLabUserId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<GitLabIdentity>().AsNoTracking().Include(i => i.Server)
            .SingleOrDefaultAsync(i => i.ServerId == serverId && i.GitLabUserId == gitLabUserId, cancellationToken);
    }

    /// <summary>Signing in asks for less than a person may have granted for their repositories: that is not to be lost, as long as it works.</summary>
    private async Task<bool> IsWorthMoreAsync(GitLabIdentity before, Guid? applicationId, OAuthPair pair, CancellationToken cancellationToken)
    {
        if (!before.ReadsRepositories || before.ApplicationId != applicationId || pair.Scopes.Contains(GitLabIdentity.RepositoryScope) || before.State is not IdentityState.Active) return false;
        var token = await tokens.GetAsync(before.Id, cancellationToken);
        if (!token.IsSuccess) return false;
        try
        {
            var user = await clients.ForPerson(token.Value.BaseUrl, token.Value.AccessToken, token.Value.Path).Users.GetCurrentAsync(cancellationToken);
            return user.Id == before.GitLabUserId;
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is not null)
        {
            return false;
        }
    }

    private static async Task<string?> FirstGroupAsync(GitLabClient client, IReadOnlyList<ChosenGroup> groups, long userId, CancellationToken cancellationToken)
    {
        foreach (var group in groups)
        {
            try
            {
                if (await client.Groups.HasMemberAsync(group.GitLabId, userId, cancellationToken)) return group.FullPath;
            }
            catch (GitLabForbiddenException)
            {
                // The token may not look: then it is no proof either.
            }
        }

        return null;
    }

    private async Task<Result<(Server, ApplicationSecret)>> FindAsync(SignInTrip trip, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (trip.ApplicationId is null)
        {
            var integrated = await db.Set<Server>().AsNoTracking().SingleOrDefaultAsync(s => s.Id == trip.ServerId, cancellationToken);
            return integrated is not null && secrets.ForIntegration(integrated.BaseUrl) is { } operators ? (integrated, operators) : ApplicationSecrets.NotSetUp;
        }

        var application = await db.Set<ServerApplication>().AsNoTracking().Include(a => a.Server)
            .SingleOrDefaultAsync(a => a.Id == trip.ApplicationId && a.ServerId == trip.ServerId, cancellationToken);
        if (application is null) return ApplicationSecrets.NotSetUp;
        var secret = secrets.Open(application);
        return secret.IsSuccess ? (application.Server!, secret.Value) : secret.Problem;
    }

    private async Task MarkMissingAsync(SignInTrip trip, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<ServerApplication>().Where(a => a.Id == trip.ApplicationId)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.State, ApplicationState.Missing), cancellationToken);
    }
}
