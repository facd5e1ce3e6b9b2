using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>
/// Backs a team's connection with the token of a bot that a set-up made for no team: through the same use case as the wizard. From then
/// on the connection is part of that set-up, and undoing it removes the connection, too.
/// </summary>
public sealed class UseBotToken(IDbContextFactory<PortalDb> contexts, SecretProtector secrets, ConnectWithToken connect, TimeProvider clock)
{
    private static readonly Problem Gone = new Problem.NotFound("bot-token-gone", "This token was used or removed meanwhile. Reload the page.");

    private static readonly Problem Lost = new Problem.Conflict(
        "bot-token-lost", "The key that protected the bot's token is no longer in the portal's key ring. Repair the server with an admin token: the bot gets a new one.");

    /// <returns>The connection's id.</returns>
    public async Task<Result<Guid>> RunAsync(TeamAccess access, Guid setUpId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var setUp = await db.Set<ServerSetUp>().Include(s => s.Server).Include(s => s.Receipts).SingleOrDefaultAsync(s => s.Id == setUpId && s.State == SetUpState.Done, cancellationToken);
        if (setUp?.ProtectedBotToken is null) return Gone;
        if (secrets.Reveal(setUp.ProtectedBotToken, ServerSetUp.Row(setUp.Id)) is not { } token) return Lost;

        var plan = SetUpPlan.FromJson(setUp.Plan);
        // A connection that was made just before the portal was ended has it already.
        var tokenId = SetUpStepRunner.IdOf(setUp, SetUpSteps.BotToken);
        var connection = await db.Set<Connection>().Where(c => c.TeamId == access.TeamId && c.ServerId == setUp.ServerId && c.TokenId == tokenId && tokenId != null)
            .Select(c => (Guid?)c.Id).FirstOrDefaultAsync(cancellationToken);
        if (connection is null)
        {
            var server = setUp.Server!;
            var connected = await connect.RunAsync(
                access, new(server.BaseUrl, server.SignInPath(plan.AllowsPlainHttp, clock), server.SignInBrowserUrl), token, cancellationToken);
            if (!connected.IsSuccess) return connected.Problem;
            connection = connected.Value;
        }

        setUp.Plan = (plan with { ConnectTeam = access.Slug }).ToJson();
        (setUp.ProtectedBotToken, setUp.BotTokenKeyId) = (null, null);
        db.Add(new SetUpReceipt { SetUpId = setUp.Id, Step = SetUpSteps.Connection, State = ReceiptState.Done, PortalId = connection, At = clock.GetUtcNow() });
        await db.SaveChangesAsync(CancellationToken.None);
        return connection.Value;
    }
}
