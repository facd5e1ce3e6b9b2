using System.Data;
using FluentValidation;
using GitLabPortal.Accounts;
using GitLabPortal.Data;
using GitLabPortal.Kernel;
using GitLabPortal.Teams;
using Microsoft.EntityFrameworkCore;

namespace GitLabPortal.SignIn;

public sealed record FirstPerson(string? Name, string? Email, string? Password, string? TeamName)
{
    public AccountRegistration Registration => new(Name, Email, Password);

    public override string ToString() => $"{nameof(FirstPerson)} {{ Name = {Name}, Email = {Email}, TeamName = {TeamName} }}";
}

public sealed class FirstPersonValidator : AbstractValidator<FirstPerson>
{
    public FirstPersonValidator()
    {
        RuleFor(p => p.Name).PersonName();
        RuleFor(p => p.Email).Email();
        RuleFor(p => p.Password).NewPassword();
        RuleFor(p => p.TeamName).TeamName();
    }
}

/// <summary>Makes the first account, which looks after the portal, and its team. Works once.</summary>
public sealed class SetUpPortal(IDbContextFactory<PortalDb> contexts, TimeProvider clock, SetUpCode code, AccountRegistrar registrar)
{
    private static readonly FirstPersonValidator Validator = new();

    internal static readonly Problem Done = new Problem.NotFound("setup-done", "This portal is set up already. Sign in.");

    public async Task<Result<JoinedTeam>> RunAsync(string? givenCode, FirstPerson person, CancellationToken cancellationToken)
    {
        if (!code.Matches(givenCode)) return new Problem.Forbidden("setup-code-wrong", "This is not the portal's set-up link. Look for it where the portal was started.");
        if (Validator.Validate(person).Errors is [var error, ..]) return new Problem.Invalid("setup-invalid", error.ErrorMessage, error.PropertyName);

        var prepared = registrar.Prepare(person.Registration);
        if (!prepared.IsSuccess) return prepared.Problem;

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // The only writer: of two people who set up at once, the second one finds the first one's account.
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellationToken);
        if (await db.Set<Account>().AnyAsync(cancellationToken)) return Done;

        var (account, now, teamName) = (prepared.Value, clock.GetUtcNow(), person.TeamName!.Trim());
        account.IsPortalAdministrator = true;
        db.Add(account);
        db.Record(now, null, account.Id, account.Name, "portal.set-up", $"{account.Email} is portal administrator");
        var team = TeamStart.Add(db, account, teamName, TeamRules.SuggestSlug(teamName), now);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new JoinedTeam(account, team.Slug, team.Name);
    }
}
