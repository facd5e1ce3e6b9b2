using System.Data;
using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Security;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

/// <summary>Whom an invitation let in, and where.</summary>
public sealed record JoinedTeam(Account Account, string Slug, string TeamName);

/// <summary>Lets one person join by a link: somebody who has an account, or somebody who gets one in the same transaction.</summary>
public sealed class AcceptInvitation(
    IDbContextFactory<PortalDb> contexts, TimeProvider clock, AccountRegistrar registrar, MembershipFeed memberships)
{
    public Task<Result<JoinedTeam>> RunAsync(string code, Guid accountId, CancellationToken cancellationToken) =>
        JoinAsync(
            code,
            async db => await db.Set<Account>().SingleOrDefaultAsync(a => a.Id == accountId, cancellationToken) is { } account
                ? account
                : new Problem.NotFound("account-not-found", "Your account is gone. Ask a portal administrator."),
            cancellationToken);

    public async Task<Result<JoinedTeam>> RunAsync(string code, AccountRegistration registration, CancellationToken cancellationToken)
    {
        var prepared = registrar.Prepare(registration);
        if (!prepared.IsSuccess) return prepared.Problem;

        return await JoinAsync(
            code,
            async db =>
            {
                var added = await AccountRegistrar.AddAsync(db, prepared.Value, cancellationToken);
                if (!added.IsSuccess) return added.Problem;
                db.Record(
                    clock.GetUtcNow(), null, prepared.Value.Id, prepared.Value.Name, "account.created", $"{prepared.Value.Email} by invitation");
                return prepared;
            },
            cancellationToken);
    }

    /// <summary>Lets somebody join whose account comes about in the same transaction in another way.</summary>
    /// <param name="code">Of the link.</param>
    /// <param name="person">Finds or adds the account; a problem stops everything.</param>
    /// <param name="cancellationToken">Ends it, and nothing has happened.</param>
    public Task<Result<JoinedTeam>> RunAsync(string code, Func<PortalDb, Task<Result<Account>>> person, CancellationToken cancellationToken) =>
        JoinAsync(code, person, cancellationToken);

    private async Task<Result<JoinedTeam>> JoinAsync(
        string code, Func<PortalDb, Task<Result<Account>>> person, CancellationToken cancellationToken)
    {
        var hash = OneTimeCode.Hash(code);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // The only writer: of two people with one link, the second finds it used.
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var now = clock.GetUtcNow();
        var invitation = await db.Set<Invitation>().Include(i => i.Team).SingleOrDefaultAsync(i => i.CodeHash == hash, cancellationToken);
        if (InvitationStates.Of(invitation, now).Problem() is { } unusable) return unusable;

        var who = await person(db);
        if (!who.IsSuccess) return who.Problem;
        if (invitation!.Email is { } email && !string.Equals(AccountRules.NormalizeEmail(email), who.Value.NormalizedEmail, StringComparison.Ordinal))
        {
            return new Problem.Forbidden(
                "invitation-for-another", "This invitation is for another e-mail address. Use that address, or ask for a link of your own.");
        }

        var (account, team) = (who.Value, invitation.Team!);
        if (await db.Set<TeamMember>().AnyAsync(m => m.TeamId == team.Id && m.AccountId == account.Id, cancellationToken))
        {
            return new Problem.Conflict("already-member", $"You are in {team.Name} already.");
        }

        (invitation.UsedAt, invitation.UsedById) = (now, account.Id);
        db.Add(new TeamMember { TeamId = team.Id, AccountId = account.Id, Role = invitation.Role, JoinedAt = now });
        db.Record(now, team.Id, account.Id, account.Name, "member.joined", $"{account.Name} ({account.Email}) as {invitation.Role}");
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memberships.Publish(new MembershipChanged(team.Id, account.Id));
        return new JoinedTeam(account, team.Slug, team.Name);
    }
}
