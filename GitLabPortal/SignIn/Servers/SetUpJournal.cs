using System.Data;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GitLabPortal.SignIn;

/// <summary>Writes down each step of a set-up before and after it is done, and sees to it that only one process works on one.</summary>
public sealed class SetUpJournal(IDbContextFactory<PortalDb> contexts, IOptions<OutboundOptions> outbound, TimeProvider clock)
{
    public static readonly Problem Gone = new Problem.NotFound("setup-gone", "This set-up is not there any more. Reload the page.");

    private static readonly Problem Busy = new Problem.Conflict(
        "setup-busy", "Somebody is working on this set-up at this moment, perhaps in another tab. Wait a minute, then reload the page.");

    private TimeSpan Lease => outbound.Value.RequestTimeout + outbound.Value.ConnectTimeout;

    /// <summary>Begins a set-up; the server's row comes with it when the portal does not know the server yet.</summary>
    public async Task<Result<Guid>> BeginAsync(Actor actor, SetUpPlan plan, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var server = await db.Set<Server>().SingleOrDefaultAsync(s => s.BaseUrl == plan.BaseUrl, cancellationToken);
        var isNew = server is null;
        server ??= db.Add(new Server { BaseUrl = plan.BaseUrl, CreatedAt = now }).Entity;
        if (!await new SignInNetwork(plan.Authorities, plan.BrowserUrl).ApplyAsync(db, server, cancellationToken)) return SignInNetwork.AddressTaken;
        if (await db.Set<ServerSetUp>().AnyAsync(s => s.ServerId == server.Id && s.State == SetUpState.Begun, cancellationToken))
            return new Problem.Conflict("setup-unfinished", "An earlier set-up of this server is not finished. Continue it or undo it first.");

        var setUp = new ServerSetUp { ServerId = server.Id, Plan = plan.ToJson(), StartedById = actor.AccountId, StartedBy = actor.Name, StartedAt = now, AddedServer = isNew };
        db.Add(setUp);
        db.Record(now, null, actor.AccountId, actor.Name, "server.set-up-begun", $"{plan.BaseUrl}: {string.Join(", ", plan.Steps())} (mark {plan.Mark})");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return setUp.Id;
    }

    /// <summary>The right to work on it; dispose it at the end. A process that was killed loses it after a while.</summary>
    public async Task<Result<SetUpWork>> ClaimAsync(Guid setUpId, CancellationToken cancellationToken)
    {
        var work = new SetUpWork(this, setUpId, Guid.NewGuid());
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var until = now + Lease;
        var claimed = await db.Set<ServerSetUp>()
            .Where(s => s.Id == setUpId && s.State == SetUpState.Begun && (s.WorkingUntil == null || s.WorkingUntil < now))
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.WorkingBy, work.Token).SetProperty(s => s.WorkingUntil, until), cancellationToken);
        if (claimed == 1) return work;
        return await db.Set<ServerSetUp>().AnyAsync(s => s.Id == setUpId && s.State == SetUpState.Begun, cancellationToken) ? Busy : Gone;
    }

    public async Task<ServerSetUp?> ReadAsync(Guid setUpId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<ServerSetUp>().AsNoTracking().Include(s => s.Receipts).Include(s => s.Server).SingleOrDefaultAsync(s => s.Id == setUpId, cancellationToken);
    }

    /// <summary>Before the step. Written once: what was there before the first try counts.</summary>
    public Task BeforeAsync(SetUpWork work, string step, IEnumerable<long> before, CancellationToken cancellationToken) =>
        WriteAsync(work, step, receipt =>
        {
            receipt.State = ReceiptState.Begun;
            receipt.Before = string.Join(' ', before);
        }, (_, _) => Task.CompletedTask, cancellationToken);

    /// <summary>After the step, in one transaction with what the portal itself keeps of it.</summary>
    /// <param name="work">The right to write.</param>
    /// <param name="step">Its name.</param>
    /// <param name="change">Sets ids and state of the receipt.</param>
    /// <param name="also">What else is saved with it.</param>
    /// <param name="cancellationToken">Ends it, and nothing was written.</param>
    public async Task WriteAsync(
        SetUpWork work, string step, Action<SetUpReceipt> change, Func<PortalDb, ServerSetUp, Task> also, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var setUp = await db.Set<ServerSetUp>().Include(s => s.Receipts).SingleAsync(s => s.Id == work.SetUpId, cancellationToken);
        // Somebody else took over while this process was thought dead: it must not write into the other one's journal.
        if (setUp.WorkingBy != work.Token) throw new OperationCanceledException("Another process continues this set-up.");
        var receipt = setUp.Receipts.Find(r => r.Step == step);
        if (receipt is null)
        {
            receipt = new SetUpReceipt { SetUpId = setUp.Id, Step = step, At = clock.GetUtcNow() };
            db.Add(receipt);
        }

        change(receipt);
        receipt.At = clock.GetUtcNow();
        setUp.WorkingUntil = clock.GetUtcNow() + Lease;
        await also(db, setUp);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The end of it, good or undone.</summary>
    public async Task EndAsync(SetUpWork work, SetUpState state, Actor actor, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var setUp = await db.Set<ServerSetUp>().Include(s => s.Server).SingleAsync(s => s.Id == work.SetUpId && s.WorkingBy == work.Token, cancellationToken);
        (setUp.State, setUp.EndedAt) = (state, clock.GetUtcNow());
        db.Record(clock.GetUtcNow(), null, actor.AccountId, actor.Name, state is SetUpState.Done ? "server.set-up-done" : "server.set-up-undone", setUp.Server!.BaseUrl);
        await db.SaveChangesAsync(cancellationToken);
        if (state is SetUpState.Undone && setUp.AddedServer) await ForgetServerAsync(db, setUp.ServerId, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Unless something else has come to hang on it since.</summary>
    private static async Task ForgetServerAsync(PortalDb db, Guid serverId, CancellationToken cancellationToken)
    {
        if (await db.Set<Connection>().AnyAsync(c => c.ServerId == serverId, cancellationToken)
            || await db.Set<ServerApplication>().AnyAsync(a => a.ServerId == serverId, cancellationToken)
            || await db.Set<GitLabIdentity>().AnyAsync(i => i.ServerId == serverId, cancellationToken))
        {
            return;
        }

        await db.Set<Server>().Where(s => s.Id == serverId).ExecuteDeleteAsync(cancellationToken);
    }

    internal async Task ReleaseAsync(SetUpWork work)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await db.Set<ServerSetUp>().Where(s => s.Id == work.SetUpId && s.WorkingBy == work.Token)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.WorkingBy, (Guid?)null).SetProperty(s => s.WorkingUntil, (DateTimeOffset?)null));
    }
}

/// <summary>The right to work on a set-up, held by one process.</summary>
public sealed class SetUpWork(SetUpJournal journal, Guid setUpId, Guid token) : IAsyncDisposable
{
    public Guid SetUpId => setUpId;

    internal Guid Token => token;

    public async ValueTask DisposeAsync() => await journal.ReleaseAsync(this);
}
