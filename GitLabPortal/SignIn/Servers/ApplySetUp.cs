using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>Carries a plan out, step by step, and goes on where an earlier try stopped.</summary>
public sealed class ApplySetUp(SetUpJournal journal, SetUpStepRunner runner)
{
    /// <summary>Begins. Nothing has been changed on GitLab when it fails.</summary>
    public Task<Result<Guid>> BeginAsync(SetUpPlan plan, SetUpOrder order, CancellationToken cancellationToken) => plan.HasAnything
        ? journal.BeginAsync(order.Actor, plan, cancellationToken)
        : Task.FromResult<Result<Guid>>(new Problem.Invalid("setup-empty", "Everything is unticked: there is nothing to set up."));

    /// <param name="setUpId">From <see cref="BeginAsync"/>, or of one that stopped in the middle.</param>
    /// <param name="admin">Of the same server.</param>
    /// <param name="order">Who asks.</param>
    /// <param name="changed">Called after each step; the journal says which.</param>
    /// <param name="cancellationToken">Stops after the step that is under way.</param>
    public async Task<Result> RunAsync(Guid setUpId, AdminToken admin, SetUpOrder order, Func<Task> changed, CancellationToken cancellationToken)
    {
        var claimed = await journal.ClaimAsync(setUpId, cancellationToken);
        if (!claimed.IsSuccess) return claimed.Problem;
        await using var work = claimed.Value;
        var setUp = await journal.ReadAsync(setUpId, cancellationToken);
        if (setUp is null || setUp.Server!.BaseUrl != admin.BaseUrl) return SetUpJournal.Gone;

        foreach (var step in SetUpPlan.FromJson(setUp.Plan).Steps())
        {
            setUp = (await journal.ReadAsync(setUpId, cancellationToken))!;
            if (setUp.Receipts.Exists(r => r.Step == step && r.State is ReceiptState.Done)) continue;
            var done = await SetUpFailures.ToResultAsync(() => runner.RunAsync(work, setUp, step, admin, order, cancellationToken));
            await changed();
            if (!done.IsSuccess) return done;
        }

        await journal.EndAsync(work, SetUpState.Done, order.Actor, CancellationToken.None);
        await changed();
        return Result.Success;
    }
}

/// <summary>Takes back what a set-up made, in reverse order; what GitLab no longer has counts as taken back.</summary>
public sealed class UndoSetUp(SetUpJournal journal, RemoveConnection removeConnection, IDbContextFactory<PortalDb> contexts)
{
    public async Task<Result> RunAsync(Guid setUpId, AdminToken admin, SetUpOrder order, Func<Task> changed, CancellationToken cancellationToken)
    {
        await ReopenAsync(setUpId, cancellationToken);
        var claimed = await journal.ClaimAsync(setUpId, cancellationToken);
        if (!claimed.IsSuccess) return claimed.Problem;
        await using var work = claimed.Value;
        var setUp = await journal.ReadAsync(setUpId, cancellationToken);
        if (setUp is null || setUp.Server!.BaseUrl != admin.BaseUrl) return SetUpJournal.Gone;

        var plan = SetUpPlan.FromJson(setUp.Plan);
        foreach (var step in plan.Steps().Reverse())
        {
            if (setUp.Receipts.Find(r => r.Step == step && r.State is not ReceiptState.Undone) is not { } receipt) continue;
            var undone = receipt.Before == SetUpReceipt.Kept ? Result.Success : await SetUpFailures.ToResultAsync(() => UndoAsync(setUp, plan, receipt, admin, order, cancellationToken));
            if (!undone.IsSuccess) return undone;
            await journal.WriteAsync(work, step, r => r.State = ReceiptState.Undone, (db, row) => ForgetAsync(db, row, receipt), CancellationToken.None);
            await changed();
        }

        await journal.EndAsync(work, SetUpState.Undone, order.Actor, CancellationToken.None);
        await changed();
        return Result.Success;
    }

