using GitLabPortal.Connections;
using GitLabPortal.GitLab;
using GitLabPortal.Kernel;
using GitLabPortal.Repositories;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>The steps that come last: the system hook, and applications that are not needed any more.</summary>
public sealed partial class SetUpStepRunner
{
    /// <summary>
    /// The portal's row comes first, together with the receipt: the hook's address names it, so GitLab's hook is found again whatever
    /// answer was lost.
    /// </summary>
    private async Task<Result> HookAsync(
        SetUpWork work, ServerSetUp setUp, SetUpPlan plan, SetUpReceipt? earlier, AdminToken admin, SetUpOrder order, CancellationToken cancellationToken)
    {
        var access = await order.TeamAccess(plan.ConnectTeam!, cancellationToken);
        if (!access.IsSuccess) return access.Problem;
        var connection = setUp.Receipts.Find(r => r.Step == SetUpSteps.Connection && r.State is ReceiptState.Done)?.PortalId
            ?? await EarlierConnectionAsync(access.Value.TeamId, setUp, cancellationToken);
        if (connection is not { } connectionId)
            return new Problem.Conflict("setup-hook-without-connection", "The system hook needs the connection of a team, and this set-up has made none. Undo, and choose a team.");

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var hook = await db.Set<SystemHook>().SingleOrDefaultAsync(h => h.ConnectionId == connectionId, cancellationToken);
        var isNew = hook is null;
        hook ??= hooks.New(connectionId, plan.PortalAddress);
        var before = earlier?.Before ?? (isNew ? "" : SetUpReceipt.Kept);
        await journal.WriteAsync(
            work, SetUpSteps.Hook,
            r => (r.State, r.PortalId, r.Before) = (ReceiptState.Begun, hook.Id, before),
            (journals, _) =>
            {
                hook.IsFromSetUp = true;
                if (isNew) journals.Add(hook);
                return Task.CompletedTask;
            },
            cancellationToken);
        if (isNew) db.Attach(hook);
        var client = admin.Client();
        try
        {
            await hooks.InstallAsync(hook, client, plan.PortalAddress, cancellationToken);
        }
        catch (Exception e) when (HookProblems.Of(e, hook.Url) is { } problem)
        {
            return problem;
        }

        await db.SaveChangesAsync(CancellationToken.None);
        await hooks.TryAsync(db, hook, client, cancellationToken);
        await journal.WriteAsync(work, SetUpSteps.Hook, r => (r.State, r.GitLabId) = (ReceiptState.Done, hook.GitLabHookId), Nothing, CancellationToken.None);
        return Result.Success;
    }

    /// <summary>Whoever still signs in by it only signs in anew; without their tokens that is noticed at the next check.</summary>
    private async Task<Result> RemoveOldAsync(SetUpWork work, SetUpPlan plan, string step, AdministrationClient gitLab, CancellationToken cancellationToken)
    {
        var old = plan.OldApplications.Single(a => SetUpSteps.Remove(a) == step);
        await journal.WriteAsync(work, step, r => (r.State, r.Before) = (ReceiptState.Begun, SetUpReceipt.Kept), Nothing, cancellationToken);
        var there = (await gitLab.ListApplicationsAsync(cancellationToken)).FirstOrDefault(a => a.ClientId == old.ClientId);
        if (there is not null) await DeleteAsync(() => gitLab.DeleteApplicationAsync(there.Id, cancellationToken));
        await journal.WriteAsync(
            work, step,
            r => (r.State, r.GitLabId) = (ReceiptState.Done, there?.Id),
            async (db, _) =>
            {
                await db.Set<GitLabIdentity>().Where(i => i.ApplicationId == old.Id)
                    .ExecuteUpdateAsync(set => set.SetProperty(i => i.ProtectedTokens, (string?)null).SetProperty(i => i.PairVersion, i => i.PairVersion + 1));
                await db.Set<ServerApplication>().Where(a => a.Id == old.Id && a.State == ApplicationState.Old).ExecuteDeleteAsync();
            },
            CancellationToken.None);
        return Result.Success;
    }
}
