using System.Data;
using GitLabPortal.Accounts;
using GitLabPortal.Connections;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

/// <summary>
/// Decides who may enter: whose GitLab account is linked, who brings an invitation, and, where a portal administrator opened the server,
/// everybody or the members of some groups. An e-mail address proves nothing: servers let people and admins choose it.
/// </summary>
public sealed class EnterPortal(
    IDbContextFactory<PortalDb> contexts, TokenPairs pairs, AccountRegistrar registrar, AcceptInvitation accept, MembershipFeed memberships, IdentityFeed identities,
    TimeProvider clock)
{
    /// <summary>The groups to look at before <see cref="RunAsync"/>; empty when nothing depends on them.</summary>
    public async Task<IReadOnlyList<ChosenGroup>> NeedsGroupAsync(VouchedPerson person, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Set<GitLabIdentity>().AnyAsync(i => i.ServerId == person.Server.Id && i.GitLabUserId == person.User.Id, cancellationToken)) return [];
        var entry = await db.Set<ServerEntry>().AsNoTracking().SingleOrDefaultAsync(e => e.ServerId == person.Server.Id && e.Rule == JoinRule.Groups, cancellationToken);
        return entry?.ChosenGroups() ?? [];
    }

    public async Task<Result<Account>> RunAsync(VouchedPerson person, string? invitation, CancellationToken cancellationToken)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
            var known = await KnownAsync(db, person, cancellationToken);
            if (known is not null)
            {
                if (!known.Value.IsSuccess) return known.Value;
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                identities.Publish(new IdentityChanged(known.Value.Value.Id));
                return known.Value;
            }
        }

        var prepared = registrar.PrepareWithoutPassword(person.User.Name ?? person.User.Username, person.User.ConfirmedEmail);
        if (!prepared.IsSuccess)
            return new Problem.Forbidden("identity-without-email", "Your GitLab account has no confirmed e-mail address. Confirm it on GitLab, then sign in again.");
        if (invitation is not null)
        {
            var joined = await accept.RunAsync(invitation, db => AddAsync(db, prepared.Value, person, "by invitation", cancellationToken), cancellationToken);
            if (!joined.IsSuccess) return joined.Problem;
            identities.Publish(new IdentityChanged(joined.Value.Account.Id));
            return joined.Value.Account;
        }

        return await JoinAsync(prepared.Value, person, cancellationToken);
    }

    private async Task<Result<Account>?> KnownAsync(PortalDb db, VouchedPerson person, CancellationToken cancellationToken)
    {
        var identity = await db.Set<GitLabIdentity>().Include(i => i.Account)
            .SingleOrDefaultAsync(i => i.ServerId == person.Server.Id && i.GitLabUserId == person.User.Id, cancellationToken);
        if (identity is null) return null;
        if (!identity.SignsIn) return new Problem.Forbidden("identity-is-integration", "This account is connected as an integration only. Sign in with your e-mail address and password.");

        Renew(identity, person);
        identity.SignedInAt = clock.GetUtcNow();
        await WorkedAsync(db, person, cancellationToken);
        return identity.Account!;
    }

    /// <summary>Without an invitation: only where a portal administrator opened the server.</summary>
    private async Task<Result<Account>> JoinAsync(Account account, VouchedPerson person, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var entry = await db.Set<ServerEntry>().Include(e => e.Team).SingleOrDefaultAsync(e => e.ServerId == person.Server.Id, cancellationToken);
        var isOpen = entry?.Rule is JoinRule.Everyone || (entry?.Rule is JoinRule.Groups && person.GroupsOfEntry is not null);
        if (!isOpen || entry?.Team is not { } team)
        {
            return new Problem.Forbidden(
                "not-invited",
                $"GitLab knows you as @{person.User.Username}, but you are not a member of this portal yet. Ask an owner or admin of your team for an invitation link, open it and choose your GitLab there. If you have an account here, sign in with its password and link your GitLab account on your profile page.");
        }

        var how = entry.Rule is JoinRule.Groups ? $"as a member of the GitLab group {person.GroupsOfEntry}" : "as a user of the server";
        var added = await AddAsync(db, account, person, how, cancellationToken);
        if (!added.IsSuccess) return added;
        db.Add(new TeamMember { TeamId = team.Id, AccountId = account.Id, Role = entry.Role, JoinedAt = clock.GetUtcNow() });
        db.Record(clock.GetUtcNow(), team.Id, account.Id, account.Name, "member.joined", $"{account.Name} ({account.Email}) as {entry.Role}, {how}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memberships.Publish(new MembershipChanged(team.Id, account.Id));
        identities.Publish(new IdentityChanged(account.Id));
        return account;
    }

    private async Task<Result<Account>> AddAsync(PortalDb db, Account account, VouchedPerson person, string how, CancellationToken cancellationToken)
    {
        if (!(await AccountRegistrar.AddAsync(db, account, cancellationToken)).IsSuccess)
        {
            return new Problem.Conflict(
                "email-has-account",
                $"There is an account with your e-mail address {account.Email} already. Sign in with its password, then link your GitLab account on your profile page: an address alone is no proof that both are yours.");
        }

        var identity = New(account.Id, person, signsIn: true, clock.GetUtcNow());
        Renew(identity, person);
        identity.SignedInAt = clock.GetUtcNow();
        db.Add(identity);
        db.Record(clock.GetUtcNow(), null, account.Id, account.Name, "account.created", $"{account.Email} {how}, as @{person.User.Username} of {person.Server.BaseUrl}");
        await WorkedAsync(db, person, cancellationToken);
        return account;
    }

    internal static GitLabIdentity New(Guid accountId, VouchedPerson person, bool signsIn, DateTimeOffset now) => new()
    {
        AccountId = accountId,
        ServerId = person.Server.Id,
        GitLabUserId = person.User.Id,
        Username = person.User.Username,
        SignsIn = signsIn,
        LinkedAt = now,
    };

    private void Renew(GitLabIdentity identity, VouchedPerson person) => LinkIdentity.Renew(identity, person, pairs, clock);

    private async Task WorkedAsync(PortalDb db, VouchedPerson person, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await db.Set<ServerApplication>().Where(a => a.Id == person.ApplicationId && a.WorkedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.WorkedAt, now), cancellationToken);
    }
}