    private static async Task<Result> UndoAsync(
        ServerSetUp setUp, SetUpPlan plan, SetUpReceipt receipt, AdminToken admin, Func<Task<Result>> removeConnection, CancellationToken cancellationToken)
    {
        var gitLab = admin.Client().Administration;
        switch (receipt.Step)
        {
            case SetUpSteps.Hook:
                if (receipt.PortalId is { } hook) await HookInstaller.RemoveAsync(hook, admin.Client(), cancellationToken);
                return Result.Success;
            case SetUpSteps.Connection:
                return await removeConnection();
            case SetUpSteps.BotToken:
                foreach (var id in await TokensAsync(setUp, plan, gitLab, cancellationToken)) await SetUpStepRunner.DeleteAsync(() => gitLab.RevokeTokenAsync(id, cancellationToken));
                return Result.Success;
            case SetUpSteps.Bot:
                var bot = receipt.GitLabId ?? (await gitLab.FindUserAsync(plan.BotUsername, cancellationToken))?.Id;
                if (bot is { } user) await SetUpStepRunner.DeleteAsync(() => gitLab.DeleteUserAsync(user, cancellationToken));
                return Result.Success;
            case SetUpSteps.Application:
                var all = await gitLab.ListApplicationsAsync(cancellationToken);
                foreach (var ours in all.Where(a => a.Id == receipt.GitLabId).Concat(SetUpStepRunner.Ours(all, plan, receipt)).DistinctBy(a => a.Id))
                {
                    await SetUpStepRunner.DeleteAsync(() => gitLab.DeleteApplicationAsync(ours.Id, cancellationToken));
                }

                return Result.Success;
            default:
                if (SetUpSteps.GroupOf(receipt.Step) is { } group && SetUpStepRunner.IdOf(setUp, SetUpSteps.Bot) is { } member)
                    await SetUpStepRunner.DeleteAsync(() => gitLab.RemoveMemberAsync(group, member, cancellationToken));
                return Result.Success;
        }
    }

    private Task<Result> UndoAsync(ServerSetUp setUp, SetUpPlan plan, SetUpReceipt receipt, AdminToken admin, SetUpOrder order, CancellationToken cancellationToken) =>
        UndoAsync(setUp, plan, receipt, admin, () => DisconnectAsync(setUp, plan, receipt, order, cancellationToken), cancellationToken);

    private async Task<Result> DisconnectAsync(ServerSetUp setUp, SetUpPlan plan, SetUpReceipt receipt, SetUpOrder order, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var tokenId = SetUpStepRunner.IdOf(setUp, SetUpSteps.BotToken);
        var connection = await db.Set<Connection>()
            .Where(c => c.Id == receipt.PortalId || (receipt.PortalId == null && tokenId != null && c.ServerId == setUp.ServerId && c.TokenId == tokenId))
            .Select(c => (Guid?)c.Id)
            .FirstOrDefaultAsync(cancellationToken);
        if (connection is not { } id) return Result.Success;
        var access = await order.TeamAccess(plan.ConnectTeam!, cancellationToken);
        return access.IsSuccess ? await removeConnection.RunAsync(access.Value, id, cancellationToken) : access.Problem;
    }

    private static async Task<IReadOnlyList<long>> TokensAsync(ServerSetUp setUp, SetUpPlan plan, AdministrationClient gitLab, CancellationToken cancellationToken)
    {
        if (SetUpStepRunner.IdOf(setUp, SetUpSteps.Bot) is not { } bot || await gitLab.FindUserAsync(bot, cancellationToken) is null) return [];
        return [.. (await gitLab.ListTokensAsync(bot, cancellationToken)).Where(t => t.IsActive && t.Name == plan.BotTokenName).Select(t => t.Id)];
    }

    /// <summary>What the portal itself kept of the step.</summary>
    private static async Task ForgetAsync(PortalDb db, ServerSetUp setUp, SetUpReceipt receipt)
    {
        if (receipt.Step == SetUpSteps.BotToken) (setUp.ProtectedBotToken, setUp.BotTokenKeyId) = (null, null);
        if (receipt is { Step: SetUpSteps.Hook, Before: not SetUpReceipt.Kept }) await db.Set<SystemHook>().Where(h => h.Id == receipt.PortalId).ExecuteDeleteAsync();
        if (receipt.Step != SetUpSteps.Application) return;
        await db.Set<ServerApplication>().Where(a => a.Id == receipt.PortalId).ExecuteDeleteAsync();
        // The one that it took the place of serves again.
        var last = await db.Set<ServerApplication>().Where(a => a.ServerId == setUp.ServerId && a.State == ApplicationState.Old && a.Id != receipt.PortalId)
            .OrderByDescending(a => a.CreatedAt).FirstOrDefaultAsync();
        if (last is not null && !await db.Set<ServerApplication>().AnyAsync(a => a.ServerId == setUp.ServerId && a.State == ApplicationState.Current && a.Id != receipt.PortalId))
            last.State = ApplicationState.Current;
    }

    /// <summary>One that was done can be undone as well.</summary>
    private async Task ReopenAsync(Guid setUpId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<ServerSetUp>().Where(s => s.Id == setUpId && s.State == SetUpState.Done)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.State, SetUpState.Begun), cancellationToken);
    }
}

internal static class SetUpFailures
{
    /// <summary>The one place that turns what GitLab threw in a step into words.</summary>
    public static async Task<Result> ToResultAsync(Func<Task<Result>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception e) when (GitLabFailures.ToProblem(e) is { } problem)
        {
            return problem;
        }
    }
}
