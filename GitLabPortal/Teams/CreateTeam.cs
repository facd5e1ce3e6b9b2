using System.Data;
using FluentValidation;
using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.Teams;

public sealed record NewTeam(string? Name, string? Slug);

public sealed class NewTeamValidator : AbstractValidator<NewTeam>
{
    public NewTeamValidator()
    {
        RuleFor(t => t.Name).TeamName();
        RuleFor(t => t.Slug).TeamSlug();
    }
}

/// <summary>Makes a team, whose first owner is the portal administrator who makes it.</summary>
public sealed class CreateTeam(IDbContextFactory<PortalDb> contexts, TimeProvider clock, MembershipFeed memberships)
{
    private static readonly NewTeamValidator Validator = new();

    /// <returns>The team's slug.</returns>
    public async Task<Result<string>> RunAsync(Guid accountId, NewTeam request, CancellationToken cancellationToken)
    {
        if (Validator.Validate(request).Errors is [var error, ..]) return new Problem.Invalid("team-invalid", error.ErrorMessage, error.PropertyName);

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        var creator = await db.Set<Account>().SingleOrDefaultAsync(a => a.Id == accountId, cancellationToken);
        if (creator is not { IsPortalAdministrator: true })
        {
            return new Problem.Forbidden("not-portal-administrator", "Only a portal administrator can create teams. Ask one for a team.");
        }

        if (await db.Set<Team>().AnyAsync(t => t.Slug == request.Slug, cancellationToken))
        {
            return new Problem.Invalid("slug-taken", "Another team has this address already. Choose another one.", nameof(NewTeam.Slug));
        }

        var team = TeamStart.Add(db, creator, request.Name!.Trim(), request.Slug!, clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        memberships.Publish(new MembershipChanged(team.Id, accountId));
        return team.Slug;
    }
}

/// <summary>The rows of a new team, for the two use cases that begin one.</summary>
internal static class TeamStart
{
    public static Team Add(PortalDb db, Account owner, string name, string slug, DateTimeOffset now)
    {
        var team = new Team { Name = name, Slug = slug, CreatedAt = now };
        db.Add(team);
        db.Add(new TeamMember { TeamId = team.Id, AccountId = owner.Id, Role = TeamRole.Owner, JoinedAt = now });
        db.Record(now, team.Id, owner.Id, owner.Name, "team.created", $"{name} ({slug})");
        return team;
    }
}
