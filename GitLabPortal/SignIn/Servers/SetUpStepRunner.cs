using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Security;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>Who asked for a set-up, and the proof of permission for the team that gets a connection, asked for anew when it is needed.</summary>
public sealed record SetUpOrder(Actor Actor, Func<string, CancellationToken, Task<Result<TeamAccess>>> TeamAccess);

/// <summary>
/// Does single steps. Each first looks for what an earlier try left behind: what can be taken over is, and what lost its secret on the
/// way is removed and made again, so that there is one of each in the end.
/// </summary>
public sealed partial class SetUpStepRunner(
    SetUpJournal journal, RegisterApplication register, SecretProtector secrets, ConnectWithToken connect,
    ReplaceToken replace, HookInstaller hooks, IDbContextFactory<PortalDb> contexts)
{
    public async Task<Result> RunAsync(SetUpWork work, ServerSetUp setUp, string step, AdminToken admin, SetUpOrder order, CancellationToken cancellationToken)
    {
        var plan = SetUpPlan.FromJson(setUp.Plan);
        var gitLab = admin.Client().Administration;
        var earlier = setUp.Receipts.Find(r => r.Step == step);
        return step switch
        {
            SetUpSteps.Application => await ApplicationAsync(work, plan, earlier, gitLab, order.Actor, cancellationToken),
            SetUpSteps.Bot => await BotAsync(work, plan, earlier, gitLab, cancellationToken),
            SetUpSteps.BotToken => await TokenAsync(work, setUp, plan, gitLab, cancellationToken),
            SetUpSteps.Connection => await ConnectionAsync(work, setUp, plan, admin.Path, order, cancellationToken),
            SetUpSteps.Hook => await HookAsync(work, setUp, plan, earlier, admin, order, cancellationToken),
            _ when SetUpSteps.IsRemoval(step) => await RemoveOldAsync(work, plan, step, gitLab, cancellationToken),
            _ => await MemberAsync(work, setUp, step, gitLab, cancellationToken),
        };
    }

    internal static IEnumerable<GitLabApplication> Ours(IEnumerable<GitLabApplication> all, SetUpPlan plan, SetUpReceipt receipt)
    {
        var before = receipt.Before.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(t => long.Parse(t, System.Globalization.CultureInfo.InvariantCulture)).ToHashSet();
        return all.Where(a => !before.Contains(a.Id) && a.Name == plan.ApplicationName && a.RedirectUris is [var only] && only == plan.RedirectUri);
    }

    private async Task<Result> ApplicationAsync(SetUpWork work, SetUpPlan plan, SetUpReceipt? earlier, AdministrationClient gitLab, Actor actor, CancellationToken cancellationToken)
    {
        var all = await gitLab.ListApplicationsAsync(cancellationToken);
        if (earlier is null) await journal.BeforeAsync(work, SetUpSteps.Application, all.Where(a => a.RedirectUris.Contains(plan.RedirectUri)).Select(a => a.Id), cancellationToken);
        // Made by a try whose answer was lost: nobody knows its secret.
        else foreach (var lost in Ours(all, plan, earlier)) await DeleteAsync(() => gitLab.DeleteApplicationAsync(lost.Id, cancellationToken));

        var made = await gitLab.CreateApplicationAsync(plan.ApplicationName, [plan.RedirectUri], SetUpPlan.ApplicationScopes, cancellationToken);
        if (made.Secret is not { Length: > 0 } secret) throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The new application has no secret.");
        var given = new NewServerApplication(plan.BaseUrl, made.Id, made.ClientId, new Secret(secret), plan.RedirectUri, SetUpPlan.ApplicationScopes, plan.AllowsPlainHttp);
        // From here on cancelling would lose the secret.
        await journal.WriteAsync(
            work, SetUpSteps.Application,
            receipt => (receipt.State, receipt.GitLabId) = (ReceiptState.Done, made.Id),
            async (db, setUp) =>
            {
                var added = await register.AddAsync(db, actor, given, CancellationToken.None);
                setUp.Receipts.Find(r => r.Step == SetUpSteps.Application)!.PortalId = added.Value?.Id;
            },
            CancellationToken.None);
        return Result.Success;
    }

    private async Task<Result> BotAsync(SetUpWork work, SetUpPlan plan, SetUpReceipt? earlier, AdministrationClient gitLab, CancellationToken cancellationToken)
    {
        var bot = await gitLab.FindUserAsync(plan.BotUsername, cancellationToken);
        if (plan.ReuseBot && bot is not null)
        {
            await journal.WriteAsync(work, SetUpSteps.Bot, r => (r.State, r.GitLabId, r.Before) = (ReceiptState.Done, bot.Id, SetUpReceipt.Kept), Nothing, CancellationToken.None);
            return Result.Success;
        }

        if (earlier is null)
        {
            if (bot is not null) return Taken(plan);
            await journal.BeforeAsync(work, SetUpSteps.Bot, [], cancellationToken);
        }

        try
        {
            // The journal says that nobody had this name before the first try: whoever has it now is that try's.
            bot ??= plan.AsServiceAccount
                ? await gitLab.CreateServiceAccountAsync(plan.BotUsername, plan.BotName, cancellationToken)
                : await gitLab.CreateUserAsync(plan.BotUsername, plan.BotName, plan.BotEmail, plan.Note, cancellationToken);
        }
        catch (GitLabRejectedException e) when (e.Reason is RejectedReason.Taken)
        {
            return e.TakenField == "email"
                ? new Problem.Conflict("setup-email-taken", $"Another account on GitLab has the e-mail address {plan.BotEmail}. Undo, and choose another one.")
                : Taken(plan);
        }

        await journal.WriteAsync(work, SetUpSteps.Bot, r => (r.State, r.GitLabId) = (ReceiptState.Done, bot.Id), Nothing, CancellationToken.None);
        return Result.Success;
    }

    private static Problem.Conflict Taken(SetUpPlan plan) =>
        new("setup-username-taken", $"The username @{plan.BotUsername} is taken on GitLab, or its path by a group. Undo, and choose another one.");

    private async Task<Result> MemberAsync(SetUpWork work, ServerSetUp setUp, string step, AdministrationClient gitLab, CancellationToken cancellationToken)
    {
        if (SetUpSteps.GroupOf(step) is not { } group || IdOf(setUp, SetUpSteps.Bot) is not { } bot) return SetUpJournal.Gone;
        await journal.BeforeAsync(work, step, [], cancellationToken);
        try
        {
            await gitLab.AddMemberAsync(group, bot, SetUpPlan.ReporterLevel, cancellationToken);
        }
        catch (GitLabRejectedException e) when (e.Reason is RejectedReason.Taken)
        {
            // An earlier try came through: the bot is younger than this set-up.
        }

        await journal.WriteAsync(work, step, r => (r.State, r.GitLabId) = (ReceiptState.Done, group), Nothing, CancellationToken.None);
        return Result.Success;
    }

    private async Task<Result> TokenAsync(SetUpWork work, ServerSetUp setUp, SetUpPlan plan, AdministrationClient gitLab, CancellationToken cancellationToken)
    {
        if (IdOf(setUp, SetUpSteps.Bot) is not { } bot) return SetUpJournal.Gone;
        await journal.BeforeAsync(work, SetUpSteps.BotToken, [], cancellationToken);
        foreach (var lost in (await gitLab.ListTokensAsync(bot, cancellationToken)).Where(t => t.IsActive && t.Name == plan.BotTokenName))
        {
            await DeleteAsync(() => gitLab.RevokeTokenAsync(lost.Id, cancellationToken));
        }

        GitLabIssuedToken token;
        try
        {
            token = await gitLab.CreateTokenAsync(bot, plan.BotTokenName, SetUpPlan.BotScopes, plan.BotTokenExpiresOn, cancellationToken);
        }
        catch (GitLabRejectedException) when (plan.BotTokenExpiresOn is not null)
        {
            // The instance allows less than a year: without a date GitLab takes its own maximum.
            token = await gitLab.CreateTokenAsync(bot, plan.BotTokenName, SetUpPlan.BotScopes, expiresOn: null, cancellationToken);
        }

        if (token.Secret is not { Length: > 0 } secret) throw new GitLabUnexpectedAnswerException(UnexpectedKind.WrongShape, "The new token has no text.");
        var cipher = secrets.Protect(new Secret(secret), ServerSetUp.Row(setUp.Id));
        await journal.WriteAsync(
            work, SetUpSteps.BotToken, r => (r.State, r.GitLabId) = (ReceiptState.Done, token.Id),
            (_, row) =>
            {
                (row.ProtectedBotToken, row.BotTokenKeyId) = (cipher.CipherText, cipher.KeyId);
                return Task.CompletedTask;
            },
            CancellationToken.None);
        return Result.Success;
    }

    /// <summary>The bot's token backs a connection through the same checks and the same use case as the wizard's.</summary>
    private async Task<Result> ConnectionAsync(SetUpWork work, ServerSetUp setUp, SetUpPlan plan, NetworkPath path, SetUpOrder order, CancellationToken cancellationToken)
    {
        var access = await order.TeamAccess(plan.ConnectTeam!, cancellationToken);
        if (!access.IsSuccess) return access.Problem;
        if (setUp.ProtectedBotToken is null || secrets.Reveal(setUp.ProtectedBotToken, ServerSetUp.Row(setUp.Id)) is not { } token)
            return new Problem.Conflict("setup-token-lost", "The bot's token cannot be read any more. Undo this set-up and begin anew.");

        await journal.BeforeAsync(work, SetUpSteps.Connection, [], cancellationToken);
        var isKept = false;
        if (await ExistingConnectionAsync(access.Value.TeamId, setUp, cancellationToken) is { } connection)
        {
            // An earlier try came through.
        }
        else if (await EarlierConnectionAsync(access.Value.TeamId, setUp, cancellationToken) is { } earlier)
        {
            var replaced = await replace.RunAsync(access.Value, earlier, token.Reveal(), null, cancellationToken);
            if (!replaced.IsSuccess) return replaced.Problem;
            (connection, isKept) = (earlier, true);
        }
        else
        {
            var connected = await connect.RunAsync(access.Value, new(plan.BaseUrl, path, plan.BrowserUrl), token, cancellationToken);
            if (!connected.IsSuccess) return connected.Problem;
            connection = connected.Value;
        }

        await journal.WriteAsync(
            work, SetUpSteps.Connection, r => (r.State, r.PortalId, r.Before) = (ReceiptState.Done, connection, isKept ? SetUpReceipt.Kept : ""),
            (_, row) =>
            {
                // The connection keeps it from now on.
                (row.ProtectedBotToken, row.BotTokenKeyId) = (null, null);
                return Task.CompletedTask;
            },
            CancellationToken.None);
        return Result.Success;
    }

    private async Task<Guid?> ExistingConnectionAsync(Guid teamId, ServerSetUp setUp, CancellationToken cancellationToken)
    {
        if (IdOf(setUp, SetUpSteps.BotToken) is not { } tokenId) return null;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<Connection>().Where(c => c.TeamId == teamId && c.ServerId == setUp.ServerId && c.TokenId == tokenId).Select(c => (Guid?)c.Id).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>The connection of the set-up that this one repairs: it gets the new token, and repositories and projects stay.</summary>
    private async Task<Guid?> EarlierConnectionAsync(Guid teamId, ServerSetUp setUp, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<SetUpReceipt>()
            .Where(r => r.SetUpId != setUp.Id && r.Step == SetUpSteps.Connection && r.State == ReceiptState.Done)
            .Join(db.Set<Connection>().Where(c => c.TeamId == teamId && c.ServerId == setUp.ServerId), r => r.PortalId, c => c.Id, (r, c) => (Guid?)c.Id)
            .FirstOrDefaultAsync(cancellationToken);
    }

    internal static long? IdOf(ServerSetUp setUp, string step) => setUp.Receipts.Find(r => r.Step == step && r.State is ReceiptState.Done)?.GitLabId;

    /// <summary>What is gone already is as good as deleted.</summary>
    internal static async Task DeleteAsync(Func<Task> delete)
    {
        try
        {
            await delete();
        }
        catch (GitLabNotFoundException)
        {
            // Somebody deleted it on GitLab.
        }
    }

    private static Task Nothing(PortalDb db, ServerSetUp setUp) => Task.CompletedTask;
}
